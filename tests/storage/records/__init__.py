"""Promises of the record kinds."""

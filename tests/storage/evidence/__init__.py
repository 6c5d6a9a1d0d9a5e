"""Promises of the evidence store."""

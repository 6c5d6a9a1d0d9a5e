"""Tests of records, evidence and history."""

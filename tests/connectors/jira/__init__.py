"""Tests of the Jira connector."""

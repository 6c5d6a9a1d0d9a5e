"""Tests of the history store, each on SQLite and on PostgreSQL where both can say something."""

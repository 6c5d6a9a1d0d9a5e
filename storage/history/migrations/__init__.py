"""Migrations of history, in the package so that an installed product carries them.

`python -m storage.history.migrations "add targets"` drafts the next one from the difference between the
tables and the migrations so far; read it before it is used, Alembic does not see triggers and renames.
"""

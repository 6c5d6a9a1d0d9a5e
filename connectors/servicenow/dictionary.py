"""Knows which fields a table has, its own and those of the classes above it, where the account may ask."""

from __future__ import annotations

from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.drain import Query, among, pages
from connectors.servicenow.transport import Instance

_ALWAYS = "sys_id"
"""Field that every table has: a dictionary without it is not shown whole."""


class Dictionary:
    """Fields by table, from sys_db_object and sys_dictionary; asked for once per sync and table."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._fields: dict[str, frozenset[str]] = {}

    def fields(self, table: str) -> frozenset[str]:
        """Return every field of a table; none where the dictionary may not be read."""
        if table not in self._fields:
            try:
                found = self._of(self._lineage(table))
            except RefusedError:
                found = frozenset()
            self._fields[table] = found if _ALWAYS in found else frozenset()
        return self._fields[table]

    def _lineage(self, table: str) -> list[str]:
        """Return a table and the classes above it."""
        names: list[str] = []
        field, value = "name", table
        while value and (row := self._object(field, value)) and row["name"] not in names:
            names.append(row["name"])
            field, value = "sys_id", row.get("super_class") or ""
        return names

    def _object(self, field: str, value: str) -> Row | None:
        clause, fits = among(field, (value,))
        found = pages(
            self._instance, Query("sys_db_object", ("sys_id", "name", "super_class"), (clause,), fits=fits)
        )
        return next((row for page in found for row in page if row.get("name")), None)

    def _of(self, tables: list[str]) -> frozenset[str]:
        clause, fits = among("name", tables)
        found = pages(
            self._instance, Query("sys_dictionary", ("sys_id", "name", "element"), (clause,), fits=fits)
        )
        return (
            frozenset(row["element"] for page in found for row in page if row.get("element"))
            if tables
            else frozenset()
        )

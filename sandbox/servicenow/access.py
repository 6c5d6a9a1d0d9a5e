"""What the account may see: hidden rows, fields and tables, and what stands in the way of a query."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.servicenow.store import Row, Tables

Hides = Callable[[Row], bool]
Hiding = Callable[[list[str]], Hides]
"""Chooses rows from the sys_ids in order, once, when the instance starts."""


def scattered(share: float, seed: int = 1) -> Hiding:
    """Hide a share of the rows here and there."""
    limit = int(share * 0x1_0000_0000)
    return lambda ids: lambda row: zlib.crc32(f"{seed}:{row['sys_id']}".encode()) < limit


def run(start: int, length: int) -> Hiding:
    """Hide `length` rows in a row in order of sys_id, from position `start`."""

    def choose(ids: list[str]) -> Hides:
        chosen = ids[start : start + length]
        if not chosen:
            return _nothing
        low, high = chosen[0], chosen[-1]
        return lambda row: low <= row["sys_id"] <= high

    return choose


def tail(length: int) -> Hiding:
    """Hide the last rows in order of sys_id."""
    return lambda ids: run(max(len(ids) - length, 0), length)(ids)


def only(sys_ids: Collection[str]) -> Hiding:
    """Hide these rows."""
    chosen = frozenset(sys_ids)
    return lambda ids: lambda row: row["sys_id"] in chosen


@dataclass(frozen=True)
class Access:
    """What one table shows the account."""

    denied: bool = False
    """403 on the table."""
    closed: bool = False
    """Closed to web services: 403 with another message."""
    hidden: tuple[Hiding, ...] = ()
    """Rows taken out after the page was cut."""
    hollow: Hiding | None = None
    """Rows that come as `{}`."""
    fields: Mapping[str, Literal["absent", "empty"]] = field(default_factory=dict)
    """Fields that are left out, or shown empty."""
    without_range: frozenset[str] = frozenset()
    """Fields on which ranges and sorting are stripped from the query with status 200 (query_range)."""
    refused: frozenset[str] = frozenset()
    """Fields that a query must not name: 403."""
    before_query: str = ""
    """Encoded query that a business rule adds, so that count and statistics agree with it."""


NOTHING = Access()


class Rights:
    """The access rules of an instance, with the hidden rows chosen.

    A row is hidden by the rules of its own class and of the classes above it, whichever table is read.
    """

    def __init__(self, tables: Tables, rules: Mapping[str, Access]) -> None:
        self._tables = tables
        self._rules = dict(rules)
        self._hides: dict[str, Hides] = {}
        self._hollow: dict[str, Hides] = {}
        for table, rule in rules.items():
            ids = tables.view(table).ids if table in tables else []
            if rule.hidden:
                self._hides[table] = _any([hiding(ids) for hiding in rule.hidden])
            if rule.hollow:
                self._hollow[table] = rule.hollow(ids)

    def of(self, table: str) -> Access:
        """Return the rule of a table; one without a rule shows everything."""
        return self._rules.get(table, NOTHING)

    @property
    def filter_rows(self) -> bool:
        """Whether any rows are hidden or hollow."""
        return bool(self._hides or self._hollow)

    def hides(self, row: Row) -> bool:
        """Return whether a row is taken out of a page."""
        return self._applies(self._hides, row)

    def hollows(self, row: Row) -> bool:
        """Return whether a row comes as `{}`."""
        return self._applies(self._hollow, row)

    def shown(self, row: Row) -> bool:
        """Return whether the account can read a row at all."""
        return not self.hides(row) and not self.hollows(row)

    def _applies(self, rules: Mapping[str, Hides], row: Row) -> bool:
        if not rules:
            return False
        lineage = self._tables.schema.lineage(row["sys_class_name"])
        return any(name in rules and rules[name](row) for name in lineage)


def _nothing(row: Row) -> bool:
    return False


def _any(parts: list[Hides]) -> Hides:
    if len(parts) < 2:
        return parts[0] if parts else _nothing
    return lambda row: any(part(row) for part in parts)

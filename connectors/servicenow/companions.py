"""Adds to rows what companion tables say about them, such as approvals and affected items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from connectors.servicenow.answers import Row
from connectors.servicenow.drain import Query, among, count, pages
from connectors.servicenow.references import IDS_PER_REQUEST, chunks
from connectors.servicenow.sources import Companion
from connectors.servicenow.transport import Instance


class Companions:
    """The companions of one table; whichever costs less is read: the rows of some records, or all."""

    def __init__(self, instance: Instance, companions: Sequence[Companion]) -> None:
        self._instance = instance
        self._companions = companions
        self._whole: dict[str, dict[str, list[Row]]] = {}
        self._totals: dict[str, int | None] = {}

    def expect(self, records: int) -> None:
        """Prepare for so many records: many of them are served from a companion that was read whole."""
        for one in self._companions:
            if one.table in self._whole or records <= IDS_PER_REQUEST:
                continue
            if one.table not in self._totals:
                self._totals[one.table] = count(self._instance, Query(one.table, (), one.clauses))
            total = self._totals[one.table]
            if total == 0:
                self._whole[one.table] = {}
            elif total is not None and total / self._instance.settings.page_size < records / IDS_PER_REQUEST:
                query = Query(one.table, _fields(one), one.clauses)
                self._whole[one.table] = _grouped(
                    one, (row for page in pages(self._instance, query) for row in page)
                )

    def fill(self, rows: Sequence[Row]) -> None:
        """Add the cells of all companions to some rows."""
        ids = [row["sys_id"] for row in rows]
        for one in self._companions:
            own = self._whole.get(one.table)
            found = own if own is not None else _grouped(one, self._of(one, ids))
            for row in rows:
                row.update(one.fold(found.get(row["sys_id"], ())))

    def changed(self, since: str, until: str) -> set[str]:
        """Return the records whose companions changed in a stretch of time."""
        found: set[str] = set()
        for one in self._companions:
            fields = ("sys_id", "sys_updated_on", one.parent)
            query = Query(one.table, fields, one.clauses, since, until)
            total = count(self._instance, query)
            if total != 0:
                for page in pages(self._instance, query, total):
                    found.update(row[one.parent] for row in page if row.get(one.parent))
        return found

    def _of(self, one: Companion, ids: Sequence[str]) -> Iterator[Row]:
        for chunk in chunks(ids):
            clause, fits = among(one.parent, chunk)
            query = Query(one.table, _fields(one), (*one.clauses, clause), fits=fits)
            for page in pages(self._instance, query):
                yield from page


def _fields(one: Companion) -> tuple[str, ...]:
    return ("sys_id", one.parent, *one.fields)


def _grouped(one: Companion, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.get(one.parent) or ""].append(row)
    return dict(found)

"""Adds to rows what companion tables say about them, such as approvals and affected items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from connectors.servicenow.answers import Row
from connectors.servicenow.drain import Drain, Query, among, pages
from connectors.servicenow.references import IDS_PER_REQUEST, References, chunks
from connectors.servicenow.tables import Companion
from connectors.servicenow.transport import Instance


class Companions:
    """The companions of one table; whichever costs less is read: the rows of some records, or all."""

    def __init__(self, instance: Instance, companions: Sequence[Companion], references: References) -> None:
        self._instance = instance
        self._companions = companions
        self._references = references
        self._whole: dict[str, dict[str, list[Row]]] = {}

    def expect(self, records: int) -> None:
        """Prepare for so many records: many of them are served from a companion that was read whole."""
        for one in self._companions:
            if one.table not in self._whole and records > IDS_PER_REQUEST:
                self._read_whole(one, records / IDS_PER_REQUEST)

    def _read_whole(self, one: Companion, pages_at_most: float) -> None:
        drain = Drain(self._instance, Query(one.table, one.own_fields, one.clauses))
        rows: list[Row] = []
        for page in drain.pages():
            rows += self._completed(one, page)
            if (drain.counted or 0) > pages_at_most * self._instance.settings.page_size:
                return
        self._whole[one.table] = _grouped(one, rows)

    def fill(self, rows: Sequence[Row]) -> None:
        """Add the cells of all companions to some rows."""
        ids = [row["sys_id"] for row in rows]
        for one in self._companions:
            own = self._whole.get(one.table)
            found = own if own is not None else _grouped(one, self._of(one, ids))
            for row in rows:
                row.update(one.fold.of(found.get(row["sys_id"], ())))

    def changed(self, since: str, until: str) -> set[str]:
        """Return the records whose companions changed in a stretch of time."""
        found: set[str] = set()
        for one in self._companions:
            fields = ("sys_id", "sys_updated_on", one.parent)
            query = Query(one.table, fields, one.clauses, since, until)
            for page in pages(self._instance, query):
                found.update(row[one.parent] for row in page if row.get(one.parent))
        return found

    def _of(self, one: Companion, ids: Sequence[str]) -> Iterator[Row]:
        for chunk in chunks(ids):
            clause, fits = among(one.parent, chunk)
            query = Query(one.table, one.own_fields, (*one.clauses, clause), fits=fits)
            for page in pages(self._instance, query):
                yield from self._completed(one, page)

    def _completed(self, one: Companion, rows: list[Row]) -> list[Row]:
        """Put what rows refer to beside their own fields."""
        if referring := [name for name in one.fold.fields if "." in name]:
            self._references.load(referring, rows)
            for row in rows:
                row.update({name: self._references.value(name, row) or "" for name in referring})
        return rows


def _grouped(one: Companion, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.get(one.parent) or ""].append(row)
    return dict(found)

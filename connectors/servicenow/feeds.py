"""Reads one window of one kind: changes of a table, running clocks, groups, event counts, identifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.contract import Batch, Window
from connectors.platform.intake import Intake
from connectors.platform.mapping import moment
from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.drain import Parts, Query, among, count, pages, stamp
from connectors.servicenow.history import History, emptied
from connectors.servicenow.plan import Bookmark, parsed
from connectors.servicenow.references import chunks
from connectors.servicenow.statistics import grouped
from connectors.servicenow.tables import EVENT_GROUPS, Table

if TYPE_CHECKING:
    from connectors.servicenow.reader import Reader

_LATER_THAN_ANY = "9"


class Feed:
    """Reads windows with what a reader offers: instance, mappings, references."""

    def __init__(self, reader: Reader, window: Window, bookmark: Bookmark, intake: Intake) -> None:
        self._reader = reader
        self._window = window
        self._bookmark = bookmark
        self._intake = intake
        self._instance = reader.instance
        self._since = stamp(window.since) if window.since else ""
        self._until = stamp(window.until) if window.until else ""

    def batches(self) -> Iterator[Batch]:
        """Yield the window's batches."""
        try:
            yield from self._chosen()
        except BaseException:
            self._reader.leave_begun()
            raise

    def _chosen(self) -> Iterator[Batch]:
        kind, part = self._window.kind, self._bookmark.part
        if part == "sweep":
            yield from self._sweep()
        elif part == "snapshot":
            yield from self._groups()
        elif part == "days":
            yield from self._days()
        elif part == "clocks":
            yield from self._rows(self._query(self._reader.table(kind), ("active=true",)))
        elif kind == "transition":
            yield from self._transitions()
        else:
            yield from self._changes()

    def _changes(self) -> Iterator[Batch]:
        table = self._reader.table(self._window.kind, self._bookmark.table)
        query = self._changed(table)
        seen: set[str] = set()
        yield from self._rows(query, seen)
        if self._since and self._since >= self._bookmark.loaded[table.name]:
            yield from self._what_else(table, seen)

    def _query(self, table: Table, clauses: Sequence[str] = ()) -> Query:
        """Return the query for a table's rows that fulfil simple clauses, such as `active=false`."""
        wanted = dict(clause.split("=", 1) for clause in clauses)
        fields = tuple(dict.fromkeys((*self._reader.mapping(table).fields, *wanted)))
        fits = (lambda row: wanted.items() <= row.items()) if wanted else None
        return Query(table.name, fields, tuple(clauses), cursor=table.cursor, fits=fits)

    def _rows(self, query: Query, seen: set[str] | None = None) -> Iterator[Batch]:
        """Read the rows of a query, and what they refer to while they are on their way."""
        table = self._reader.table(self._window.kind, query.table)
        expected = self._bookmark.rows or 0

        def meanwhile() -> None:
            self._reader.companions(table).expect(expected)
            self._reader.references.expect(self._reader.mapping(table).names, expected)

        for rows in self._drained(query, self._bookmark.rows, meanwhile):
            if seen is not None:
                seen.update(row["sys_id"] for row in rows)
            yield self._made(table, rows)

    def _drained(
        self, query: Query, expected: int | None = None, meanwhile: Callable[[], object] = lambda: None
    ) -> Iterator[list[Row]]:
        """Yield the pages of a query and keep the ledger: counted before, and again when fewer came."""
        self._intake.reading.counted = expected
        came = 0
        with self._parts(query, expected) as parts:
            meanwhile()
            for rows in parts.pages():
                if parts.ending:
                    self._begin_following()
                came += len(rows)
                self._intake.reading.received += len(rows)
                yield rows
        counted = parts.counted
        if counted is not None and came < counted:
            # Some may have gone meanwhile.
            counted = min(counted, count(self._instance, query) or 0)
        self._intake.settle(counted, came)

    def _parts(self, query: Query, expected: int | None) -> Parts:
        begun = self._reader.begun
        if begun is not None and begun[0] == self._window:
            self._reader.begun = None
            return begun[1]
        self._reader.leave_begun()
        return Parts(self._instance, query, expected)

    def _begin_following(self) -> None:
        """Fetch the first pages of the next window while the last ones of this are on their way."""
        window, self._reader.following = self._reader.following, None
        if window is None or window.kind == "transition":
            return
        bookmark = parsed(window)
        following = Feed(self._reader, window, bookmark, self._intake)
        query = following._changed(self._reader.table(window.kind, bookmark.table))
        self._reader.begun = window, Parts(self._instance, query, bookmark.rows)

    def _changed(self, table: Table) -> Query:
        return replace(self._query(table, table.clauses), since=self._since, until=self._until)

    def _made(self, table: Table, rows: list[Row]) -> Batch:
        self._reader.companions(table).fill(rows)
        table.reckon(rows)
        records, rejected = self._reader.mapping(table).records(rows, self._reader.references)
        return self._intake.batch(self._window.kind, records, rejected)

    def _what_else(self, table: Table, seen: set[str]) -> Iterator[Batch]:
        """Read records whose companions changed, and say which ones are gone."""
        touched = self._reader.companions(table).changed(self._since, self._until)
        gone = self._reader.deletions(table, self._since, self._until)
        wanted = (touched | gone) - seen
        found: set[str] = set()
        for rows in self._by_ids(table, wanted):
            self._intake.beside(len(rows))
            found.update(row["sys_id"] for row in rows)
            yield self._made(table, rows)
        if lost := sorted(gone - found - seen):
            yield self._intake.batch(self._window.kind, deleted=lost)

    def _by_ids(self, table: Table, ids: set[str]) -> Iterator[list[Row]]:
        base = self._query(table)
        for chunk in chunks(ids):
            clause, fits = among("sys_id", chunk)
            yield from pages(self._instance, replace(base, clauses=(clause,), fits=fits))

    def _transitions(self) -> Iterator[Batch]:
        history = self._reader.history()
        query = history.query(self._since, self._until)
        rows = [row for page in self._drained(query, self._bookmark.rows) for row in page]
        yield self._told(history, rows, query.since)

    def _told(self, history: History, rows: Sequence[Row], since: str) -> Batch:
        records, rejected, withdrawn = history.transitions(rows, since)
        if self._reader.audit_usable:
            records = history.with_actors(records)
        # The end of a value may tell of a change of its own.
        self._intake.beside(max(0, len(records) + len(rejected) - len(rows)))
        return self._intake.batch("transition", records, rejected, deleted=withdrawn)

    def _groups(self) -> Iterator[Batch]:
        table = self._reader.table("group")
        members = self._members("")
        active = self._members("user.active=true")
        for rows in self._drained(self._query(table)):
            for row in rows:
                row["members"] = _figure(members, row["sys_id"])
                row["active_members"] = _figure(active, row["sys_id"])
            yield self._made(table, rows)

    def _members(self, clause: str) -> Mapping[str, str] | None:
        """Return the number of members by group, counted by the instance; None where that is denied."""
        try:
            found = grouped(self._instance, "sys_user_grmember", clause, ("group",))
        except RefusedError:
            return None
        return {values[0]: figure for values, figure in found}

    def _days(self) -> Iterator[Batch]:
        """Count the events of each day; a count that is gone from a day that was counted again is deleted."""
        mapping = self._reader.mapping(self._reader.table("event"))
        day, until = moment(self._since), moment(self._until)
        stored = self._reader.stored("event") or ()
        while day < until:
            after = min(day + timedelta(days=1), until)
            clause = f"time_of_event>={stamp(day)}^time_of_event<{stamp(after)}"
            rows = [
                _event_row(stamp(day), values, figure, self._until)
                for values, figure in grouped(self._instance, "em_event", clause, EVENT_GROUPS)
            ]
            self._intake.reading.received += len(rows)
            records, rejected = mapping.records(rows, self._reader.references)
            prefix = f"{stamp(day)[:10]}:"
            ids = {row["sys_id"] for row in rows}
            gone = sorted(name for name in stored if name.startswith(prefix) and name not in ids)
            yield self._intake.batch("event", records, rejected, deleted=gone)
            day = after
        received = self._intake.reading.received
        self._intake.settle(received, received)

    def _sweep(self) -> Iterator[Batch]:
        """Name everything there is, and read what is there and not stored."""
        kind = self._window.kind
        stored = self._reader.stored(kind)
        oldest = self._reader.oldest
        for table in self._reader.tables(kind):
            query = Query(table.name, ("sys_id", "sys_updated_on"))
            if kind == "transition":
                query = replace(
                    self._reader.history().query(), fields=(*query.fields, "definition", "id", "end")
                )
            for rows in self._drained(query, count(self._instance, query)):
                ids = [row["sys_id"] for row in rows]
                known = frozenset(ids) if stored is None else stored
                missed = {
                    row["sys_id"]
                    for row in rows
                    if row["sys_id"] not in known and (row.get("sys_updated_on") or "") >= oldest
                }
                ended = [emptied(row) for row in rows if row.get("end")] if kind == "transition" else []
                yield self._intake.batch(kind, present=ids + ended)
                yield from self._missed(table, missed)

    def _missed(self, table: Table, ids: set[str]) -> Iterator[Batch]:
        if self._window.kind != "transition":
            for rows in self._by_ids(table, ids):
                yield self._made(table, rows)
            return
        history = self._reader.history()
        for chunk in chunks(ids):
            rows = [
                row for page in pages(self._instance, history.query(ids=chunk, of="sys_id")) for row in page
            ]
            yield self._told(history, rows, _LATER_THAN_ANY)


def _figure(found: Mapping[str, str] | None, group: str) -> str:
    return "" if found is None else found.get(group, "0")


def _event_row(day: str, values: Sequence[str], figure: str, at: str) -> Row:
    named = dict(zip(EVENT_GROUPS, values, strict=True))
    name = f"{day[:10]}:{'|'.join(values)}"
    return {"sys_id": name, "sys_updated_on": at, "day": day, "count": figure, **named}

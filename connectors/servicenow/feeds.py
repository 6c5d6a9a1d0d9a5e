"""Reads one window of one kind: changes of a table, running clocks, groups, event counts, identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.contract import Batch, Reading, Rejection, Window
from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.drain import Query, among, count, pages, stamp
from connectors.servicenow.mapping import moment
from connectors.servicenow.plan import Bookmark
from connectors.servicenow.references import chunks
from connectors.servicenow.sources import Table
from connectors.servicenow.statistics import grouped
from connectors.servicenow.tables import EVENT_GROUPS
from storage.errors import FatalError
from storage.evidence.store import Record

if TYPE_CHECKING:
    from connectors.servicenow.reader import Reader

_FEW_REJECTIONS = 5


class Intake:
    """Keeps a window's reading current and minds the share of rows that may be unreadable."""

    def __init__(self, reading: Reading, tolerated: float) -> None:
        self.reading = reading
        self._tolerated = tolerated

    def batch(
        self, kind: str, records: Sequence[Record], rejected: Sequence[Rejection] = (), **more: object
    ) -> Batch:
        """Return a batch; raises FatalError when too many rows were rejected."""
        found = self.reading
        found.records += len(records)
        found.rejected.extend(rejected)
        bad = len(found.rejected)
        if bad > max(_FEW_REJECTIONS, self._tolerated * max(found.received, found.counted or 0)):
            raise FatalError(
                f"{bad} of {found.received} rows of {kind} cannot be read, more than `tolerated_share`; "
                f"the first is {found.rejected[0].position}: {found.rejected[0].reason}.",
                hint="Correct `map`, or raise `tolerated_share`.",
            )
        deleted, present = more.get("deleted"), more.get("present")
        batch = Batch({kind: records}, rejected)
        if isinstance(deleted, list):
            batch.deleted = {kind: deleted}
        if isinstance(present, list):
            batch.present = {kind: present}
        return batch

    def settle(self, counted: int | None) -> None:
        """Note at the end how many rows the instance counts, and how many of them did not come."""
        self.reading.counted = counted
        self.reading.hidden = max(0, counted - self.reading.received) if counted is not None else 0


def clause_test(clauses: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the fields that simple clauses (`active=false`) name, and the values they want."""
    wanted = dict(clause.split("=", 1) for clause in clauses)
    return tuple(wanted), wanted


class Feed:
    """Reads windows with what a reader offers: instance, mappings, references."""

    def __init__(self, reader: Reader, window: Window, bookmark: Bookmark, intake: Intake) -> None:
        self._reader = reader
        self._window = window
        self._bookmark = bookmark
        self._intake = intake
        self._instance = reader.instance

    def batches(self) -> Iterator[Batch]:
        """Yield the window's batches."""
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
        since, until = self._since, stamp_or_empty(self._window)
        query = replace(self._query(table, table.clauses), since=since, until=until)
        seen: set[str] = set()
        yield from self._rows(query, seen)
        if since and since >= self._bookmark.loaded[table.name]:
            yield from self._what_else(table, query, seen)

    @property
    def _since(self) -> str:
        return stamp(self._window.since) if self._window.since else ""

    def _query(self, table: Table, clauses: Sequence[str] = ()) -> Query:
        mapping = self._reader.mapping(table)
        names, wanted = clause_test(clauses)
        fields = tuple(dict.fromkeys((*mapping.fields, *names)))
        fits = (lambda row: all(row.get(name) == value for name, value in wanted.items())) if wanted else None
        return Query(table.name, fields, tuple(clauses), cursor=table.cursor, fits=fits)

    def _rows(self, query: Query, seen: set[str] | None = None) -> Iterator[Batch]:
        """Read the rows of a query; counted before, and again when fewer came."""
        counted = self._reader.counted(query)
        self._intake.reading.counted = counted
        table = self._reader.table(self._window.kind, query.table)
        names = self._reader.mapping(table).names
        for number, rows in enumerate(pages(self._instance, query, counted)):
            if number == 0:
                # Now, while workers fetch the next pages.
                self._reader.companions(table).expect(counted or 0)
                self._reader.references.expect(names, counted or 0)
            self._intake.reading.received += len(rows)
            if seen is not None:
                seen.update(row["sys_id"] for row in rows)
            yield self._made(table, rows)
        self._intake.settle(self._settled(query, counted, self._intake.reading.received))

    def _settled(self, query: Query, counted: int | None, came: int) -> int | None:
        """Return the count, taken again where fewer rows came: some may have gone meanwhile."""
        if counted is None or came >= counted:
            return counted
        return min(counted, count(self._instance, query) or 0)

    def _made(self, table: Table, rows: list[Row], **more: object) -> Batch:
        self._reader.companions(table).fill(rows)
        records, rejected = self._reader.mapping(table).records(rows, self._reader.references)
        return self._intake.batch(self._window.kind, records, rejected, **more)

    def _what_else(self, table: Table, query: Query, seen: set[str]) -> Iterator[Batch]:
        """Read records whose companions changed, and say which ones are gone."""
        touched = self._reader.companions(table).changed(query.since, query.until)
        gone = self._reader.deletions(table, query.since, query.until)
        wanted = (touched | gone) - seen
        found: set[str] = set()
        for rows in self._by_ids(table, wanted):
            self._intake.reading.received += len(rows)
            found.update(row["sys_id"] for row in rows)
            yield self._made(table, rows)
        if lost := sorted(gone - found - seen):
            yield self._intake.batch(self._window.kind, (), deleted=lost)

    def _by_ids(self, table: Table, ids: set[str]) -> Iterator[list[Row]]:
        base = self._query(table)
        for chunk in chunks(ids):
            clause, fits = among("sys_id", chunk)
            yield from pages(self._instance, replace(base, clauses=(clause,), fits=fits))

    def _transitions(self) -> Iterator[Batch]:
        history = self._reader.history()
        query = history.query(self._since, stamp_or_empty(self._window))
        counted = self._reader.counted(query)
        self._intake.reading.counted = counted
        rows: list[Row] = []
        for page in pages(self._instance, query, counted):
            rows += page
            self._intake.reading.received = len(rows)
        self._intake.settle(self._settled(query, counted, len(rows)))
        records, rejected, more = history.transitions(rows, query.since)
        self._intake.reading.received += max(0, more)
        yield self._history_batch(records, rejected)

    def _history_batch(self, records: list[Record], rejected: list[Rejection]) -> Batch:
        if self._reader.audit_usable:
            records = self._reader.history().with_actors(records)
        return self._intake.batch("transition", records, rejected)

    def _groups(self) -> Iterator[Batch]:
        table = self._reader.table("group")
        members = self._members("")
        active = self._members("user.active=true")
        query = self._query(table)
        counted = count(self._instance, query)
        self._intake.reading.counted = counted
        for rows in pages(self._instance, query, counted):
            self._intake.reading.received += len(rows)
            for row in rows:
                row["members"] = _figure(members, row["sys_id"])
                row["active_members"] = _figure(active, row["sys_id"])
            yield self._made(table, rows)
        self._intake.settle(counted)

    def _members(self, clause: str) -> Mapping[str, str] | None:
        """Return the number of members by group, counted by the instance; None where that is denied."""
        try:
            found = grouped(self._instance, "sys_user_grmember", clause, ("group",))
        except RefusedError:
            return None
        return {values[0]: figure for values, figure in found}

    def _days(self) -> Iterator[Batch]:
        """Count the events of each day; a count that is gone from a day that was counted again is deleted."""
        table, until = self._reader.table("event"), moment(stamp_or_empty(self._window))
        mapping = self._reader.mapping(table)
        day = moment(self._since)
        stored = self._reader.stored("event") or ()
        while day < until:
            after = min(day + timedelta(days=1), until)
            clause = f"time_of_event>={stamp(day)}^time_of_event<{stamp(after)}"
            rows = [
                _event_row(stamp(day), values, figure, stamp(until))
                for values, figure in grouped(self._instance, "em_event", clause, EVENT_GROUPS)
            ]
            self._intake.reading.received += len(rows)
            records, rejected = mapping.records(rows, self._reader.references)
            prefix = f"{stamp(day)[:10]}:"
            ids = {row["sys_id"] for row in rows}
            gone = sorted(name for name in stored if name.startswith(prefix) and name not in ids)
            yield self._intake.batch("event", records, rejected, deleted=gone)
            day = after
        self._intake.settle(self._intake.reading.received)

    def _sweep(self) -> Iterator[Batch]:
        """Name everything there is, and read what is there and not stored."""
        kind = self._window.kind
        stored = self._reader.stored(kind)
        oldest = self._reader.oldest
        total: int | None = 0
        for table in self._reader.tables(kind):
            query = self._reader.history().query() if kind == "transition" else Query(table.name, (), ())
            query = replace(
                query, fields=tuple(dict.fromkeys(("sys_id", "sys_updated_on", *_checked_fields(kind))))
            )
            counted, came = count(self._instance, query), 0
            for rows in pages(self._instance, query, counted):
                came += len(rows)
                self._intake.reading.received += len(rows)
                ids = [row["sys_id"] for row in rows]
                known = frozenset(ids) if stored is None else stored
                missed = {
                    row["sys_id"]
                    for row in rows
                    if row["sys_id"] not in known and (row.get("sys_updated_on") or "") >= oldest
                }
                yield self._intake.batch(kind, (), present=ids)
                yield from self._missed(table, missed)
            counted = self._settled(query, counted, came)
            total = None if total is None or counted is None else total + counted
        self._intake.settle(total)

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
            records, rejected, _ = history.transitions(rows, "9")
            self._intake.reading.received += max(0, len(records) + len(rejected) - len(rows))
            yield self._history_batch(records, rejected)


def stamp_or_empty(window: Window) -> str:
    """Return the end of a window as ServiceNow writes it; nothing where it has none."""
    return stamp(window.until) if window.until else ""


def _checked_fields(kind: str) -> tuple[str, ...]:
    return ("definition", "id") if kind == "transition" else ()


def _figure(found: Mapping[str, str] | None, group: str) -> str:
    return "" if found is None else found.get(group, "0")


def _event_row(day: str, values: Sequence[str], figure: str, at: str) -> Row:
    named = dict(zip(EVENT_GROUPS, values, strict=True))
    name = f"{day[:10]}:{'|'.join(values)}"
    return {"sys_id": name, "sys_updated_on": at, "day": day, "count": figure, **named}

"""Decides what to read next: bounded stretches of time, snapshots, comparisons of identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

import orjson

from connectors.contract import Window
from connectors.platform import bookmark
from connectors.platform.mapping import moment
from connectors.servicenow.drain import Query, count, stamp
from connectors.servicenow.history import AUDITED_PER_REQUEST
from connectors.servicenow.statistics import newest
from connectors.servicenow.tables import Table
from connectors.servicenow.transport import Instance

if TYPE_CHECKING:
    from connectors.servicenow.reader import Reader

_LOOKED_AT = 100
"""Rows looked at for the end of a slice, since some may be hidden."""
_AUDITS_OF_A_WINDOW = 100
"""Requests to sys_audit at most, so that the retries of a sync suffice for several windows."""
EVENT_DAYS = 9
"""Events are rotated away after about a week."""
_NO_EVENTS = "0|"


@dataclass(frozen=True)
class Bookmark(bookmark.Bookmark):
    """What is remembered of a kind; `reached` holds by table the time from which it is read next."""

    reached: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    """By table the time up to which the first reading goes; what is older needs no look at deletions."""
    swept: str = ""
    clocks: str = ""
    seen: str = ""
    """Count and newest change of what is read as a whole."""
    part: str = "changes"
    """changes, clocks, sweep, snapshot or days."""
    table: str = ""
    rows: int | None = None
    """Rows that the window is expected to hold."""

    def moved(self, table: str, until: str, loaded: str = "", rows: int | None = None) -> Self:
        """Return the bookmark once changes of a table up to a time are stored."""
        reached, limits = {**self.reached, table: until}, {**self.loaded, table: loaded}
        return replace(self, reached=reached, loaded=limits, part="changes", table=table, rows=rows)


@dataclass(frozen=True)
class Slice:
    """A stretch of time with about so many rows."""

    since: str
    until: str
    rows: int | None


class Slices:
    """Cuts the time of a query so that no part holds more rows than can be stored at once.

    A part ends where the row stands that follows so many older ones. Those of a single second stay together.
    """

    def __init__(self, instance: Instance, query: Query, most: int) -> None:
        self._instance = instance
        self._query = query
        self._most = most
        self.rows, self._edge = self._looked(query)

    def __iter__(self) -> Iterator[Slice]:
        """Yield the parts, oldest first, together all of the time."""
        query, edge, left = self._query, self._edge, self.rows or 0
        while edge and (edge := max(edge, _next_second(query.since))) < query.until:
            yield Slice(query.since, edge, self._most)
            query, left = replace(query, since=edge), max(0, left - self._most)
            edge = self._looked(query)[1] if left > self._most else ""
        yield Slice(query.since, query.until, None if self.rows is None else left)

    def _looked(self, query: Query) -> tuple[int | None, str]:
        """Return how many rows there are, and the stamp of the one with which the next part begins."""
        parameters = {
            "sysparm_query": f"{query.encoded(ordered=False)}^ORDERBY{query.cursor}",
            "sysparm_fields": query.cursor,
            "sysparm_offset": str(self._most),
        }
        answer, _ = self._instance.page(query.table, parameters, _LOOKED_AT)
        return answer.total, min(
            (row[query.cursor] for row in answer.rows if row.get(query.cursor)), default=""
        )


def _next_second(text: str) -> str:
    return stamp(moment(text) + timedelta(seconds=1)) if text else ""


class Planner:
    """Plans the windows of one sync."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._instance = reader.instance
        self._settings = reader.settings

    def windows(self, kind: str, text: str | None) -> Iterator[Window]:
        """Yield what to read of a kind, oldest first."""
        tables = self._reader.tables(kind)
        if not tables:
            return
        bookmark = Bookmark.parse(text, self._reader.rules(kind))
        upper = self._instance.now() - timedelta(seconds=self._settings.lag)
        if kind == "group":
            yield from self._snapshot(bookmark)
        elif kind == "event":
            yield from self._days(bookmark, upper)
        else:
            yield from self._moving(kind, tables, bookmark, upper)

    def _moving(
        self, kind: str, tables: Sequence[Table], bookmark: Bookmark, upper: datetime
    ) -> Iterator[Window]:
        fresh = not bookmark.reached
        afresh = fresh and bool(self._reader.stored(kind))
        for table in tables:
            planned = self._changes(table, bookmark, upper)
            following = next(planned, None)
            while (window := following) is not None:
                self._reader.following = following = next(planned, None)
                yield window
                bookmark = parsed(window)
        if kind == "service_level":
            for window in self._clocks(bookmark, upper):
                yield window
                bookmark = parsed(window)
        if afresh:
            # Read again from the beginning: what is stored and no longer there is looked for as well.
            bookmark = replace(bookmark, swept="")
        if afresh or not fresh:
            yield from self._sweep(kind, bookmark, upper)

    def _changes(self, table: Table, bookmark: Bookmark, upper: datetime) -> Iterator[Window]:
        # What is younger than the overlap is read again the next time: rows show up late.
        until, overlap = stamp(upper), stamp(upper - timedelta(seconds=self._settings.lag))
        since = bookmark.reached.get(table.name, "") or self._reader.oldest
        loaded = bookmark.loaded.get(table.name, "") or overlap
        bookmark = replace(bookmark, swept=bookmark.swept or until)
        resumed = since < loaded < overlap
        spans = [(since, loaded), (loaded, until)] if resumed else [(since, until)]
        for begin, end in spans:
            if begin >= end:
                continue
            for part in self._parts(table, begin, end, first=begin < loaded):
                bookmark = bookmark.moved(table.name, min(part.until, overlap), loaded, part.rows)
                start = moment(part.since) if part.since else None
                yield Window(table.kind, bookmark.text(), start, moment(part.until))

    def _parts(self, table: Table, since: str, until: str, *, first: bool) -> Iterable[Slice]:
        found = Slices(self._instance, self._query(table, since, until), self._most(table))
        nothing = found.rows == 0 and (first or not self._touched(table, since, until))
        return () if nothing else found

    def _most(self, table: Table) -> int:
        """Return how many rows a window may hold: fewer where most requests are for who made the changes."""
        rows = self._settings.window_rows
        audited = table.kind == "transition" and self._reader.audit_usable
        return min(rows, _AUDITS_OF_A_WINDOW * AUDITED_PER_REQUEST) if audited else rows

    def _query(self, table: Table, since: str, until: str) -> Query:
        if table.kind == "transition":
            return self._reader.history().query(since, until)
        return Query(table.name, ("sys_id",), table.clauses, since, until, cursor=table.cursor)

    def _touched(self, table: Table, since: str, until: str) -> bool:
        """Whether something else than the table's own rows speaks of a change."""
        queries = [
            Query(one.table, ("sys_id",), one.clauses, since, until)
            for one in self._reader.usable_companions(table)
        ]
        deletion = self._reader.deletion_query(table, since, until)
        if deletion is not None:
            queries.append(deletion)
        return any(count(self._instance, query) for query in queries)

    def _clocks(self, bookmark: Bookmark, upper: datetime) -> Iterator[Window]:
        every = timedelta(hours=self._settings.active_clocks_every)
        query = Query("task_sla", ("sys_id",), ("active=true",))
        if due(bookmark.clocks, upper, every) and (rows := count(self._instance, query)):
            bookmark = replace(bookmark, part="clocks", clocks=stamp(upper), rows=rows)
            yield Window("service_level", bookmark.text())

    def _sweep(self, kind: str, bookmark: Bookmark, upper: datetime) -> Iterator[Window]:
        every = timedelta(days=self._settings.sweep_every)
        if self._reader.is_whole(kind) and every and due(bookmark.swept, upper, every):
            text = replace(bookmark, part="sweep", swept=stamp(upper)).text()
            yield Window(kind, text, as_of=self._instance.now(), complete=True)

    def _snapshot(self, bookmark: Bookmark) -> Iterator[Window]:
        tables = ("sys_user_group", "sys_user_grmember")
        found = [newest(self._instance, Query(name, ())) for name in tables]
        known = all(number is not None for number, _ in found)
        seen = "|".join(f"{number},{at}" for number, at in found)
        if not known or seen != bookmark.seen:
            text = replace(bookmark, part="snapshot", seen=seen).text()
            yield Window("group", text, as_of=self._instance.now(), complete=True)

    def _days(self, bookmark: Bookmark, upper: datetime) -> Iterator[Window]:
        """Yield the days since the one before the last: its events may still have been worked on."""
        today = upper.replace(hour=0, minute=0, second=0)
        next_begin, begin = today - timedelta(days=1), today - timedelta(days=EVENT_DAYS)
        if reached := bookmark.reached.get("em_event", ""):
            begin = max(begin, moment(reached) - timedelta(days=1))
        if bookmark.seen and self._events(begin, upper) == bookmark.seen:
            return
        if self._events(begin, upper) != _NO_EVENTS:
            moved = bookmark.moved("em_event", stamp(today))
            seen = self._events(next_begin, upper)
            yield Window("event", replace(moved, part="days", seen=seen).text(), begin, upper)

    def _events(self, since: datetime, until: datetime) -> str:
        span = f"time_of_event>={stamp(since)}^time_of_event<{stamp(until)}"
        number, at = newest(self._instance, Query("em_event", (), (span,)))
        return f"{number}|{at}"


def parsed(window: Window) -> Bookmark:
    """Return the bookmark that a window carries."""
    return Bookmark(**orjson.loads(window.bookmark))


def due(last: str, now: datetime, every: timedelta) -> bool:
    """Whether something that was last done at a time has to be done again."""
    return not last or now - moment(last) >= every

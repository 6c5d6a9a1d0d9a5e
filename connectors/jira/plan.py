"""Decides what to read next: stretches of time, late writes, running clocks, comparisons of identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import orjson

from connectors.contract import Window
from connectors.jira.probe import Prober
from connectors.jira.reader import Reader
from connectors.jira.search import Query, narrowed
from connectors.jira.settings import BROUGHT
from connectors.jira.snapshots import SNAPSHOTS
from connectors.platform import bookmark
from storage.evidence.store import KindState

_MINUTE = timedelta(minutes=1)
CHANGES, TRAIL, CLOCKS, SWEEP, SNAPSHOT = "changes", "trail", "clocks", "sweep", "snapshot"


@dataclass(frozen=True)
class Bookmark(bookmark.Bookmark):
    """What is remembered of a kind of issues, or of a snapshot. Times are ISO 8601, empty for never."""

    reached: str = ""
    """Up to when changes were read."""
    trailed: str = ""
    """Up to when they were read once more, after searches surely showed them."""
    clocks: str = ""
    swept: str = ""
    seen: str = ""
    """Of a snapshot: digest of its contents, or when it was taken."""
    projects: Sequence[str] = field(default_factory=list)
    """Projects that were there when identifiers were last compared."""
    part: str = CHANGES
    rows: int | None = None
    """Issues that the window is expected to hold."""


def parsed(window: Window) -> Bookmark:
    """Return the bookmark that a window carries."""
    return Bookmark(**orjson.loads(window.bookmark))


def at(text: str) -> datetime:
    """Return a time of a bookmark."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True)
class Slice:
    """A stretch of time with about so many issues."""

    since: datetime | None
    until: datetime
    rows: int


class Planner:
    """Plans the windows of one sync."""

    def __init__(self, reader: Reader, prober: Prober) -> None:
        self._reader = reader
        self._prober = prober
        self._settings = reader.settings

    def windows(self, kind: str, text: str | None) -> Iterator[Window]:
        """Yield what to read of a kind, oldest first."""
        if kind in SNAPSHOTS and self._prober.probed(kind).state is KindState.READABLE:
            yield from self._snapshot(kind, Bookmark.parse(text, self._reader.rules(kind)))
        elif kind in BROUGHT and self._reader.is_there(kind):
            yield from self._of_issues(kind, Bookmark.parse(text, self._reader.rules(kind)))

    def _of_issues(self, kind: str, bookmark: Bookmark) -> Iterator[Window]:
        now, fresh = self._reader.site.now(), not bookmark.reached
        afresh = fresh and bool(self._reader.stored(kind))
        if not bookmark.swept:
            bookmark = replace(
                bookmark,
                trailed=(now - timedelta(hours=self._settings.settle)).isoformat(),
                clocks=now.isoformat(),
                swept=now.isoformat(),
                projects=self._projects(),
            )
        planned = (self._changes, self._trail, self._clocks)
        for plan in planned:
            for window in plan(kind, bookmark, now):
                yield window
                bookmark = parsed(window)
        yield from self._sweep(kind, replace(bookmark, swept="") if afresh else bookmark, now)

    def _projects(self) -> list[str]:
        return [str(one["id"]) for one in self._reader.chosen_projects]

    def _changes(self, kind: str, bookmark: Bookmark, now: datetime) -> Iterator[Window]:
        since = self._reader.oldest
        if bookmark.reached:
            since = at(bookmark.reached) - timedelta(seconds=self._settings.overlap)
        for part in self._slices(narrowed(self._reader.query(kind), since, now)):
            bookmark = replace(bookmark, part=CHANGES, reached=part.until.isoformat(), rows=part.rows)
            yield Window(kind, bookmark.text(), part.since, part.until, brings=BROUGHT[kind])

    def _trail(self, kind: str, bookmark: Bookmark, now: datetime) -> Iterator[Window]:
        """Read once more what searches may have shown too late the first time."""
        settle = timedelta(hours=self._settings.settle)
        since, until = at(bookmark.trailed), now - settle
        if until - since < max(settle / 2, _MINUTE):
            return
        for part in self._slices(narrowed(self._reader.query(kind), since, until)):
            bookmark = replace(bookmark, part=TRAIL, trailed=part.until.isoformat(), rows=part.rows)
            yield Window(kind, bookmark.text(), part.since, part.until, brings=BROUGHT[kind])

    def _slices(self, query: Query) -> Iterator[Slice]:
        """Cut a stretch of time so that no part holds more issues than can be stored at once."""
        first = self._reader.search.oldest(query)
        if first is None or query.until is None:
            return
        waiting = [query]
        while waiting:
            part = waiting.pop()
            rows, begin = self._reader.search.count(part), part.since or first
            span = (part.until or begin) - begin
            if rows > self._settings.window_rows and span >= 2 * _MINUTE:
                # Cut at whole minutes: a site may compare times no finer than that.
                middle = (begin + span / 2).replace(second=0, microsecond=0)
                waiting += [narrowed(part, middle, part.until), narrowed(part, part.since, middle)]
            elif part.until is not None and (rows or part.until == query.until):
                yield Slice(part.since, part.until, rows)

    def _clocks(self, kind: str, bookmark: Bookmark, now: datetime) -> Iterator[Window]:
        """Read open issues again, whose clocks run and break without a change of the issue."""
        every = timedelta(hours=self._settings.clocks_every)
        fresh = bookmark.clocks == now.isoformat() or not bookmark.reached
        if fresh or not self._reader.fields.clocks or now - at(bookmark.clocks) < every:
            return
        if rows := self._reader.search.count(open_issues(self._reader.query(kind))):
            bookmark = replace(bookmark, part=CLOCKS, clocks=now.isoformat(), rows=rows)
            yield Window(kind, bookmark.text(), brings=BROUGHT[kind])

    def _sweep(self, kind: str, bookmark: Bookmark, now: datetime) -> Iterator[Window]:
        every, projects = timedelta(days=self._settings.sweep_every), self._projects()
        if not every or (bookmark.swept and now - at(bookmark.swept) < every):
            return
        if not set(bookmark.projects) <= set(projects):
            # A project that cannot be seen any more looks like a project whose issues were all deleted.
            return
        kept = replace(bookmark, part=SWEEP, swept=now.isoformat(), projects=projects)
        yield Window(kind, kept.text(), as_of=now, complete=True)

    def _snapshot(self, kind: str, bookmark: Bookmark) -> Iterator[Window]:
        now = self._reader.site.now()
        if bookmark.seen and now - at(bookmark.seen) < SNAPSHOTS[kind].every:
            return
        text = replace(bookmark, part=SNAPSHOT, seen=now.isoformat()).text()
        yield Window(kind, text, as_of=now, complete=True)


def open_issues(query: Query) -> Query:
    """Return the query for those that are not done."""
    return replace(query, clauses=(*query.clauses, "statusCategory != Done"))

"""Reads one window: changed issues, issues whose clocks run, a comparison of identifiers, a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.contract import Batch, Window
from connectors.jira.answers import Json
from connectors.jira.plan import CLOCKS, SNAPSHOT, SWEEP, open_issues, parsed
from connectors.jira.reader import Reader
from connectors.jira.search import Query, narrowed
from connectors.jira.settings import BROUGHT
from connectors.jira.snapshots import SNAPSHOTS
from connectors.platform.ahead import SideBySide
from connectors.platform.intake import Intake

_PART = 5000


class Feed:
    """Reads one window with what a reader offers."""

    def __init__(self, reader: Reader, window: Window, intake: Intake) -> None:
        self._reader = reader
        self._window = window
        self._kind = window.kind
        self._intake = intake

    def batches(self) -> Iterator[Batch]:
        """Yield the window's batches."""
        part = parsed(self._window).part
        if part == SNAPSHOT:
            yield from self._snapshot()
        elif part == SWEEP:
            yield from self._sweep()
        elif part == CLOCKS:
            yield from self._issues(open_issues(self._reader.query(self._kind)))
        else:
            query = self._reader.query(self._kind)
            yield from self._issues(narrowed(query, self._window.since, self._window.until))

    def _issues(self, query: Query) -> Iterator[Batch]:
        reader, search = self._reader, self._reader.search
        wanted, came, ids = reader.wanted(self._kind), set[str](), None
        if reader.site.cloud and not reader.settings.one_phase:
            ids = search.ids(query)
        self._intake.reading.counted = parsed(self._window).rows if ids is None else len(ids)
        pages = search.issues(query, wanted) if ids is None else search.named(ids, wanted)
        yield from self._read(pages, came)
        lost = self._lost(query, ids, came)
        if lost:
            yield from self._read(search.named(lost, wanted), came)
        still = [name for name in lost if name not in came and self._is_found(query, name)]
        self._intake.settle(len(came) + len(still), len(came))

    def _lost(self, query: Query, ids: list[str] | None, came: set[str]) -> list[str]:
        """Return the issues that a search names and that did not come."""
        search = self._reader.search
        if ids is None and len(came) >= search.count(query):
            return []
        return [name for name in ids or search.ids(query) if name not in came]

    def _is_found(self, query: Query, name: str) -> bool:
        """Whether an issue is still there; of one that is gone since, nothing is missing."""
        return bool(self._reader.search.ids(replace(query, clauses=(*query.clauses, f"id = {name}"))))

    def _read(self, pages: SideBySide[list[Json]], came: set[str]) -> Iterator[Batch]:
        try:
            for page in pages.pages():
                came.update(str(one["id"]) for one in page)
                self._intake.reading.received += len(page)
                yield self._made(page)
        finally:
            pages.close()

    def _made(self, page: Sequence[Json]) -> Batch:
        made = self._reader.issues(self._kind).made(page)
        own = made.records.pop(self._kind, [])
        batch = self._intake.batch(self._kind, own, made.rejected)
        configured = self._reader.settings.kinds
        records = {kind: found for kind, found in made.records.items() if kind in configured}
        deleted = {kind: found for kind, found in made.deleted.items() if kind in configured}
        return replace(batch, records={**batch.records, **records}, deleted=deleted)

    def _sweep(self) -> Iterator[Batch]:
        """Name every issue there is, and read what is there and not stored."""
        oldest, query = self._reader.oldest, self._reader.query(self._kind)
        stored = self._reader.stored(self._kind)
        recent = self._reader.search.ids(narrowed(query, oldest, None))
        older = self._reader.search.ids(narrowed(query, None, oldest)) if oldest is not None else []
        ids = [*recent, *older]
        self._intake.reading.received += len(ids)
        self._intake.settle(len(ids), len(ids))
        for at in range(0, len(ids), _PART):
            yield self._intake.batch(self._kind, present=ids[at : at + _PART])
        missed = [name for name in recent if stored is not None and name not in stored]
        if missed:
            yield from self._missed(missed)
        yield from self._orphans(set(ids))

    def _missed(self, names: list[str]) -> Iterator[Batch]:
        pages = self._reader.search.named(names, self._reader.wanted(self._kind))
        came: set[str] = set()
        yield from self._read(pages, came)
        self._intake.settle(len(came), len(came))

    def _orphans(self, known: set[str]) -> Iterator[Batch]:
        """Delete what came along with issues that are gone."""
        for kind in BROUGHT[self._kind]:
            begin = f"{self._kind}:"
            stored = self._reader.stored(kind) or ()
            gone = [name for name in stored if name.startswith(begin) and name.split(":", 2)[1] not in known]
            if gone:
                yield Batch({}, deleted={kind: gone})

    def _snapshot(self) -> Iterator[Batch]:
        for records in SNAPSHOTS[self._kind].read(self._reader):
            self._intake.reading.received += len(records)
            yield self._intake.batch(self._kind, records)
        received = self._intake.reading.received
        self._intake.settle(received, received)

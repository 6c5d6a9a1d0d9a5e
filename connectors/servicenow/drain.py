"""Reads all rows of a query exactly once, whatever hides, moves or fails on the way.

Rows come in the order of their sys_id, each page asking for those after the last one seen (section 2.8
of the reference): nothing that is inserted, changed or deleted meanwhile can shift a page. ServiceNow cuts a
page first and hides rows afterwards, so a short page proves nothing; the end is where the count of what is
left, taken before hiding, says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import Full, Queue
from threading import Event

from connectors.servicenow.answers import Answer, CancelledError, Row
from connectors.servicenow.transport import ASIDE, Instance
from storage.errors import FatalError

SMALLEST_PAGE = 50
_GROW_AFTER = 8
_HOP = 0.9
"""Share of a page that a hop over hidden rows moves on, so that a deletion during it loses nothing."""
_PAGES_AHEAD = 4
_LOOK_AGAIN = 0.1
_FORMAT = "%Y-%m-%d %H:%M:%S"


class ClauseIgnoredError(FatalError):
    """The instance did not apply the query it was given, so nothing it answers proves anything."""


def stamp(moment: datetime) -> str:
    """Return a moment as ServiceNow writes it, UTC."""
    return moment.astimezone(UTC).strftime(_FORMAT)


@dataclass(frozen=True)
class Query:
    """Rows of a table: those whose cursor lies in [since, until) and sys_id in (after, before)."""

    table: str
    fields: tuple[str, ...]
    clauses: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    after: str = ""
    before: str = ""
    cursor: str = "sys_updated_on"
    fits: Callable[[Row], bool] | None = None
    """Says whether a row fulfils `clauses`."""

    def encoded(self, after: str = "", *, ordered: bool = True) -> str:
        """Return it in ServiceNow's syntax."""
        after = after or self.after
        parts = [
            f"{self.cursor}>={self.since}" if self.since else "",
            f"{self.cursor}<{self.until}" if self.until else "",
        ]
        parts += [
            *self.clauses,
            f"sys_id>{after}" if after else "",
            f"sys_id<{self.before}" if self.before else "",
        ]
        parts += ["ORDERBYsys_id"] if ordered else []
        return "^".join(part for part in parts if part)

    def shares(self, number: int) -> list[Query]:
        """Return parts of it that can be read side by side."""
        edges = [f"{65536 * part // number:04x}" for part in range(1, number)]
        pairs = zip([self.after, *edges], [*edges, self.before], strict=True)
        return [replace(self, after=low, before=high) for low, high in pairs]


def among(field: str, ids: Collection[str]) -> tuple[str, Callable[[Row], bool]]:
    """Return the clause that a field is one of some identifiers, and the test that a row fulfils it."""
    inside = frozenset(ids)
    return f"{field}IN{','.join(sorted(inside))}", lambda row: row.get(field) in inside


class Drain:
    """One worker's way through a query. `pages` goes on where it was left."""

    def __init__(
        self, instance: Instance, query: Query, worker: int = ASIDE, *, counting: bool = False
    ) -> None:
        self._instance = instance
        self._query = query
        self._worker = worker
        self._last = ""
        self._offset = 0
        self._counting, self._ended = counting, False
        self._most = self._limit = instance.settings.page_size
        self._good, self._patience, self._grown = 0, _GROW_AFTER, False
        self._limit_asked = 0
        self._expected: int | None = None
        self.hollow = 0

    def pages(self, *, prove: bool, every: bool = False) -> Iterator[list[Row]]:
        """Yield pages until the rest is proven to be empty; without `prove` until a page is short.

        Pages on which everything is hidden are left out unless `every` one is wanted.
        """
        while not self._ended:
            answer = self._answer()
            visible = self._checked(answer.rows)
            short = len(answer.rows) < self._limit_asked
            self._ended = self._proven(answer, len(visible))
            self._move(visible, short)
            if visible or every:
                yield visible
            if short and not prove:
                return

    def _proven(self, answer: Answer, visible: int) -> bool:
        """Whether all that was counted has come, or nothing came of a page that spans the rest."""
        if self._counting:
            if answer.total is None:
                return not answer.rows
            self._expected = answer.total - self._offset
        if self._expected is not None:
            self._expected -= visible
        return self._expected is not None and (
            self._expected <= 0 or (self._counting and not visible and self._expected <= self._reach)
        )

    @property
    def _reach(self) -> int:
        """Rows that a page surely spans, since an instance may cap what is asked for."""
        return min(self._limit_asked, max(SMALLEST_PAGE, self._instance.widest_page(self._limit_asked)))

    def _move(self, visible: list[Row], short: bool) -> None:
        if visible:
            self._last, self._offset = visible[-1]["sys_id"], 0
        elif self._counting:
            self._offset += max(1, int(_HOP * self._reach))
        # Once rows are missing, every page is asked with the count that tells hidden rows from the end.
        self._counting = short

    def _answer(self) -> Answer:
        failures = attempt = 0
        while True:
            self._limit_asked = self._limit
            try:
                answer = self._instance.table(
                    self._query.table, self._parameters(), self._worker, shrinkable=True
                )
            except CancelledError as error:
                attempt += 1
                failures += not error.told or self._limit == SMALLEST_PAGE
                if failures >= self._instance.settings.retries.attempts:
                    raise
                self._instance.spend_retry(error)
                self._shrink()
                self._instance.pause(attempt, error)
            else:
                self._grow()
                return answer

    def _parameters(self) -> dict[str, str]:
        parameters = {
            "sysparm_query": self._query.encoded(self._last),
            "sysparm_fields": ",".join(self._query.fields),
            "sysparm_limit": str(self._limit),
        }
        if not self._counting:
            parameters["sysparm_no_count"] = "true"
        if self._offset:
            parameters["sysparm_offset"] = str(self._offset)
        return parameters

    def _shrink(self) -> None:
        if self._grown:
            # It was too early to grow: wait twice as long before the next attempt.
            self._patience, self._grown = self._patience * 2, False
        self._limit, self._good = max(SMALLEST_PAGE, self._limit // 2), 0

    def _grow(self) -> None:
        self._good += 1
        if self._limit < self._most and self._good >= self._patience:
            self._limit, self._good, self._grown = min(self._most, self._limit * 2), 0, True

    def _checked(self, rows: list[Row]) -> list[Row]:
        """Return the rows that are not hollow; raises ClauseIgnoredError for one that was not asked for."""
        visible = [row for row in rows if row.get("sys_id")]
        self.hollow += len(rows) - len(visible)
        query, last = self._query, (self._last or self._query.after).casefold()
        before = query.before.casefold()
        for row in visible:
            name = row["sys_id"].casefold()
            if name <= last:
                raise self._ignored("the order by sys_id, or the clause on it")
            if before and name >= before:
                raise self._ignored("the clause on sys_id")
            if query.since or query.until:
                self._check_cursor(row.get(query.cursor))
            if query.fits is not None and not query.fits(row):
                raise self._ignored("a clause of the query")
            last = name
        return visible

    def _check_cursor(self, value: str | None) -> None:
        query = self._query
        if not value:
            raise FatalError(
                f"{query.table}: the account cannot read {query.cursor}, which tells what changed.",
                hint="Grant read on this field; see docs/servicenow.md.",
            )
        if value < query.since or (query.until and value >= query.until):
            raise self._ignored(f"the clause on {query.cursor}")

    def _ignored(self, what: str) -> ClauseIgnoredError:
        return ClauseIgnoredError(
            f"{self._query.table}: the instance answered without applying {what}; nothing of it was kept.",
            hint=f"Grant query_range and query_match on {self._query.table} to the account, and set its time "
            "zone to GMT; see docs/servicenow.md.",
        )


def pages(instance: Instance, query: Query, counted: int | None = None) -> Iterator[list[Row]]:
    """Yield all rows of a query in pages, in the same order every time, with as many workers as it is worth.

    With `counted`, the number of rows there are, the proof of the end is left out when so many came.
    """
    settings = instance.settings
    alone = counted is None or counted <= settings.page_size
    shares = query.shares(1 if alone else settings.workers)
    # A short list is proven complete by its first page, when that is asked with its count. Lists that no
    # count was asked for are small ones, read while workers fetch the pages of a large one.
    drains = [
        Drain(instance, share, ASIDE if counted is None else worker, counting=alone)
        for worker, share in enumerate(shares)
    ]
    received = 0
    for page in _interleaved(drains, prove=counted is None):
        received += len(page)
        yield page
    if counted is not None and received < counted:
        yield from _interleaved(drains, prove=True)


def _interleaved(drains: list[Drain], *, prove: bool) -> Iterator[list[Row]]:
    """Yield pages in turns, while each worker already fetches its next ones."""
    stop = Event()
    with ThreadPoolExecutor(len(drains), "servicenow") as pool:
        waiting = deque(_Ahead(drain.pages(prove=prove), stop) for drain in drains)
        for ahead in waiting:
            pool.submit(ahead.fetch)
        try:
            while waiting:
                page = waiting[0].next()
                if page is None:
                    waiting.popleft()
                else:
                    waiting.rotate(-1)
                    yield page
        finally:
            stop.set()


class _Ahead:
    """Pages that one worker has fetched ahead of who reads them."""

    def __init__(self, pages: Iterator[list[Row]], stop: Event) -> None:
        self._pages = pages
        self._stop = stop
        self._found: Queue[list[Row] | BaseException | None] = Queue(_PAGES_AHEAD)

    def fetch(self) -> None:
        """Fetch until the end, an error, or nobody wants more."""
        try:
            for page in self._pages:
                if not self._put(page):
                    return
        except BaseException as error:
            self._put(error)
        else:
            self._put(None)

    def next(self) -> list[Row] | None:
        """Return the next page, None at the end; raises what stopped the worker."""
        found = self._found.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def _put(self, item: list[Row] | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._found.put(item, timeout=_LOOK_AGAIN)
            except Full:
                continue
            return True
        return False


def count(instance: Instance, query: Query) -> int | None:
    """Return how many rows a query has, hidden ones among them; None where the instance does not say."""
    parameters = {
        "sysparm_query": query.encoded(ordered=False),
        "sysparm_fields": "sys_id",
        "sysparm_limit": "1",
    }
    return instance.table(query.table, parameters).total

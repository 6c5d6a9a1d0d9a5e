"""What was asked of a platform and what it answered, with assertions about the client's manners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from threading import Lock

from sandbox.serving.exchange import Reply, Request


@dataclass(frozen=True)
class Call:
    """One request: what was asked, who asked, what came of it."""

    number: int
    at: str
    method: str
    area: str
    table: str
    path: str
    parameters: dict[str, str]
    user: str
    session: str
    status: int
    rows: int
    """Rows in the reply."""
    matched: int
    """Rows of the query before any is hidden; -1 where none were looked for."""
    fault: str
    seconds: float
    concurrent: int
    """Requests in work at the same time, this one counted."""
    size: int
    """Bytes of the body."""
    writes: bool
    """It would have changed something."""


class Journal:
    """Every request since the start, in the order they ended; thread-safe."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls())

    def note(
        self, request: Request, reply: Reply, *, at: str, user: str, seconds: float, concurrent: int
    ) -> None:
        """Add one request."""
        call = Call(
            request.number,
            at,
            request.method,
            request.area,
            request.table,
            request.path,
            request.parameters,
            user,
            request.session,
            reply.status,
            len(reply.rows or ()),
            reply.matched,
            reply.fault,
            seconds,
            concurrent,
            len(reply.body),
            request.writes,
        )
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget what was noted, so that the next run stands alone."""
        with self._lock:
            self._calls.clear()

    def calls(self, table: str | None = None, *, area: str | None = None) -> list[Call]:
        """Return the requests, of one table or area only where it is given."""
        with self._lock:
            calls = list(self._calls)
        return [c for c in calls if table in (None, c.table) and area in (None, c.area)]

    @property
    def max_concurrency(self) -> int:
        """Most requests that were in work at the same time."""
        return max((call.concurrent for call in self.calls()), default=0)

    def statuses(self) -> Counter[int]:
        """Return how often each status was answered."""
        return Counter(call.status for call in self.calls())

    def faults(self) -> Counter[str]:
        """Return how often each fault struck."""
        return Counter(call.fault for call in self.calls() if call.fault)

    def assert_no_writes(self) -> None:
        """Raise AssertionError if anything but reading was tried."""
        self.none(lambda call: call.writes, "tried to write")

    def assert_at_most_concurrent(self, most: int) -> None:
        """Raise AssertionError if more requests were in work at the same time."""
        self.none(lambda call: call.concurrent > most, f"came while {most} others were in work")

    def assert_not_asked(self, tables: Collection[str]) -> None:
        """Raise AssertionError if one of the tables was asked for."""
        self.none(lambda call: call.table in tables, "asked for a table it must leave alone")

    def assert_only_asked(self, tables: Collection[str]) -> None:
        """Raise AssertionError if a table other than these was asked for."""
        self.none(lambda call: bool(call.table) and call.table not in tables, "asked for another table")

    def none(self, wrong: Callable[[Call], bool], what: str) -> None:
        """Raise AssertionError that counts the requests that are wrong, and shows the first."""
        found = [call for call in self.calls() if wrong(call)]
        if found:
            first = found[0]
            raise AssertionError(
                f"{len(found)} requests {what}, the first: {first.number} {first.method} {first.path} "
                f"{first.parameters}"
            )

"""Reads all rows of a query exactly once, whatever hides, moves or fails on the way.

Rows come in the order of their sys_id, each page asking for those after the last one seen (section 2.8
of the reference): nothing that is inserted, changed or deleted meanwhile can shift a page. ServiceNow cuts a
page first and hides rows afterwards, so a short page proves nothing; the end is where the count of what is
left, taken before hiding, says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import lt
from types import TracebackType
from typing import Self

from connectors.platform.ahead import SideBySide
from connectors.servicenow.answers import Answer, Row
from connectors.servicenow.transport import Instance
from storage.errors import FatalError

_SURE_PAGE = 50
"""Rows that any instance gives at once; what it shows of larger pages is learnt."""
_HOP = 0.9
"""Share of a page that a hop over hidden rows moves on, so that a deletion during it loses nothing."""
_PAGES_OF_A_PART = 3
"""What makes a part worth while: its last page is seldom full."""
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
    """The way through a query, page after page, until the rest is proven to be empty."""

    def __init__(self, instance: Instance, query: Query) -> None:
        self._instance = instance
        self._query = query
        self._last = ""
        self._offset = 0
        self._asked = 0
        self._counting = True
        self._expected: int | None = None
        self.counted: int | None = None
        """Rows there were when the first page came, hidden ones among them; None where nothing says so."""

    @property
    def passed(self) -> int:
        """Rows since the last visible one on which everything was hidden, at least."""
        return self._offset

    def pages(self, *, every: bool = False) -> Iterator[list[Row]]:
        """Yield pages; those on which everything is hidden are left out unless `every` one is wanted."""
        ended = False
        while not ended:
            answer, self._asked = self._instance.page(self._query.table, self._parameters())
            visible = self._checked(answer.rows)
            short = len(answer.rows) < self._asked
            ended = self._proven(answer, len(visible), short=short)
            self._move(visible, short=short)
            if visible or every:
                yield visible

    def _proven(self, answer: Answer, visible: int, *, short: bool) -> bool:
        """Whether all that was counted has come, or nothing came of a page that spans the rest."""
        if self._counting:
            if answer.total is None:
                return not answer.rows
            self._expected = answer.total - self._offset
            self.counted = self._expected if self.counted is None else self.counted
        if self._expected is None:
            return False
        left, self._expected = self._expected, self._expected - visible
        return (short and self._expected <= 0) or (self._counting and not visible and left <= self._reach)

    @property
    def _reach(self) -> int:
        """Rows that a page surely spans, since an instance may cap what is asked for."""
        return min(self._asked, self._instance.widest_page(self._asked, _SURE_PAGE))

    def _move(self, visible: list[Row], *, short: bool) -> None:
        if visible:
            self._last, self._offset = visible[-1]["sys_id"], 0
        elif self._counting:
            self._offset += max(1, int(_HOP * self._reach))
        # Once rows are missing, every page is asked with the count that tells hidden rows from the end.
        self._counting = short or not visible

    def _parameters(self) -> dict[str, str]:
        parameters = {
            "sysparm_query": self._query.encoded(self._last),
            "sysparm_fields": ",".join(self._query.fields),
        }
        if not self._counting:
            parameters["sysparm_no_count"] = "true"
        if self._offset:
            parameters["sysparm_offset"] = str(self._offset)
        return parameters

    def _checked(self, rows: list[Row]) -> list[Row]:
        """Return the rows that are not hollow; raises ClauseIgnoredError where one was not asked for."""
        visible = [row for row in rows if row.get("sys_id")]
        query = self._query
        ids = [(self._last or query.after).casefold(), *(row["sys_id"].casefold() for row in visible)]
        if not all(map(lt, ids, ids[1:])):
            raise self._ignored("the order by sys_id, or the clause on it")
        if query.before and ids[-1] >= query.before.casefold():
            raise self._ignored("the clause on sys_id")
        if visible and (query.since or query.until):
            self._check_cursor([row.get(query.cursor) or "" for row in visible])
        if query.fits is not None and not all(map(query.fits, visible)):
            raise self._ignored("a clause of the query")
        return visible

    def _check_cursor(self, values: list[str]) -> None:
        query, first = self._query, min(values)
        if not first:
            raise FatalError(
                f"{query.table}: the account cannot read {query.cursor}, which tells what changed.",
                hint="Grant read on this field; see docs/servicenow.md.",
            )
        if first < query.since or (query.until and max(values) >= query.until):
            raise self._ignored(f"the clause on {query.cursor}")

    def _ignored(self, what: str) -> ClauseIgnoredError:
        return ClauseIgnoredError(
            f"{self._query.table}: the instance answered without applying {what}; nothing of it was kept.",
            hint=f"Grant query_range and query_match on {self._query.table} to the account, and set its time "
            "zone to GMT; see docs/servicenow.md.",
        )


def pages(instance: Instance, query: Query) -> Iterator[list[Row]]:
    """Yield all rows of a query that has few, in pages."""
    return Drain(instance, query).pages()


class Parts:
    """A query that may have many rows, read in parts side by side until its context ends.

    `rows` says how many are expected. Pages come in the same order every time.
    """

    def __init__(self, instance: Instance, query: Query, rows: int | None) -> None:
        settings = instance.settings
        # One part more than requests at a time: while its rows are unpacked, others are on their way.
        most = settings.workers + 1 if settings.workers > 1 else 1
        shares = query.shares(max(1, min(most, (rows or 0) // (_PAGES_OF_A_PART * settings.page_size))))
        self._drains = [Drain(instance, share) for share in shares]
        self._fetched = SideBySide([drain.pages() for drain in self._drains], "servicenow")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop fetching."""
        self._fetched.close()

    @property
    def ending(self) -> bool:
        """Whether some part has been fetched to its end, so that others may begin."""
        return self._fetched.ending

    @property
    def counted(self) -> int | None:
        """Rows there were when fetching began; None where the instance does not say."""
        found = [drain.counted for drain in self._drains]
        return None if None in found else sum(number or 0 for number in found)

    def pages(self) -> Iterator[list[Row]]:
        """Yield pages of all parts in turns."""
        return self._fetched.pages()


def count(instance: Instance, query: Query) -> int | None:
    """Return how many rows a query has, hidden ones among them; None where the instance does not say."""
    parameters = {
        "sysparm_query": query.encoded(ordered=False),
        "sysparm_fields": "sys_id",
        "sysparm_limit": "1",
    }
    return instance.table(query.table, parameters).total

"""Finds out by the real query what of an instance can be read (reference, "Is the table there?")."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.drain import Drain, Query
from connectors.servicenow.transport import Instance
from storage.errors import FatalError
from storage.evidence.store import KindState

_PAGES_OF_HIDDEN = 40
_CANARY_TRIES = 3
_NO_SUCH_FIELD = "zz_no_such_field=1"

logger = logging.getLogger("itsm_maturity.servicenow")


@dataclass(frozen=True)
class TableState:
    """What is there of one table, and which of the fields that were asked for are not."""

    state: KindState
    detail: str = ""
    missing: frozenset[str] = frozenset()

    @property
    def usable(self) -> bool:
        """Whether reading it makes sense."""
        return self.state in (KindState.READABLE, KindState.EMPTY)


class Prober:
    """Asks each table once per sync."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._known: dict[tuple[str, tuple[str, ...]], TableState] = {}
        self._canary_done = False

    def table(
        self,
        name: str,
        fields: Sequence[str],
        role: str = "",
        clauses: Sequence[str] = (),
        cursor: str = "sys_updated_on",
    ) -> TableState:
        """Return what is there of a table; a RetriableError says that nothing can be known now."""
        key = (name, tuple(clauses))
        if key not in self._known:
            try:
                self._known[key] = self._asked(name, tuple(fields), role, tuple(clauses), cursor)
            except RefusedError as error:
                self._known[key] = _refused(error, name, role)
        return self._known[key]

    def _asked(
        self, name: str, fields: tuple[str, ...], role: str, clauses: tuple[str, ...], cursor: str
    ) -> TableState:
        # Later than any row, so that the clause on time is tried without leaving anything out.
        query = Query(name, fields, clauses, until="2999-01-01 00:00:00", cursor=cursor)
        row, total = self._first(query)
        if row is None and total:
            row = self._beyond_hidden(query)
            if row is None:
                detail = f"{name}: {total:,} rows are there and the account sees none. {_grant(role, name)}"
                return TableState(KindState.HIDDEN, detail)
        if row is None:
            return self._empty(query, role)
        missing = frozenset(fields) - row.keys()
        if cursor in missing or (role and self._clause_is_dropped(query)):
            what = "read" if cursor in missing else "filter by"
            detail = f"{name}: the account may not {what} {cursor}. {_grant(role, name)}"
            return TableState(KindState.DENIED, detail, missing)
        self._canary(name, row)
        listed = ", ".join(sorted(missing))
        detail = f"{name}: without {listed}, which are absent or may not be read." if missing else ""
        return TableState(KindState.READABLE, detail, missing)

    def _first(self, query: Query) -> tuple[Row | None, int | None]:
        parameters = {
            "sysparm_query": query.encoded(),
            "sysparm_fields": ",".join(query.fields),
            "sysparm_limit": "1",
        }
        answer = self._instance.table(query.table, parameters)
        rows = [row for row in answer.rows if row.get("sys_id")]
        return (rows[0] if rows else None), answer.total

    def _beyond_hidden(self, query: Query) -> Row | None:
        found = islice(Drain(self._instance, query).pages(prove=True, every=True), _PAGES_OF_HIDDEN)
        return next((rows[0] for rows in found if rows), None)

    def _empty(self, query: Query, role: str) -> TableState:
        """Tell an empty table from one whose clause on time is answered with no rows."""
        everything = Query(query.table, ("sys_id",), query.clauses)
        _, total = self._first(everything)
        if total:
            return TableState(
                KindState.HIDDEN,
                f"{query.table}: the account may not filter by {query.cursor}. {_grant(role, query.table)}",
            )
        return TableState(KindState.EMPTY, f"{query.table} holds no rows.")

    def _clause_is_dropped(self, query: Query) -> bool:
        """Whether rows come that cannot be: the account lacks query_range, and the filter is left out."""
        row, _ = self._first(replace(query, since=query.until, until=""))
        return row is not None

    def _canary(self, name: str, row: Row) -> None:
        """Try with a known row whether times in a query mean UTC; raises FatalError if they do not."""
        if self._canary_done or not row.get("sys_updated_on"):
            return
        self._canary_done = True
        for _ in range(_CANARY_TRIES):
            own = (f"sys_id={row['sys_id']}",)
            at = f"sys_updated_on={row['sys_updated_on']}"
            fields = ("sys_id", "sys_updated_on")
            found, _ = self._first(Query(name, fields, (*own, at)))
            if found is not None:
                break
            again, _ = self._first(Query(name, fields, own))
            if again is None:
                return
            if again.get("sys_updated_on") == row["sys_updated_on"]:
                raise FatalError(
                    f"{name}: a row is not found by its own time of change, so times in queries are not UTC.",
                    hint="Set the time zone of the account to GMT; see docs/servicenow.md.",
                )
            row = again
        self._try_unknown_clause(name)

    def _try_unknown_clause(self, name: str) -> None:
        try:
            found, _ = self._first(Query(name, ("sys_id",), (_NO_SUCH_FIELD,)))
            says = "dropped" if found else "answered with no rows"
        except RefusedError:
            says = "refused"
        logger.debug("clauses on unknown fields are %s", says)


def _refused(error: RefusedError, name: str, role: str) -> TableState:
    if error.absent:
        return TableState(KindState.ABSENT, f"{name}: there is no such table; its plugin is not active.")
    return TableState(KindState.DENIED, f"{name}: the account may not read it. {_grant(role, name)}")


def _grant(role: str, name: str) -> str:
    return f"Grant {role or f'read on {name}'}; see docs/servicenow.md."

"""Finds out by the real query what of an instance can be read (reference, "Is the table there?")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from connectors.contract import ProbeResult
from connectors.servicenow.answers import RefusedError, Row
from connectors.servicenow.dictionary import Dictionary
from connectors.servicenow.drain import Drain, Query
from connectors.servicenow.rights import RIGHTS, activate, grant, grant_field, grant_filter
from connectors.servicenow.tables import TABLES
from connectors.servicenow.transport import Instance
from storage.errors import FatalError
from storage.evidence.store import KindState

_PAGES_OF_HIDDEN = 40
"""Full pages without a visible row after which a table counts as hidden."""
_SMALL_PAGES_OF_HIDDEN = 400
"""The same where the instance gives smaller pages."""
_CANARY_TRIES = 3
_LATER_THAN_ANY = "2999-01-01 00:00:00"
"""Tries the clause on time without leaving any row out."""
_NO_SUCH_FIELD = "zz_no_such_field=1"
_ALWAYS_THERE = ("group", "transition")
"""Kinds that come along with every other one; an account without any role may read groups too."""


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
    """Asks each table once per sync, for all fields that any record kind wants of it."""

    def __init__(self, instance: Instance, wanted: Iterable[tuple[str, str, Iterable[str]]] = ()) -> None:
        self._instance = instance
        self.dictionary = Dictionary(instance)
        self._wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
        for table, cursor, fields in wanted:
            self._wanted[table, cursor] |= set(fields)
        self._rows: dict[Query, TableState | Row] = {}
        self._known: dict[tuple[Query, frozenset[str], frozenset[str]], TableState] = {}
        self._ranges: dict[tuple[str, str], bool] = {}
        self._canary_done = False

    def table(
        self,
        name: str,
        fields: Sequence[str],
        clauses: Sequence[str] = (),
        cursor: str = "sys_updated_on",
        needs: Collection[str] = (),
    ) -> TableState:
        """Return what is there of a table; a RetriableError says that nothing can be known now.

        `needs` are fields that clauses name: without one of them, the instance would leave a clause out, or
        answer with nothing, and the table cannot be read. A table without a `cursor` is read by identifiers.
        """
        until = _LATER_THAN_ANY if cursor else ""
        together = tuple(sorted({*fields, *self._wanted[name, cursor]}))
        query = Query(name, together, tuple(clauses), until=until, cursor=cursor)
        key = (query, frozenset(fields), frozenset(needs))
        if key not in self._known:
            try:
                found = self._asked(query)
                self._known[key] = found if isinstance(found, TableState) else self._judged(found, *key)
            except RefusedError as error:
                self._known[key] = self._rows[query] = _refused(error, query)
        return self._known[key]

    def _asked(self, query: Query) -> TableState | Row:
        """Return a row of a table, or why there is none."""
        if query not in self._rows:
            self._rows[query] = self._found(query)
        return self._rows[query]

    def _found(self, query: Query) -> TableState | Row:
        row, total = self._first(query)
        if row is None and total:
            row = self._beyond_hidden(query)
            if row is None:
                seen = f"{query.table}: {total:,} rows are there and the account sees none."
                return TableState(KindState.HIDDEN, f"{seen} {grant(query.table)}")
        return self._empty(query) if row is None else row

    def _judged(self, row: Row, query: Query, fields: frozenset[str], needs: frozenset[str]) -> TableState:
        missing = fields - row.keys()
        lacking = ({query.cursor, *needs} - {""}) & missing
        if lacking:
            said = f"{query.table}: the account may not read {_listed(lacking)}, which queries name."
            advice = grant_field(query.table, _listed(lacking))
            return TableState(KindState.DENIED, f"{said} {advice}", missing)
        if query.cursor and self._range_is_dropped(query):
            return TableState(KindState.DENIED, _no_filter(query), missing)
        told = [self._canary(query.table, row), self._about(query.table, missing)]
        return TableState(KindState.READABLE, " ".join(part for part in told if part), missing)

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
        drain = Drain(self._instance, query)
        enough = _PAGES_OF_HIDDEN * self._instance.settings.page_size
        for rows in islice(drain.pages(every=True), _SMALL_PAGES_OF_HIDDEN):
            if rows or drain.passed >= enough:
                return rows[0] if rows else None
        return None

    def _empty(self, query: Query) -> TableState:
        """Tell an empty table from one whose clause on time is answered with no rows."""
        if query.cursor and self._first(Query(query.table, ("sys_id",), query.clauses))[1]:
            return TableState(KindState.HIDDEN, _no_filter(query))
        return TableState(KindState.EMPTY, f"{query.table} holds no rows, as far as the account is told.")

    def _range_is_dropped(self, query: Query) -> bool:
        """Whether rows come that cannot be: the account lacks query_range, and the filter is left out."""
        key = (query.table, query.cursor)
        if key not in self._ranges:
            row, _ = self._first(replace(query, since=query.until, until=""))
            self._ranges[key] = row is not None
        return self._ranges[key]

    def _about(self, table: str, missing: frozenset[str]) -> str:
        """Say which fields are not there, and which are there and may not be read."""
        if not missing:
            return ""
        known = self.dictionary.fields(table)
        if not known:
            return f"{table}: without {_listed(missing)}, which are absent or may not be read."
        absent, kept = missing - known, missing & known
        parts = [f"{table} has no {_listed(absent)}."] if absent else []
        if kept:
            parts.append(f"{table}: {_listed(kept)} may not be read. {grant_field(table, 'these fields')}")
        return " ".join(parts)

    def _canary(self, name: str, row: Row) -> str:
        """Try once whether times in a query mean UTC, and what becomes of clauses that are not understood.

        Raises FatalError if times are not UTC; returns a sentence on clauses, where there is a need for one.
        """
        if self._canary_done or not row.get("sys_updated_on"):
            return ""
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
                return ""
            if again.get("sys_updated_on") == row["sys_updated_on"]:
                raise FatalError(
                    f"{name}: a row is not found by its own time of change, so times in queries are not UTC.",
                    hint="Set the time zone of the account to GMT; see docs/servicenow.md.",
                )
            row = again
        return self._unknown_clause(name)

    def _unknown_clause(self, name: str) -> str:
        try:
            found, _ = self._first(Query(name, ("sys_id",), (_NO_SUCH_FIELD,)))
        except RefusedError:
            return ""
        if found is None:
            return ""
        return (
            "The instance leaves clauses on fields that it does not know out of a query and answers with all "
            "rows, so every row is checked against what was asked for; the property "
            "glide.invalid_query.returns_no_rows would have it answer with none."
        )


def refusal(results: Sequence[ProbeResult]) -> FatalError | None:
    """Return what is wrong with the account or the address as a whole, None where something can be read."""
    wanted = [one for one in results if one.kind not in _ALWAYS_THERE]
    states = {one.state for one in results}
    if states == {KindState.ABSENT}:
        return FatalError(
            "What answers there knows none of the tables, not even sys_user_group: it is no ServiceNow "
            "instance.",
            hint="Correct `url`: https://<name of the instance>.service-now.com.",
        )
    seen = {one.state for one in wanted}
    shut = any(
        one.state in (KindState.DENIED, KindState.HIDDEN)
        # An account without a role is told of no rows; no instance is without incidents.
        or (one.kind == "incident" and one.state is KindState.EMPTY)
        for one in wanted
    )
    if seen & {KindState.READABLE, KindState.UNKNOWN} or not (shut or KindState.READABLE not in states):
        return None
    tables = [TABLES[one.kind][0].name for one in wanted if one.state is not KindState.ABSENT]
    roles = sorted({RIGHTS[name].role for name in tables} - {""})
    return FatalError(
        f"The account may log in and read nothing of {_listed(tables)}.",
        hint=(f"Grant it the roles {_listed(roles)}, or " if roles else "Grant it ")
        + "an own one as docs/servicenow.md lists; snc_read_only alone grants nothing.",
    )


def _refused(error: RefusedError, query: Query) -> TableState:
    name = query.table
    if error.absent:
        return TableState(KindState.ABSENT, f"{name}: there is no such table. {activate(name)}")
    if "query" in error.said:
        return TableState(KindState.DENIED, _no_filter(query))
    return TableState(KindState.DENIED, f"{name}: the account may not read it. {grant(name)}")


def _no_filter(query: Query) -> str:
    table, field = query.table, query.cursor
    return f"{table}: the account may not filter by {field}. {grant_filter(table, field)}"


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))

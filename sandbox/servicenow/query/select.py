"""Finds the rows of a query: narrowed by a sorted view, tested, ordered, and remembered for the next page."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from sandbox.servicenow.query.clauses import Context, RowTest, find_field, resolve, row_test, value_at
from sandbox.servicenow.query.compare import key_of, literal
from sandbox.servicenow.query.parse import Branch, Clause, Order, Query, Related, parse
from sandbox.servicenow.store import Row, RowSet, Tables
from sandbox.servicenow.store.tables import Version

REMEMBERED = 24
_BY_ID = Order("sys_id")
_INDEXED = frozenset({"sys_updated_on", "sys_created_on"})
_EXACT = frozenset({"GUID", "reference", "document_id"})
_COUNTS: dict[str, Callable[[int, int], bool]] = {
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
    "=": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found != wanted,
}


class Forbidden(Exception):  # noqa: N818 - an answer of the instance, not a failure of ours
    """The query is refused as a whole; the first argument names the fields."""


@dataclass(frozen=True)
class Found:
    """The rows of a query in order, from `start` on."""

    rows: Sequence[Row]
    start: int = 0

    def __len__(self) -> int:
        return len(self.rows) - self.start

    def page(self, offset: int, limit: int) -> Sequence[Row]:
        """Return the rows of one page."""
        begin = self.start + max(offset, 0)
        return self.rows[begin : begin + max(limit, 0)]


@dataclass(frozen=True)
class _Slice:
    """Part of a sorted view: how many ids, and the ids when they are wanted."""

    count: int
    ids: Callable[[], list[str]]


class Selector:
    """Answers queries; what it found is kept until a row changes, so that a page costs no scan.

    With `unstable` rows that are equal in the order asked for come in another order each time.
    """

    def __init__(self, tables: Tables, *, unstable: bool = False, seed: int = 1) -> None:
        self._tables = tables
        self._random = random.Random(seed) if unstable else None  # noqa: S311
        self._known: OrderedDict[tuple[str, Query, Context], tuple[Version, list[Row]]] = OrderedDict()

    def find(self, table: str, text: str, context: Context, denied: frozenset[str] = frozenset()) -> Found:
        """Return the rows of a query; raises Forbidden where an unknown clause is refused.

        Range clauses and sorting on `denied` fields are left out without a word (query_range).
        """
        query = without_ranges(parse(text), denied) if denied else parse(text)
        with self._tables.lock:
            if self._random is not None and query.orders[:1] != (_BY_ID,):
                return Found(self._search(table, query, context))
            base, after = split_keyset(query)
            rows = self._remembered(table, base, context)
        if after is None:
            return Found(rows)
        cut = bisect_left if after.operator == ">=" else bisect_right
        return Found(rows, cut(rows, after.value, key=itemgetter("sys_id")))

    def _remembered(self, table: str, query: Query, context: Context) -> list[Row]:
        if not any("javascript:" in clause.value for clause in query.clauses):
            context = replace(context, now=Context.now)
        key, version = (table, query, context), self._tables.version(table if _stands_alone(query) else "")
        known = self._known.get(key)
        if known is None or known[0] != version:
            known = (version, self._search(table, query, context))
            self._known[key] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return known[1]

    def _search(self, table: str, query: Query, context: Context) -> list[Row]:
        view = self._tables.view(table)
        branches = [self._branch(table, view, branch, context) for branch in query.branches]
        if len(branches) == 1:
            ids, rows = branches[0]
        else:
            ids, rows = _united(view, (rows for _, rows in branches))
        for related in query.related:
            rows = self._with_related(rows, related, context)
        return self._sorted(table, rows, query.orders, by_id=ids)

    def _branch(self, table: str, view: RowSet, branch: Branch, context: Context) -> tuple[bool, list[Row]]:
        """Return the rows of one branch and whether they come in order of sys_id."""
        tests, left = [], []
        for group in branch:
            known = [test for clause in group if (test := row_test(self._tables, table, clause, context))]
            if len(known) < len(group) and not self._tolerated(group, context):
                return True, []
            if known:
                left.append(group)
                tests.append(known[0] if len(known) == 1 else _either(known))
        by_id, used, ids = self._narrowed(table, view, left, context)
        by_key = view.by_id
        rows = [by_key[key] for key in ids]
        for number, test in enumerate(tests):
            if number not in used:
                rows = list(filter(test, rows))
        return by_id, rows

    def _tolerated(self, group: tuple[Clause, ...], context: Context) -> bool:
        if context.unknown == "forbidden":
            raise Forbidden(", ".join(clause.field or clause.text for clause in group))
        return context.unknown == "drop"

    def _narrowed(
        self, table: str, view: RowSet, groups: Sequence[tuple[Clause, ...]], context: Context
    ) -> tuple[bool, set[int], Iterable[str]]:
        """Return the ids that may fulfil, through the smallest slice of a sorted view.

        First whether they are in order of sys_id, then the positions of the groups that need no test.
        """
        idle: set[int] = set()
        best: tuple[set[int], _Slice | None] = (set(), None)
        smallest = 0.7 * len(view)
        for field in dict.fromkeys(group[0].field for group in groups if len(group) == 1):
            used = {at for at, group in enumerate(groups) if len(group) == 1 and group[0].field == field}
            found = self._slice(table, view, field, [groups[at][0] for at in used], context)
            if found is not None and found.count == len(view):
                idle |= used
            elif found is not None and found.count < smallest:
                best, smallest = (used, found), found.count
        used, chosen = best
        return chosen is None, idle | used, view.ids if chosen is None else chosen.ids()

    def _slice(
        self, table: str, view: RowSet, field: str, clauses: list[Clause], context: Context
    ) -> _Slice | None:
        kind = find_field(self._tables, table, field)
        if kind is None or "." in field:
            return None
        resolved = [clause for part in clauses if (clause := resolve(part, kind, context))]
        if len(resolved) < len(clauses):
            return None
        if field in _INDEXED:
            return _between(view, field, resolved, kind.type)
        return _equal(view, field, resolved) if kind.type in _EXACT else None

    def _with_related(self, rows: list[Row], related: Related, context: Context) -> list[Row]:
        counts: dict[str, int] = {}
        for row in self._search(related.table, parse(related.query), context):
            target = row.get(related.field, "")
            counts[target] = counts.get(target, 0) + 1
        compare = _COUNTS[related.operator]
        return [row for row in rows if compare(counts.get(row.get(related.here, ""), 0), related.number)]

    def _sorted(self, table: str, rows: list[Row], orders: Sequence[Order], *, by_id: bool) -> list[Row]:
        unique = orders[:1] == (_BY_ID,)
        if self._random is not None and not unique:
            rows = self._random.sample(rows, len(rows))
        elif not by_id:
            rows.sort(key=itemgetter("sys_id"))
        if unique:
            return rows
        for order in reversed(orders):
            kind = find_field(self._tables, table, order.field)
            if kind is not None:
                read, key = value_at(self._tables, table, order.field), key_of(kind.type)
                rows.sort(key=lambda row, read=read, key=key: key(read(row)), reverse=order.descending)  # type: ignore[misc]
        return rows


def split_keyset(query: Query) -> tuple[Query, Clause | None]:
    """Take `sys_id>x` out of a query ordered by sys_id: its rows are the end of the others'."""
    if len(query.branches) != 1 or query.orders[:1] not in ((), (_BY_ID,)):
        return query, None
    for group in query.branches[0]:
        first = group[0]
        if len(group) == 1 and first.field == "sys_id" and first.operator in (">", ">="):
            rest = tuple(other for other in query.branches[0] if other is not group)
            return replace(query, branches=(rest,)), first
    return query, None


def without_ranges(query: Query, fields: frozenset[str]) -> Query:
    """Leave out range clauses and sorting on some fields, as an instance does without query_range."""
    branches = []
    for branch in query.branches:
        kept = (
            tuple(c for c in group if c.field not in fields or c.operator not in _STRIPPED)
            for group in branch
        )
        branches.append(tuple(group for group in kept if group))
    orders = tuple(order for order in query.orders if order.field not in fields)
    return replace(query, branches=tuple(branches), orders=orders)


_STRIPPED = frozenset({">", ">=", "<", "<=", "BETWEEN", "ON", "STARTSWITH", "ENDSWITH", "LIKE", "CONTAINS"})


def _stands_alone(query: Query) -> bool:
    """Return whether rows of one table alone decide."""
    paths = [clause.field for clause in query.clauses] + [order.field for order in query.orders]
    return not query.related and not any("." in path for path in paths)


def _either(tests: list[RowTest]) -> RowTest:
    return lambda row: any(test(row) for test in tests)


def _united(view: RowSet, parts: Iterable[list[Row]]) -> tuple[bool, list[Row]]:
    ids = dict.fromkeys(row["sys_id"] for part in parts for row in part)
    return False, [view.by_id[key] for key in ids]


def _between(view: RowSet, field: str, clauses: list[Clause], type_: str) -> _Slice | None:
    entries = view.ordered(field)
    low, high = bisect_left(entries, ("", "~")), len(entries)
    for clause in clauses:
        bound = literal(clause.value, type_)
        if clause.operator == ">=":
            low = max(low, bisect_left(entries, (bound, "")))
        elif clause.operator == ">":
            low = max(low, bisect_left(entries, (bound, "~")))
        elif clause.operator == "<":
            high = min(high, bisect_left(entries, (bound, "")))
        elif clause.operator == "<=":
            high = min(high, bisect_left(entries, (bound, "~")))
        else:
            return None
    return _Slice(max(high - low, 0), lambda: [key for _, key in entries[low:high]])


def _equal(view: RowSet, field: str, clauses: list[Clause]) -> _Slice | None:
    clause = clauses[0]
    if len(clauses) > 1 or clause.operator not in ("=", "IN") or not clause.value:
        return None
    wanted = sorted({part.strip() for part in clause.value.split(",")})
    if any(part != part.lower() for part in wanted):
        return None
    if field == "sys_id":
        there = [key for key in wanted if key in view.by_id]
        return _Slice(len(there), lambda: there)
    entries = view.ordered(field)
    found: list[str] = []
    for value in wanted:
        low, high = bisect_left(entries, (value, "")), bisect_left(entries, (value, "~"))
        found += [key for _, key in entries[low:high]]
    return _Slice(len(found), lambda: found)

"""Finds the issues of a query in order, and keeps what was found for the pages that follow."""

from __future__ import annotations

import random
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from threading import Lock
from typing import Any

from sandbox.jira.jql.clauses import Source, source
from sandbox.jira.jql.evaluate import Compiler
from sandbox.jira.jql.moments import Asker, moment
from sandbox.jira.jql.syntax import And, Clause, Node, Query, parse
from sandbox.jira.jql.words import QueryError
from sandbox.jira.store import Entity, Issue, Site
from sandbox.jira.store.index import Index

_KEPT = 64
_BY_UPDATE = (("updated", False), ("updatedDate", False))
_RELATIVE = re.compile(r"now|OfDay|OfWeek|OfMonth|OfYear|currentUser|[-+]?\d+[yMwdhm]\b", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """Issues of a query in order; warnings where values do not exist and that was asked not to matter."""

    issues: Sequence[Issue]
    warnings: tuple[str, ...] = ()


class Searcher:
    """Searches one index; `shown` says what the asker may see."""

    def __init__(self, index: Index, shown: Callable[[Issue], bool], *, cloud: bool) -> None:
        self._index = index
        self._shown = shown
        self._cloud = cloud
        self._lock = Lock()
        self._kept: OrderedDict[tuple[Any, ...], Found] = OrderedDict()

    @property
    def site(self) -> Site:
        """The site that is searched."""
        return self._index.site

    def find(
        self,
        text: str,
        asker: Asker,
        *,
        lenient: bool = False,
        reconciled: tuple[int, ...] = (),
        shuffle: random.Random | None = None,
    ) -> Found:
        """Return the issues of a query; raises QueryError.

        `shuffle` gives issues that the order does not tell apart another order each time.
        """
        query = parse(text)
        with self._lock:
            version = self._index.refresh(int(asker.now.timestamp() * 1000))
            fixed = not _RELATIVE.search(text) and not reconciled and shuffle is None
            key = (version, text, asker.user, asker.zone.key, asker.coarse, lenient)
            if fixed and key in self._kept:
                return self._kept[key]
            found = self._find(query, asker, lenient, reconciled, shuffle)
            if fixed:
                self._kept[key] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return found

    def _find(
        self,
        query: Query,
        asker: Asker,
        lenient: bool,
        reconciled: tuple[int, ...],
        shuffle: random.Random | None,
    ) -> Found:
        compiler = Compiler(self.site, asker, cloud=self._cloud, lenient=lenient)
        test = compiler.test(query.where) if query.where is not None else _everything
        window = _window(_conjuncts(query.where), asker)
        candidates = self._candidates(query.where, window)
        if reconciled:
            candidates = self._index.with_reconciled(candidates, reconciled)
        shown = self._shown
        found = [issue for issue in candidates if test(issue) and shown(issue)]
        if shuffle is not None:
            shuffle.shuffle(found)
        warnings = tuple(compiler.warnings)
        first = query.order[0] if query.order else ("", False)
        if window != (None, None) and not reconciled and shuffle is None and first in _BY_UPDATE:
            return Found(_ties_ordered(self.site, found, query.order[1:], cloud=self._cloud), warnings)
        return Found(ordered(self.site, found, query.order, cloud=self._cloud), warnings)

    def _candidates(self, where: Node | None, window: tuple[int | None, int | None]) -> Iterable[Issue]:
        """Narrow the search by what every issue of the query must fulfil."""
        if window != (None, None):
            return self._index.updated_between(*window)
        clauses = _conjuncts(where)
        for clause in clauses:
            if clause.field.lower() in ("key", "issuekey", "id", "issue") and clause.operator in ("=", "in"):
                named = (self.site.issue(value.text) for value in clause.values)
                ids = {issue.id for issue in named if issue is not None}
                return [issue for id_ in ids if (issue := self._index.issue(id_)) is not None]
        return list(self._index.issues())


def _conjuncts(where: Node | None) -> list[Clause]:
    """Return the clauses that every issue of a query must fulfil."""
    parts = where.parts if isinstance(where, And) else (where,)
    return [part for part in parts if isinstance(part, Clause)]


def _ties_ordered(
    site: Site, issues: list[Issue], order: tuple[tuple[str, bool], ...], *, cloud: bool
) -> list[Issue]:
    """Return issues that are in order of their update, those of one moment in the order that is left."""
    found: list[Issue] = []
    for _, run in groupby(issues, attrgetter("updated")):
        same = list(run)
        found += same if len(same) == 1 else ordered(site, same, order, cloud=cloud)
    return found


def _window(clauses: list[Clause], asker: Asker) -> tuple[int | None, int | None]:
    low: int | None = None
    high: int | None = None
    for clause in clauses:
        if clause.field.lower() not in ("updated", "updateddate") or any(v.empty for v in clause.values):
            continue
        if clause.operator in (">", ">="):
            bound = moment(clause.values[0], asker)
            low = bound if low is None or (bound is not None and bound > low) else low
        elif clause.operator in ("<", "<="):
            bound = moment(clause.values[0], asker)
            high = bound if high is None or (bound is not None and bound < high) else high
    return low, high


def ordered(
    site: Site, issues: list[Issue], order: tuple[tuple[str, bool], ...], *, cloud: bool
) -> list[Issue]:
    """Return issues in the order of a query; newest first without one."""
    if not order:
        return sorted(issues, key=lambda issue: issue.id, reverse=True)
    for name, descending in reversed(order):
        issues = _sorted(site, issues, source(site, name, cloud=cloud), descending)
    return issues


def _sorted(site: Site, issues: list[Issue], by: Source, descending: bool) -> list[Issue]:
    key = _sort_key(site, by)
    filled = [issue for issue in issues if key(issue) is not None]
    empty = [issue for issue in issues if key(issue) is None] if len(filled) < len(issues) else []
    # the begin of a run of equals must not be turned round with it
    filled = sorted(filled, key=lambda issue: key(issue), reverse=descending)
    return [*empty, *filled] if descending else [*filled, *empty]


def _sort_key(site: Site, by: Source) -> Callable[[Issue], Any]:
    if by.kind == "key":
        return lambda issue: (issue.project.key, issue.number)
    if by.kind == "id":
        return lambda issue: issue.id
    if by.kind == "moment":
        id_ = by.id
        return lambda issue: issue.moment(id_)
    if by.kind == "nothing":
        raise QueryError(f"Not able to sort using field '{by.name}'.")
    if by.id == "priority":
        ranks = {id_: -at for at, id_ in enumerate(site.priorities)}
        return lambda issue: ranks.get(p.id) if (p := issue.fields.get("priority")) else None

    def text(issue: Issue) -> str | None:
        value = next(by.raw(issue), None)
        if value is None:
            return None
        return (value.name if isinstance(value, Entity) else str(value)).lower()

    return text


def _everything(issue: Issue) -> bool:
    return True

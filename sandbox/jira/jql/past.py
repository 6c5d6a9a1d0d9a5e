"""Clauses about the history of a field: WAS and CHANGED."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sandbox.jira.jql.clauses import Source, tokens
from sandbox.jira.jql.moments import Asker, moment
from sandbox.jira.jql.syntax import Clause, Value
from sandbox.jira.jql.words import QueryError
from sandbox.jira.store import History, Issue
from sandbox.jira.store.issue import Item

Change = tuple[History, Item]
_KEPT = frozenset({"status", "assignee", "reporter", "priority", "resolution", "fixVersions"})
DAY = 86_400_000


def past_test(where: Source, clause: Clause, asker: Asker) -> Callable[[Issue], bool]:
    """Return the test of a clause about the past; raises QueryError for fields without one."""
    if where.id not in _KEPT:
        raise QueryError(f"History searches do not support the '{clause.field}' field.")
    fits = _conditions(clause, asker)
    if clause.operator == "changed":
        return lambda issue: any(fits(change) for change in _changes(where.id, issue))
    wanted = {_text(value.text, asker, value.call) for value in clause.values}
    negated = clause.operator.startswith("was not")
    times = [condition for condition in clause.conditions if condition[0] != "by"]

    def was(issue: Issue) -> bool:
        after = any(fits(change) and _sides(change[1], "to") & wanted for change in _changes(where.id, issue))
        return after or (not times and bool(_first(where, issue) & wanted))

    return lambda issue: was(issue) != negated


def _text(text: str, asker: Asker, call: tuple[str, ...] | None) -> str:
    return asker.user.lower() if call and call[0] == "currentuser" else text.lower()


def _changes(field: str, issue: Issue) -> Iterator[Change]:
    for history in issue.histories:
        for item in history.items:
            if item.get("fieldId", item["field"]) == field or item["field"] == field:
                yield history, item


def _sides(item: Item, side: str) -> set[str]:
    values = (item.get(name) for name in (side, f"{side}String"))
    return {token for value in values if value is not None for token in tokens(value)}


def _first(where: Source, issue: Issue) -> set[str]:
    """Return what the field was known by in the beginning."""
    for _, item in _changes(where.id, issue):
        return _sides(item, "from")
    return {token for value in where.raw(issue) for token in tokens(value)}


def _conditions(clause: Clause, asker: Asker) -> Callable[[Change], bool]:
    tests = [_condition(name, values, asker) for name, values in clause.conditions]
    return lambda change: all(test(change) for test in tests)


def _condition(name: str, values: tuple[Value, ...], asker: Asker) -> Callable[[Change], bool]:
    if name in ("from", "to"):
        wanted = {value.text.lower() for value in values}
        return lambda change: bool(_sides(change[1], name) & wanted)
    if name == "by":
        people = {_text(value.text, asker, value.call) for value in values}
        return lambda change: _by(change[0], people)
    times = [moment(value, asker) or 0 for value in values]
    return lambda change: _at(change[0].at, name, times)


def _by(history: History, people: set[str]) -> bool:
    return history.author is not None and bool(people & set(tokens(history.author)))


def _at(at: int, name: str, times: list[int]) -> bool:
    if name == "after":
        return at > times[0]
    if name == "before":
        return at < times[0]
    if name == "on":
        return times[0] <= at < times[0] + DAY
    return times[0] <= at <= times[-1]

"""Reckons the cycles of a clock from the history of an issue, as the platform does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.jira.sla.calendar import ALWAYS, Calendar
from sandbox.jira.sla.cycles import Cycle
from sandbox.jira.store import Issue, Site, Status

Stay = tuple[int, int | None, Status]
"""When an issue came into a status, when it left it, and the status."""


@dataclass(frozen=True)
class Metric:
    """When a clock runs: from the creation to a status of category done, not in the pausing statuses."""

    name: str
    goal: Callable[[Issue], int | None]
    """Milliseconds; None where there is no goal."""
    pausing: frozenset[str] = frozenset()
    """English names of statuses."""
    calendar: Calendar = ALWAYS
    response: bool = False
    """It stops at the first public comment of somebody other than the reporter instead, once."""


def cycles(site: Site, issue: Issue, metric: Metric) -> tuple[Cycle, ...]:
    """Return the cycles of a clock: another one each time an issue is taken up again."""
    goal = metric.goal(issue)
    if goal is None:
        return ()
    if metric.response:
        return (Cycle(issue.created, _responded(issue), goal, (), metric.calendar),)
    return tuple(_cycles(list(stays(site, issue)), goal, metric))


def stays(site: Site, issue: Issue) -> Iterator[Stay]:
    """Yield the statuses an issue was in, from its history."""
    moves = [
        (entry.at, change)
        for entry in issue.histories
        for change in entry.items
        if change["field"] == "status"
    ]
    at = issue.created
    for moment, change in moves:
        yield at, moment, site.statuses[str(change["from"])]
        at = moment
    yield at, None, issue.status


def _cycles(found: list[Stay], goal: int, metric: Metric) -> Iterator[Cycle]:
    start: int | None = None
    pauses: list[tuple[int, int | None]] = []
    for begin, end, status in found:
        if status.category == "done":
            if start is not None:
                yield Cycle(start, begin, goal, tuple(pauses), metric.calendar)
            start, pauses = None, []
            continue
        start = begin if start is None else start
        if status.content.get("untranslatedName", status.name) in metric.pausing:
            pauses.append((begin, end))
    if start is not None:
        yield Cycle(start, None, goal, tuple(pauses), metric.calendar)


def _responded(issue: Issue) -> int | None:
    reporter = issue.fields.get("reporter")
    answers = (each.at for each in issue.comments if each.public and each.author is not reporter)
    return next(answers, None)

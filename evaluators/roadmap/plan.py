"""The steps of a practice to a level, in the order in which to take them (section 6.9)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from evaluators import ladder
from evaluators.achievement import value_at
from evaluators.catalogue import Indicator
from evaluators.results import IndicatorResult, Measurement, PracticeResult, State
from evaluators.roadmap.effort import Effort, shipped_effort
from evaluators.roadmap.raises import Candidate, Raise, required, smallest_raises
from evaluators.standing import Standing, standing_of


@dataclass(frozen=True)
class Affected:
    """How many records a step is about."""

    against: int
    """Records that count against the indicator now."""
    of: int
    to_change: int | None
    """How many fewer reach the target; None where the value is no plain share of records."""


@dataclass(frozen=True)
class Step:
    """One thing to do: raise an indicator, or first of all get evidence for it."""

    kind: Literal["raise", "connect"]
    attribute: str
    indicator: str
    question: str
    unit: str
    better_up: bool
    achievement: float | None
    target_achievement: float
    value: float | None
    target: float
    """Value that is needed, in the unit; of a step that gets evidence, the value it then has to show."""
    affected: Affected | None
    limited: str
    """Why the achievement is limited whatever the value; empty where it is not."""
    missing: str
    """Why the indicator is not rated; empty where it is."""
    effort: float
    proven_in: tuple[str, ...]
    """Departments of the organisation that reach the target already."""
    cost: float
    quarters: int | None
    """Quarters it takes at the assumed pace; None where nobody knows how far it is."""
    servicenow: str
    jira: str
    index_after: float = 1.0
    """Index when this step and all before it are taken."""
    level_after: int = 1


@dataclass(frozen=True)
class Roadmap:
    """The way of one practice in one scope to a level."""

    practice: str
    department: str | None
    level: int | None
    goal: int
    """Level that the steps reach; 5 where only attributes of level 5 can still become Fully achieved."""
    index: float
    steps: tuple[Step, ...]
    unreachable: tuple[str, ...] = ()
    """Why the goal cannot be reached by any step; empty where it can."""


Entries = Mapping[str, Indicator]


def roadmap(
    practice: PracticeResult,
    entries: Entries,
    others: Sequence[PracticeResult] = (),
    goal: int | None = None,
    effort: Effort | None = None,
) -> Roadmap:
    """Return the cheapest steps to `goal`, the next level where it is not given.

    `entries` are those of the catalogue by id; `others` are results of the same practice in other scopes,
    whose departments prove what can be reached. At the highest level the steps make everything Fully.
    """
    level = practice.level or ladder.LOWEST_LEVEL
    aim = goal or min(level + 1, ladder.HIGHEST_LEVEL)
    classes = effort or shipped_effort()
    standing = standing_of(practice.indicators)
    steps, unreachable = [], _skipped_levels(standing, aim)
    for attribute, must_pass in _blocking(standing, aim, complete=level >= aim):
        raises = _raises(practice, attribute, must_pass, others, classes)
        if raises is None:
            unreachable.append(f"no indicator in force can lift {attribute} above {100 * must_pass:.0f} %")
        else:
            cost = sum(each.cost for each in raises)
            steps += [(cost, _step(practice, each, entries, others, classes)) for each in raises]
    if practice.level is None and not steps:
        unreachable.append("too little is rated on its own records to say anything of it")
    steps.sort(key=lambda each: (each[1].attribute[0], each[0], each[1].attribute, each[1].cost))
    return Roadmap(
        practice.practice,
        practice.department,
        practice.level,
        aim,
        practice.index,
        _with_indexes(practice, [step for _, step in steps]),
        tuple(unreachable),
    )


def raised(results: Sequence[IndicatorResult], targets: Mapping[str, float]) -> list[IndicatorResult]:
    """Return results as they are once indicators reach these achievements."""
    return [
        replace(
            each,
            achievement=targets[each.id],
            measurement=replace(each.measurement, state=State.MEASURED),
        )
        if each.id in targets
        else each
        for each in results
    ]


def _blocking(standing: Standing, goal: int, *, complete: bool) -> list[tuple[str, float]]:
    """Return the attributes that keep the goal out of reach, each with what it must pass.

    With `complete` the goal is reached already, and Fully is asked of its own attributes too.
    """
    demands = {
        name: required(name, goal + complete)
        for name in ladder.ATTRIBUTES
        if int(name[0]) <= goal and name not in standing.not_applicable
    }
    return [
        (name, must_pass)
        for name, must_pass in demands.items()
        if (standing.proven[name] or 0.0) <= must_pass
    ]


def _skipped_levels(standing: Standing, goal: int) -> list[str]:
    """Say which levels have no applicable attribute: nothing can show them (erratum B16)."""
    return [
        f"level {level} has no applicable attribute"
        for level in range(2, goal + 1)
        if all(name in standing.not_applicable for name in ladder.ATTRIBUTES if int(name[0]) == level)
    ]


def _raises(
    practice: PracticeResult,
    attribute: str,
    must_pass: float,
    others: Sequence[PracticeResult],
    effort: Effort,
) -> tuple[Raise, ...] | None:
    candidates = [
        Candidate(each.id, each.weight, each.core, each.achievement, effort.of(each.id, attribute))
        for each in practice.indicators
        if each.attribute == attribute and each.measurement.state is not State.NOT_APPLICABLE
    ]

    def price(candidate: Candidate, target: float) -> float:
        gap = 100 * (target - (candidate.achievement or 0.0))
        inside = bool(_proven_in(candidate.id, target, practice, others))
        return effort.cost(gap, candidate.effort, proven_inside=inside)

    return smallest_raises(candidates, must_pass, price)


def _proven_in(
    indicator: str, target: float, practice: PracticeResult, others: Sequence[PracticeResult]
) -> tuple[str, ...]:
    """Return the other departments that reach an achievement.

    What departments inherit has the same value in all of them, so it never proves anything.
    """
    return tuple(
        other.department
        for other in others
        if other.department is not None
        and (other.practice, other.department) != (practice.practice, practice.department)
        and other.practice == practice.practice
        for each in other.indicators
        if each.id == indicator and (each.achievement or 0.0) >= target
    )


def _step(
    practice: PracticeResult,
    raise_: Raise,
    entries: Entries,
    others: Sequence[PracticeResult],
    effort: Effort,
) -> Step:
    result = next(each for each in practice.indicators if each.id == raise_.id)
    entry, found = entries[raise_.id], result.measurement
    anchors = entry.anchors
    target = value_at(raise_.target, anchors.zero, anchors.full, anchors.scale)
    rated = result.achievement is not None
    gap = 100 * (raise_.target - (result.achievement or 0.0))
    return Step(
        kind="raise" if rated else "connect",
        attribute=result.attribute,
        indicator=result.id,
        question=entry.question,
        unit=result.unit,
        better_up=entry.better_up,
        achievement=result.achievement,
        target_achievement=raise_.target,
        value=found.value if rated else None,
        target=target,
        affected=_affected(found, target, better_up=entry.better_up) if rated else None,
        limited=found.reason if rated and found.cap < raise_.target else "",
        missing="" if rated else found.reason,
        effort=effort.of(result.id, result.attribute),
        proven_in=_proven_in(result.id, raise_.target, practice, others),
        cost=raise_.cost,
        quarters=effort.quarters(gap) if rated else None,
        servicenow=entry.remediation.servicenow,
        jira=entry.remediation.jira,
    )


def _affected(found: Measurement, target: float, *, better_up: bool) -> Affected | None:
    """Return how many records count against it and how many fewer reach the target."""
    if found.numerator is None or not found.denominator:
        return None
    against = found.denominator - found.numerator if better_up else found.numerator
    if against < 0:
        return None
    allowed = found.denominator * ((100 - target) if better_up else target) / 100
    to_change = max(0, against - math.floor(round(allowed, 6))) if found.is_plain_share else None
    return Affected(against, found.denominator, to_change)


def _with_indexes(practice: PracticeResult, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Add what the index is once each step and all before it are taken."""
    told: list[Step] = []
    targets: dict[str, float] = {}
    for step in steps:
        targets[step.indicator] = step.target_achievement
        standing = standing_of(raised(practice.indicators, targets))
        skipped = standing.not_applicable
        told.append(
            replace(
                step,
                index_after=ladder.index(standing.proven, not_applicable=skipped),
                level_after=ladder.level(standing.proven, not_applicable=skipped),
            )
        )
    return tuple(told)

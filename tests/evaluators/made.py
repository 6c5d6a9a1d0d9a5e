"""Results of practices made from achievements, as assessments hand them on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from random import Random

from evaluators import ladder
from evaluators.achievement import rating, value_at
from evaluators.catalogue import Indicator, shipped
from evaluators.results import AttributeResult, IndicatorResult, Measurement, PracticeResult, State
from evaluators.standing import standing_of

ENTRIES: Mapping[str, Indicator] = {entry.id: entry for entry in shipped().entries}
EDGES = (0.0, 0.15, 0.5, 0.85, 1.0)
"""Achievements at which the rules change."""


def made_indicator(name: str, achievement: float | None, *, n: int = 1000) -> IndicatorResult:
    """Return an indicator of the shipped catalogue; not connected without an achievement."""
    entry = ENTRIES[name]
    found = Measurement(State.NOT_CONNECTED, f"nothing connected shows {name}")
    if achievement is not None:
        anchors = entry.anchors
        value = value_at(achievement, anchors.zero, anchors.full, anchors.scale)
        found = Measurement(State.MEASURED, "as made", value=value, low=value, high=value, n=n)
    return IndicatorResult(
        id=name,
        practice=entry.practice,
        attribute=entry.attribute,
        core=entry.core,
        weight=entry.effective_weight,
        unit=entry.unit,
        measurement=found,
        achievement=achievement,
        window=(date(2026, 1, 1), date(2026, 4, 1)),
        rule=entry.rule,
    )


def made_practice(
    practice: str, achievements: Mapping[str, float | None], department: str | None = None
) -> PracticeResult:
    """Return a practice with these indicators, all others at 100 %."""
    names = [entry.id for entry in shipped().practice(practice).indicators]
    return practice_of(
        practice, (made_indicator(name, achievements.get(name, 1.0)) for name in names), department
    )


def practice_of(
    practice: str, indicators: Iterable[IndicatorResult], department: str | None = None
) -> PracticeResult:
    """Return a practice with levels as its indicators give them."""
    results = tuple(indicators)
    standing = standing_of(results)
    skipped = standing.not_applicable
    assessed = ladder.is_assessed(standing.proven, not_applicable=skipped)
    level = ladder.level(standing.proven, not_applicable=skipped) if assessed else None
    return PracticeResult(
        practice=practice,
        department=department,
        level=level,
        possible=ladder.level(standing.possible, not_applicable=skipped),
        confirmed=level,
        index=ladder.index(standing.proven, not_applicable=skipped),
        breadth=ladder.breadth(standing.proven, not_applicable=skipped),
        coverage=1.0,
        confidence="high",
        probability=1.0,
        bottleneck=ladder.bottleneck(standing.proven, not_applicable=skipped) if assessed else None,
        reason="",
        next_step="",
        attributes=tuple(
            AttributeResult(name, value, rating(value)) for name, value in standing.proven.items()
        ),
        indicators=results,
    )


def with_indicator(practice: PracticeResult, result: IndicatorResult) -> PracticeResult:
    """Return the practice with one indicator replaced and levels to match."""
    results = [result if each.id == result.id else each for each in practice.indicators]
    return practice_of(practice.practice, results, practice.department)


def some_practice(random: Random, practice: str | None = None) -> PracticeResult:
    """Return a practice of random achievements, often at the edges, some not rated, some not applicable."""
    name = practice or random.choice(shipped().practices).practice
    return practice_of(
        name, (_some_indicator(random, each.id) for each in shipped().practice(name).indicators)
    )


def _some_indicator(random: Random, name: str) -> IndicatorResult:
    kind = random.random()
    if kind < 0.1:
        return made_indicator(name, None)
    result = made_indicator(name, random.choice(EDGES) if kind < 0.5 else random.random() ** 0.5)
    if kind > 0.97:
        unasked = replace(result.measurement, state=State.NOT_APPLICABLE, value=None)
        return replace(result, measurement=unasked, achievement=None)
    return result

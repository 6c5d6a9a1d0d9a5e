"""One practice: attributes, levels, confidence and the sentences that explain them (sections 6.1-6.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators import ladder, publication
from evaluators.achievement import achievements, rating
from evaluators.catalogue import Indicator, Practice
from evaluators.examination import Examination
from evaluators.explanation import next_step, reason_of
from evaluators.publication import Previous
from evaluators.results import AttributeResult, IndicatorResult, PracticeResult, State
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS

Examined = Callable[[int, Indicator], None]


@dataclass(frozen=True)
class Standing:
    """Attributes of a practice as rated, and as they would be if all missing evidence were perfect."""

    proven: dict[str, float | None]
    possible: dict[str, float | None]
    not_applicable: frozenset[str]


def assess_practice(
    examination: Examination, practice: Practice, previous: Previous | None, examined: Examined
) -> PracticeResult:
    """Examine every indicator of the practice in the organisation's scope and climb the ladder."""
    results = []
    for number, indicator in enumerate(practice.indicators):
        examined(number, indicator)
        results.append(examination.result(indicator))
    examined_all = tuple(results)
    standing = standing_of(examined_all)
    return _published(
        practice, examined_all, standing, _probabilities(practice, examined_all, standing), previous
    )


def standing_of(results: Sequence[IndicatorResult]) -> Standing:
    """Return the attributes of a practice from its indicators."""
    proven: dict[str, float | None] = {}
    possible: dict[str, float | None] = {}
    skipped = []
    for attribute in ladder.ATTRIBUTES:
        own = [result for result in results if result.attribute == attribute]
        applicable = [result for result in own if result.measurement.state is not State.NOT_APPLICABLE]
        if own and not applicable:
            skipped.append(attribute)
        rated = [(result.weight, result.core, result.achievement) for result in applicable]
        proven[attribute] = ladder.attribute_achievement(rated)
        possible[attribute] = ladder.possible_achievement(rated)
    return Standing(proven, possible, frozenset(skipped))


def _probabilities(
    practice: Practice, results: Sequence[IndicatorResult], standing: Standing
) -> publication.AtLeast:
    """Return P(level >= 2..5) over the draws of all indicators (section 6.4, erratum B18)."""
    rules = {indicator.id: indicator for indicator in practice.indicators}
    draws = {
        attribute: ladder.attribute_draws(
            [
                (result.weight, result.core, _resampled(rules[result.id], result))
                for result in results
                if result.attribute == attribute and result.achievement is not None
            ],
            CONFIDENCE_DRAWS,
        )
        for attribute in ladder.ATTRIBUTES
    }
    return ladder.levels_of_draws(draws, CONFIDENCE_DRAWS, not_applicable=standing.not_applicable)


def _resampled(indicator: Indicator, result: IndicatorResult) -> FloatArray:
    anchors, measurement = indicator.anchors, result.measurement
    values = achievements(np.array(measurement.draws), anchors.zero, anchors.full, anchors.scale)
    return np.minimum(values, round(measurement.cap, 9))


def _published(
    practice: Practice,
    results: tuple[IndicatorResult, ...],
    standing: Standing,
    at_least: publication.AtLeast,
    previous: Previous | None,
) -> PracticeResult:
    skipped = standing.not_applicable
    assessed = ladder.is_assessed(standing.proven, not_applicable=skipped)
    level = ladder.level(standing.proven, not_applicable=skipped) if assessed else None
    bottleneck = ladder.bottleneck(standing.proven, not_applicable=skipped) if assessed else None
    coverage = _coverage(results)
    probability = publication.probability(level or ladder.LOWEST_LEVEL, at_least)
    return PracticeResult(
        practice=practice.practice,
        department=None,
        level=level,
        possible=ladder.level(standing.possible, not_applicable=skipped),
        confirmed=publication.confirm(previous, level, at_least) if level is not None else None,
        index=ladder.index(standing.proven, not_applicable=skipped),
        breadth=ladder.breadth(standing.proven, not_applicable=skipped),
        coverage=coverage,
        confidence=publication.confidence(probability, coverage),
        probability=probability,
        bottleneck=bottleneck,
        reason=reason_of(level, bottleneck, standing.proven, results),
        next_step=next_step(practice, level, bottleneck, results),
        attributes=tuple(
            AttributeResult(name, value, rating(value)) for name, value in standing.proven.items()
        ),
        indicators=results,
        probability_at_least=at_least,
    )


def _coverage(results: Sequence[IndicatorResult]) -> float:
    return publication.coverage(
        [
            (
                result.weight,
                publication.credit(
                    rated=result.achievement is not None, low_precision=result.measurement.low_precision
                ),
            )
            for result in results
            if result.measurement.state is not State.NOT_APPLICABLE
        ]
    )

"""One practice: attributes, levels, confidence and the sentences that explain them (sections 6.1-6.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluators import ladder, publication
from evaluators.achievement import achievements, rating
from evaluators.catalogue import Indicator, Practice
from evaluators.doubts import Doubts
from evaluators.examination import Examination
from evaluators.explanation import doubt_of, next_step, reason_of
from evaluators.publication import Previous
from evaluators.results import AttributeResult, IndicatorResult, PracticeResult, State
from evaluators.roadmap import roadmap
from evaluators.standing import Standing, is_assessed, standing_of
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.resampling import CONFIDENCE_DRAWS

Examined = Callable[[int, Indicator], None]


@dataclass(frozen=True)
class ScopeResults:
    """What was found in one scope: the organisation where `department` is None."""

    department: str | None
    volume: int
    indicators: tuple[IndicatorResult, ...]


def assess_practice(
    examination: Examination,
    practice: Practice,
    volumes: Mapping[str | None, int],
    previous: Callable[[str, str | None], Previous | None],
    examined: Examined,
    doubts: Doubts = Doubts(),  # noqa: B008 - immutable
) -> list[PracticeResult]:
    """Examine every indicator in each scope and climb the ladder: the organisation (None) first.

    `volumes` are the records of the practice by scope.
    """
    results: dict[str | None, list[IndicatorResult]] = {scope: [] for scope in volumes}
    for number, indicator in enumerate(practice.indicators):
        examined(number, indicator)
        # All scopes of an indicator one after the other: they share the rows of its query.
        for scope, found in results.items():
            found.append(examination.result(indicator, scope))
    published = [
        _published(
            practice,
            ScopeResults(scope, volumes[scope], tuple(found)),
            previous(practice.practice, scope),
            doubts,
        )
        for scope, found in results.items()
    ]
    entries = {indicator.id: indicator for indicator in practice.indicators}
    return [replace(each, next_step=next_step(each, roadmap(each, entries, published))) for each in published]


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
    practice: Practice, scope: ScopeResults, previous: Previous | None, doubts: Doubts
) -> PracticeResult:
    results = scope.indicators
    standing = standing_of(results)
    at_least = _probabilities(practice, results, standing)
    skipped = standing.not_applicable
    scopes = {each.id: each.scope for each in practice.indicators}
    assessed = is_assessed(standing, scope.department, results, scopes)
    level = ladder.level(standing.proven, not_applicable=skipped) if assessed else None
    bottleneck = ladder.bottleneck(standing.proven, not_applicable=skipped) if assessed else None
    coverage = _coverage(results, doubts)
    alerts = doubts.alerts([each.id for each in results if each.achievement is not None])
    probability = publication.probability(level or ladder.LOWEST_LEVEL, at_least)
    return PracticeResult(
        practice=practice.practice,
        department=scope.department,
        level=level,
        possible=ladder.level(standing.possible, not_applicable=skipped),
        confirmed=publication.confirm(previous, level, at_least, gaming_alert=bool(alerts))
        if level is not None
        else None,
        index=ladder.index(standing.proven, not_applicable=skipped),
        breadth=ladder.breadth(standing.proven, not_applicable=skipped),
        coverage=coverage,
        confidence=publication.confidence(probability, coverage, gaming_alert=bool(alerts)),
        probability=probability,
        bottleneck=bottleneck,
        reason=reason_of(level, bottleneck, standing.proven, results, scope.department)
        + (doubt_of(alerts) if level is not None else ""),
        next_step="",
        attributes=tuple(
            AttributeResult(name, value, rating(value)) for name, value in standing.proven.items()
        ),
        indicators=results,
        probability_at_least=at_least,
        volume=scope.volume,
    )


def _coverage(results: Sequence[IndicatorResult], doubts: Doubts) -> float:
    return publication.coverage(
        [
            (
                result.weight,
                publication.credit(
                    rated=result.achievement is not None,
                    low_precision=result.measurement.low_precision,
                    failed_checks=doubts.failed_checks(result.id),
                ),
            )
            for result in results
            if result.measurement.state is not State.NOT_APPLICABLE
        ]
    )

"""Proves a stored level: computes it again from what history keeps, without evidence.

Levels, index and breadth must come out byte-identical for ever (design decision 8, section 6.13). The
probabilities behind the confidence rest on resampled draws, which are not kept, so they are taken as stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from evaluators import ladder
from evaluators.achievement import achievement, rating
from evaluators.catalogue import Catalogue, Indicator
from evaluators.overall import overall_of
from evaluators.results import (
    Assessment,
    AttributeResult,
    IndicatorResult,
    PracticeResult,
    State,
)
from evaluators.standing import is_assessed, standing_of
from scheduler.stored import from_stored, to_stored
from storage.history import StoredAssessment

PROVEN = ("level", "possible", "index", "breadth", "bottleneck", "attributes", "indicators")
"""Fields of a practice that are computed again."""


@dataclass(frozen=True)
class Difference:
    """One stored figure that does not come out again."""

    where: str
    stored: object
    computed: object


def recompute(stored: StoredAssessment, catalogue: Catalogue) -> StoredAssessment:
    """Return an assessment with achievements, attributes, levels and index computed again.

    `catalogue` is the one it was made with; without changes the result equals `stored`.
    """
    entries = {entry.id: entry for entry in catalogue.entries}
    assessment = from_stored(stored)
    practices = tuple(_practice(each, entries) for each in assessment.practices)
    overall = overall_of(practices, catalogue.composition)
    again: Assessment = replace(assessment, practices=practices, overall=overall)
    return to_stored(again)


def differences(stored: StoredAssessment, catalogue: Catalogue) -> list[Difference]:
    """Return what does not come out again; nothing where all is well."""
    again = recompute(stored, catalogue)
    return [*_overall(stored, again), *_practices(stored, again)]


def _practice(practice: PracticeResult, entries: Mapping[str, Indicator]) -> PracticeResult:
    indicators = tuple(_rated_again(each, entries) for each in practice.indicators)
    standing = standing_of(indicators)
    skipped = standing.not_applicable
    scopes = {name: entry.scope for name, entry in entries.items()}
    assessed = is_assessed(standing, practice.department, indicators, scopes)
    return replace(
        practice,
        level=ladder.level(standing.proven, not_applicable=skipped) if assessed else None,
        possible=ladder.level(standing.possible, not_applicable=skipped),
        index=ladder.index(standing.proven, not_applicable=skipped),
        breadth=ladder.breadth(standing.proven, not_applicable=skipped),
        bottleneck=ladder.bottleneck(standing.proven, not_applicable=skipped) if assessed else None,
        attributes=tuple(
            AttributeResult(name, value, rating(value)) for name, value in standing.proven.items()
        ),
        indicators=indicators,
    )


def _rated_again(result: IndicatorResult, entries: Mapping[str, Indicator]) -> IndicatorResult:
    found, entry = result.measurement, entries.get(result.id)
    if found.state is not State.MEASURED or found.value is None:
        return replace(result, achievement=None)
    if entry is None:
        return result
    anchors = entry.anchors
    value = achievement(found.value, anchors.zero, anchors.full, anchors.scale)
    return replace(result, achievement=min(value, round(found.cap, 9)))


def _overall(stored: StoredAssessment, again: StoredAssessment) -> Iterator[Difference]:
    if stored.overall != again.overall:
        yield Difference("overall", stored.overall, again.overall)


def _practices(stored: StoredAssessment, again: StoredAssessment) -> Iterator[Difference]:
    for one, other in zip(stored.practices, again.practices, strict=True):
        for name in PROVEN:
            before, after = getattr(one, name), getattr(other, name)
            if before != after:
                yield Difference(f"{one.practice} ({one.department or 'organisation'}) {name}", before, after)

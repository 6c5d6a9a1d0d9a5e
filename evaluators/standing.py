"""Attributes of a practice from its indicators, and whether they make a level (section 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluators import ladder
from evaluators.results import IndicatorResult, State


@dataclass(frozen=True)
class Standing:
    """Attributes of a practice as rated, and as they would be if all missing evidence were perfect."""

    proven: dict[str, float | None]
    possible: dict[str, float | None]
    not_applicable: frozenset[str]


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


def is_assessed(
    standing: Standing,
    department: str | None,
    results: Sequence[IndicatorResult],
    scopes: Mapping[str, str],
) -> bool:
    """Say whether a practice has a level (section 6.2).

    A department that only inherits has none: something must be rated on its own records. `scopes` are those
    of the catalogue entries by id.
    """
    own = department is None or any(
        each.achievement is not None for each in results if scopes.get(each.id, "both") == "both"
    )
    return own and ladder.is_assessed(standing.proven, not_applicable=standing.not_applicable)

"""The change of one attribute as a sum of terms, one or more for each indicator and the caps (section 6.11).

With weights w and achievements a of the indicators rated on both sides (R), an attribute that is not capped
changes by Σ w_i Δa_i / Σ w. Indicators that are rated on one side only enter and leave the mean on their own:
what leaves is taken out of the mean before, what comes is put into the mean after. What caps add or take away
is a term of its own. All terms of an attribute add up to its change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from evaluators.catalogue import Indicator
from evaluators.decomposition.groups import mix_part
from evaluators.ladder import attribute_achievement
from evaluators.results import IndicatorResult, State


class Kind(StrEnum):
    """Why a term is there."""

    RATE = "rate"
    """The same work is done at other rates; where strata are not stored, whatever the value did."""
    MIX = "mix"
    """The same rates meet other work (Kitagawa)."""
    EVIDENCE = "evidence"
    """An indicator is rated that was not, or the other way round."""
    LIMIT = "limit"
    """What limits an indicator's achievement whatever its value came or went."""
    RULE = "rule"
    """Catalogue or thresholds are others."""
    CAP = "cap"
    """The weakest indicator or a missing core caps the attribute otherwise than before."""


@dataclass(frozen=True)
class Term:
    """One addend; `indicator` is empty where it belongs to the attribute as a whole."""

    kind: Kind
    indicator: str
    points: float
    """Points (0-100) of the attribute's achievement."""
    index: float = 0.0
    """The same in the index, where the attribute is the one that moved it."""


@dataclass(frozen=True)
class AttributeChange:
    """An attribute before and after; achievements 0-1, None where nothing was rated."""

    attribute: str
    before: float | None
    after: float | None
    terms: tuple[Term, ...]

    @property
    def points(self) -> float:
        """Change in points of achievement; not evidenced counts as 0, as in the index."""
        return 100 * ((self.after or 0.0) - (self.before or 0.0))


SMALLEST = 2e-7
"""Points below which a term is nothing but the rounding of achievements to 9 decimals."""
Results = Sequence[IndicatorResult]
Entries = Mapping[str, Indicator]


def attribute_terms(before: Results, after: Results, entries: Entries) -> list[Term]:
    """Return the terms between two states of one attribute's indicators, none that is nothing."""
    one, other = _rated(before), _rated(after)
    common = [name for name in one if name in other]
    terms = [
        *_left(one, common),
        *_moved(one, other, common, entries),
        *_came(other, common),
    ]
    cap = 100 * (_capped(after) - _mean(other) - _capped(before) + _mean(one))
    return [each for each in (*terms, Term(Kind.CAP, "", cap)) if abs(each.points) > SMALLEST]


def _rated(results: Results) -> dict[str, IndicatorResult]:
    return {
        each.id: each
        for each in results
        if each.achievement is not None and each.measurement.state is not State.NOT_APPLICABLE
    }


def _weight(results: Mapping[str, IndicatorResult], names: Sequence[str] | None = None) -> float:
    return sum(results[name].weight for name in (results if names is None else names))


def _mean(results: Mapping[str, IndicatorResult], names: Sequence[str] | None = None) -> float:
    """Return the weighted mean; 0 of nothing, as not evidenced counts in the index."""
    chosen = [results[name] for name in (results if names is None else names)]
    total = sum(each.weight for each in chosen)
    return sum(each.weight * (each.achievement or 0.0) for each in chosen) / total if total else 0.0


def _capped(results: Results) -> float:
    applicable = [each for each in results if each.measurement.state is not State.NOT_APPLICABLE]
    return attribute_achievement([(each.weight, each.core, each.achievement) for each in applicable]) or 0.0


def _left(one: Mapping[str, IndicatorResult], common: Sequence[str]) -> Iterator[Term]:
    """Yield what the mean changes by as indicators leave it."""
    rest, total = _mean(one, common), _weight(one)
    for name, each in one.items():
        if name not in common:
            yield Term(Kind.EVIDENCE, name, 100 * each.weight * (rest - (each.achievement or 0.0)) / total)


def _came(other: Mapping[str, IndicatorResult], common: Sequence[str]) -> Iterator[Term]:
    """Yield what the mean changes by as indicators come into it."""
    rest, total = _mean(other, common), _weight(other)
    for name, each in other.items():
        if name not in common:
            yield Term(Kind.EVIDENCE, name, 100 * each.weight * ((each.achievement or 0.0) - rest) / total)


def _moved(
    one: Mapping[str, IndicatorResult],
    other: Mapping[str, IndicatorResult],
    common: Sequence[str],
    entries: Entries,
) -> Iterator[Term]:
    """Yield what indicators rated on both sides change the mean by, each split into rate and mix.

    Weights are those after; where they were others before, which only rules do, the change of the weights
    is part of the term.
    """
    was, now = _weight(one, common), _weight(other, common)
    middle = _mean(one, common)
    for name in common:
        a, b = one[name], other[name]
        reweighed = (a.achievement or 0.0) - middle
        points = 100 * (
            b.weight * ((b.achievement or 0.0) - (a.achievement or 0.0)) / now
            + (b.weight / now - a.weight / was) * reweighed
        )
        yield from _split(a, b, points, entries.get(name))


def _split(
    before: IndicatorResult, after: IndicatorResult, points: float, entry: Indicator | None
) -> Iterator[Term]:
    if before.measurement.cap != after.measurement.cap:
        yield Term(Kind.LIMIT, after.id, points)
        return
    mix = mix_part(before, after, entry)
    if mix is None:
        yield Term(Kind.RATE, after.id, points)
        return
    yield Term(Kind.RATE, after.id, points * (1 - mix))
    yield Term(Kind.MIX, after.id, points * mix)

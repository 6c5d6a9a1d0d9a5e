"""The change of a practice's index as a sum of terms (section 6.11).

The index is what its lowest attribute allows. Where it rose, the attribute that held it before let it rise;
where it fell, the attribute that holds it now pulled it down. That attribute's change, term by term, moves
the index, and one term more says how far other attributes hold back what it alone would allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluators import ladder
from evaluators.decomposition.groups import GroupShare, group_shares
from evaluators.decomposition.terms import (
    SMALLEST,
    AttributeChange,
    Entries,
    Kind,
    Term,
    attribute_terms,
)
from evaluators.results import IndicatorResult, PracticeResult
from evaluators.standing import Standing, standing_of

_STEP = 1e-3


@dataclass(frozen=True)
class Restated:
    """The assessment before, rated again by the rules of the one after."""

    practice: PracticeResult
    remeasured: frozenset[str] = frozenset()
    """Indicators whose measure is another one: their old value cannot be told by the new rules."""


@dataclass(frozen=True)
class Side:
    """A practice at one of the two assessments."""

    level: int | None
    confirmed: int | None
    index: float
    coverage: float
    bottleneck: str | None


@dataclass(frozen=True)
class Change:
    """What changed in one practice and scope between two assessments, and why."""

    practice: str
    department: str | None
    before: Side
    after: Side
    restated_index: float | None
    """Index before by the rules after; None where the rules are the same."""
    moved_by: str | None
    """Attribute whose change moved the index; None where all are Fully achieved both times."""
    held_back: float
    """What other attributes take from (or no longer take from) what that attribute alone allows, in index."""
    attributes: tuple[AttributeChange, ...]
    """All attributes with a term or more: the one that moved the index, then those that changed most."""
    rated: tuple[str, ...]
    """Indicators that are rated now and were not."""
    lost: tuple[str, ...]
    """Indicators that were rated and are not any more."""
    indicator: str
    """Indicator with the largest term in the first attribute; empty where none has one."""
    groups: tuple[GroupShare, ...]
    """Groups that move its value most."""
    sample: tuple[str, ...]
    """Records that count against it now."""

    @property
    def index(self) -> float:
        """Change of the index."""
        return self.after.index - self.before.index

    @property
    def terms(self) -> tuple[Term, ...]:
        """Terms of the attribute that moved the index; their index and `held_back` sum to its change."""
        own = (each.terms for each in self.attributes if each.attribute == self.moved_by)
        return next(own, ())


def decompose(
    before: PracticeResult, after: PracticeResult, entries: Entries, restated: Restated | None = None
) -> Change:
    """Return the change between two results of one practice and scope, exactly.

    `entries` are those of the catalogue after, by id; `restated` is given where the rules are others.
    """
    one, other = standing_of(before.indicators), standing_of(after.indicators)
    driver = _driver(one, other)
    changes = [_attribute(name, before, after, entries, restated) for name in ladder.ATTRIBUTES]
    held_back = 0.0
    if driver is not None:
        held_back = _room(other, driver) - _room(one, driver)
        changes = [_in_index(each) if each.attribute == driver else each for each in changes]
    told = sorted(
        (each for each in changes if each.terms),
        key=lambda each: (each.attribute != driver, -abs(each.points), each.attribute),
    )
    shown = next((term.indicator for each in told for term in each.terms if term.indicator), "")
    was, now = _rated(before.indicators), _rated(after.indicators)
    return Change(
        practice=after.practice,
        department=after.department,
        before=_side(before, one),
        after=_side(after, other),
        restated_index=restated.practice.index if restated else None,
        moved_by=driver,
        held_back=held_back,
        attributes=tuple(told),
        rated=tuple(name for name in now if name not in was),
        lost=tuple(name for name in was if name not in now),
        indicator=shown,
        groups=_groups(before, after, shown, entries),
        sample=next((each.measurement.sample for each in after.indicators if each.id == shown), ()),
    )


def _driver(before: Standing, after: Standing) -> str | None:
    held, holds = _bottleneck(before), _bottleneck(after)
    rose = _index(after) >= _index(before)
    return (held or holds) if rose else (holds or held)


def _bottleneck(standing: Standing) -> str | None:
    return ladder.bottleneck(standing.proven, not_applicable=standing.not_applicable)


def _index(standing: Standing) -> float:
    return ladder.index(standing.proven, not_applicable=standing.not_applicable)


def _room(standing: Standing, attribute: str) -> float:
    """Return how far the index lies above (below: negative) what one attribute allows."""
    return _index(standing) - ladder.position(attribute, standing.proven[attribute])


def _side(practice: PracticeResult, standing: Standing) -> Side:
    return Side(practice.level, practice.confirmed, practice.index, practice.coverage, _bottleneck(standing))


def _attribute(
    name: str,
    before: PracticeResult,
    after: PracticeResult,
    entries: Entries,
    restated: Restated | None,
) -> AttributeChange:
    one, other = _of(before, name), _of(after, name)
    terms: list[Term] = []
    if restated is not None:
        again = _of(restated.practice, name)
        terms += [replace(each, kind=Kind.RULE) for each in attribute_terms(one, again, entries)]
        one = again
    remeasured = restated.remeasured if restated else frozenset()
    terms += [
        replace(each, kind=Kind.RULE) if each.indicator in remeasured else each
        for each in attribute_terms(one, other, entries)
    ]
    return AttributeChange(
        name,
        standing_of(before.indicators).proven[name],
        standing_of(after.indicators).proven[name],
        tuple(sorted(_summed(terms), key=lambda each: (-abs(each.points), each.indicator, each.kind))),
    )


def _of(practice: PracticeResult, attribute: str) -> list[IndicatorResult]:
    return [each for each in practice.indicators if each.attribute == attribute]


def _summed(terms: Sequence[Term]) -> list[Term]:
    """Add up the terms of one indicator and kind."""
    sums: dict[tuple[Kind, str], float] = {}
    for each in terms:
        sums[each.kind, each.indicator] = sums.get((each.kind, each.indicator), 0.0) + each.points
    return [Term(kind, name, points) for (kind, name), points in sums.items() if abs(points) > SMALLEST]


def _in_index(change: AttributeChange) -> AttributeChange:
    """Tell the terms in the index: each its part of how far the attribute moved on the ladder."""
    a, b = change.before or 0.0, change.after or 0.0
    points = sum(each.points for each in change.terms)
    if abs(points) > SMALLEST:
        moved = ladder.position(change.attribute, b) - ladder.position(change.attribute, a)
        slope = moved / points
    else:
        reach = (ladder.position(change.attribute, each) for each in (b + _STEP, b - _STEP))
        slope = (next(reach) - next(reach)) / (200 * _STEP)
    return replace(change, terms=tuple(replace(each, index=each.points * slope) for each in change.terms))


def _rated(results: Sequence[IndicatorResult]) -> list[str]:
    return [each.id for each in results if each.achievement is not None]


def _groups(
    before: PracticeResult, after: PracticeResult, indicator: str, entries: Entries
) -> tuple[GroupShare, ...]:
    past = {each.id: each for each in before.indicators}
    now = {each.id: each for each in after.indicators}
    if indicator not in now:
        return ()
    return group_shares(past.get(indicator), now[indicator], entries.get(indicator))

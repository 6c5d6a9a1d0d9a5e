"""The cheapest raises that lift one attribute above what is required of it (section 6.9).

Nothing here knows how an attribute is reckoned: every question is put to the ladder, whose function is
monotone, so the smallest raise is found by halving.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from evaluators.achievement import LARGELY_UP_TO, PARTLY_UP_TO
from evaluators.ladder import attribute_achievement

SAFETY = 0.03
"""Achievement aimed above what is required, of the attribute and of each raise."""
STEPS = 1000
"""Targets are whole tenths of a percent."""
_ORDERED = 3
"""Up to so many raises every order of lowering them is tried; above, the dearest is lowered first."""

Targets = Mapping[str, float]


@dataclass(frozen=True)
class Candidate:
    """One applicable indicator of an attribute; `achievement` None where it is not rated."""

    id: str
    weight: float
    core: bool
    achievement: float | None
    effort: float


@dataclass(frozen=True)
class Raise:
    """The achievement an indicator has to reach, and what that costs."""

    id: str
    target: float
    cost: float


Price = Callable[[Candidate, float], float]
"""Cost of bringing a candidate to an achievement."""


def required(attribute: str, goal: int) -> float:
    """Return what an attribute must pass for a level: one half of its own, 85 % of those below."""
    return PARTLY_UP_TO if int(attribute[0]) == goal else LARGELY_UP_TO


def smallest_raises(
    candidates: Sequence[Candidate], must_pass: float, price: Price
) -> tuple[Raise, ...] | None:
    """Return the cheapest raises after which the attribute passes; None where none does.

    No raise of the answer can be left out. Indicators that are not rated are counted on only where raising
    the rated ones cannot do it. Each raise is aimed so high that the attribute lies three points above what
    is required, and passes still when every raise falls three points short, as far as 100 % allows.
    """
    if reached(candidates, {}) > must_pass:
        return ()
    proposals = [
        (sum(each.achievement is None for each in chosen), _priced(chosen, targets, price))
        for chosen in _subsets(candidates)
        for targets in _lowered(candidates, chosen, must_pass)
        if not _removable(candidates, targets, must_pass)
    ]
    if not proposals:
        return None
    return min(proposals, key=lambda each: (each[0], *_order_of(each[1])))[1]


def _order_of(raises: Sequence[Raise]) -> tuple[float, int, list[str]]:
    return sum(each.cost for each in raises), len(raises), [each.id for each in raises]


def reached(candidates: Sequence[Candidate], targets: Targets) -> float:
    """Return the achievement of the attribute after raises; 0 where nothing is rated."""
    rule = [(each.weight, each.core, targets.get(each.id, each.achievement)) for each in candidates]
    return attribute_achievement(rule) or 0.0


def _subsets(candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, ...]]:
    """Yield what may be raised, the smallest sets first."""
    open_ones = [each for each in candidates if each.achievement is None or each.achievement < 1.0]
    for count in range(1, len(open_ones) + 1):
        yield from combinations(open_ones, count)


def _lowered(
    candidates: Sequence[Candidate], chosen: Sequence[Candidate], must_pass: float
) -> Iterator[dict[str, float]]:
    """Yield targets as low as suffices, one set for each order of lowering; none where 100 % is too low."""
    best = dict.fromkeys((each.id for each in chosen), 1.0)
    most = reached(candidates, best)
    if most <= must_pass:
        return
    aim = min(must_pass + SAFETY, most)
    sheltered = reached(candidates, _short(chosen, best)) > must_pass

    def enough(targets: Targets) -> bool:
        return reached(candidates, targets) >= aim and (
            not sheltered or reached(candidates, _short(chosen, targets)) > must_pass
        )

    for order in _orders(chosen):
        targets = dict(best)
        for each in order:
            targets[each.id] = _lowest(each, targets, enough)
        if all(targets[each.id] > (each.achievement or 0.0) for each in chosen):
            yield targets


def _orders(chosen: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    if len(chosen) <= _ORDERED:
        yield from permutations(chosen)
    else:
        yield sorted(chosen, key=lambda each: (-each.effort / each.weight, each.id))


def _lowest(candidate: Candidate, targets: Targets, enough: Callable[[Targets], bool]) -> float:
    """Return the lowest target of one candidate with which the others suffice."""
    steps = range(STEPS)
    first = bisect_left(steps, True, key=lambda step: enough({**targets, candidate.id: step / STEPS}))
    return max(first / STEPS, candidate.achievement or 0.0)


def _short(chosen: Sequence[Candidate], targets: Targets) -> dict[str, float]:
    """Return what is reached when every raise falls short by the safety."""
    return {each.id: max(each.achievement or 0.0, targets[each.id] - SAFETY) for each in chosen}


def _removable(candidates: Sequence[Candidate], targets: Targets, must_pass: float) -> bool:
    """Say whether some raise can be left out."""
    return any(
        reached(candidates, {name: target for name, target in targets.items() if name != left_out})
        > must_pass
        for left_out in targets
    )


def _priced(chosen: Sequence[Candidate], targets: Targets, price: Price) -> tuple[Raise, ...]:
    return tuple(Raise(each.id, targets[each.id], round(price(each, targets[each.id]), 6)) for each in chosen)

"""Explanation soundness: the terms of a change add up to it (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from evaluators import ladder
from evaluators.decomposition import Change, decompose
from evaluators.results import PracticeResult
from tests.evaluators.made import ENTRIES, some_practice
from tests.validity.figures import Figure, at_least

CASES: Final = 20_000
TOLERANCE: Final = 0.1
"""Points of an attribute, and thousandths of the index: a tenth of a hundredth of a level."""
Pair = tuple[PracticeResult, PracticeResult]


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Take apart the changes between random results of all nine practices."""
    random = Random(2027)
    yield from soundness([_pair(random) for _ in range(CASES)], said)


def soundness(pairs: Sequence[Pair], said: Callable[[object], None]) -> Iterator[Figure]:
    """Yield how often all attributes and the index are the sum of their terms."""
    attributes = indexes = 0
    for before, after in pairs:
        change = decompose(before, after, ENTRIES)
        whole = _attributes_hold(change, before, after)
        summed = sum(term.index for term in change.terms) + change.held_back
        index = abs(summed - (after.index - before.index)) <= TOLERANCE / 100
        attributes += whole
        indexes += index
        if not (whole and index):
            said(change)
    name = f"Explanation, {len(pairs):,} random changes"
    yield at_least(
        f"{name}: every attribute's terms sum to its change within 0.1 point",
        100 * attributes / len(pairs),
        100,
        "%",
    )
    yield at_least(
        f"{name}: the terms of the index sum to its change within 0.001", 100 * indexes / len(pairs), 100, "%"
    )


def _pair(random: Random) -> Pair:
    before = some_practice(random)
    return before, some_practice(random, before.practice)


def _attributes_hold(change: Change, before: PracticeResult, after: PracticeResult) -> bool:
    was, now = (
        {each.attribute: each.achievement or 0.0 for each in one.attributes} for one in (before, after)
    )
    told = {each.attribute: sum(term.points for term in each.terms) for each in change.attributes}
    return all(
        abs(told.get(name, 0.0) - 100 * (now[name] - was[name])) <= TOLERANCE for name in ladder.ATTRIBUTES
    )

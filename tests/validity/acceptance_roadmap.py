"""Roadmap soundness: exactly the proposed raises reach the level, and none can be left out (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from evaluators import ladder
from evaluators.achievement import achievement
from evaluators.results import PracticeResult
from evaluators.roadmap import Roadmap, roadmap
from evaluators.roadmap.plan import raised
from evaluators.standing import standing_of
from tests.evaluators.made import ENTRIES, some_practice
from tests.validity.figures import Figure, at_least, at_most

CASES: Final = 4_000


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Try random practices of the whole catalogue."""
    random = Random(2026)
    yield from soundness([some_practice(random) for _ in range(CASES)], said)


def soundness(practices: Sequence[PracticeResult], said: Callable[[object], None]) -> Iterator[Figure]:
    """Yield how often the proposed values reach the next level, and how many steps could be left out.

    Targets are put in as values in the indicators' units, so anchors and their inverse are tried as well.
    """
    reaching = tried = removable = steps = surplus = 0
    for practice in practices:
        plan = roadmap(practice, ENTRIES)
        if plan.unreachable:
            continue
        tried += 1
        if level_after(practice, plan) >= plan.goal:
            reaching += 1
        else:
            said(plan)
        surplus += practice.bottleneck is None and practice.level is not None and bool(plan.steps)
        if (practice.level or ladder.LOWEST_LEVEL) < plan.goal:
            steps += len(plan.steps)
            removable += sum(level_after(practice, plan, each.indicator) >= plan.goal for each in plan.steps)
    name = f"Roadmap, {tried:,} random practices"
    yield at_least(f"{name}: exactly the proposed values reach the level", 100 * reaching / tried, 100, "%")
    yield at_most(f"Roadmap, {steps:,} proposed steps: one that could be left out", removable, 0, "steps")
    yield at_most("Roadmap: something proposed where everything is Fully", surplus, 0, "practices")


def level_after(practice: PracticeResult, plan: Roadmap, left_out: str = "") -> int:
    """Return the level once the proposed values are reached, but for one indicator's."""
    targets = {}
    for step in plan.steps:
        anchors = ENTRIES[step.indicator].anchors
        if step.indicator != left_out:
            targets[step.indicator] = achievement(step.target, anchors.zero, anchors.full, anchors.scale)
    standing = standing_of(raised(practice.indicators, targets))
    return ladder.level(standing.proven, not_applicable=standing.not_applicable)

"""Levels found against levels planted, in all nine practices (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from evaluators.publication import Previous
from sandbox.organisation.anchors import PRACTICES
from tests.validity.acceptance_world import (
    LARGE,
    SMALL,
    Case,
    Levels,
    Outcome,
    agreement,
    assessed,
    crowd,
    in_parallel,
    mid_band,
    organisation_of,
    previous_of,
    random_family,
    truth_of,
)
from tests.validity.figures import Figure, at_least, at_most

MID_BAND = mid_band(LARGE, range(1, 5))
SMALL_BAND = mid_band(SMALL, range(1, 5))
LARGE_RANDOM = random_family(LARGE, range(1, 13))
STABLE_LEVELS = (2, 3, 4)
STABLE_QUARTERS = 5
"""The first confirms its own level, four more are a year."""
Year = tuple[tuple[int, int], ...]
"""Raw and confirmed level of each quarter."""


@dataclass(frozen=True)
class Bars:
    """Least shares in percent and agreement, greatest share of over-claims in percent."""

    exact: float
    near: float
    kappa: float | None
    above: float


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Find the levels of all organisations, again by resampling, and over a stable year."""
    large, small, drawn = crowd(MID_BAND), crowd(SMALL_BAND), crowd(LARGE_RANDOM)
    for outcome in (*large, *small, *drawn):
        if outcome.found != outcome.truth:
            said(outcome)
    yield from recovery("mid-band, 10x", large, Bars(95, 98, 0.95, 1))
    yield from recovery("mid-band, 3x", small, Bars(85, 93, None, 1))
    yield from recovery("random, 10x", drawn, Bars(78, 97, None, 6))
    yield from retest("10x", large)
    for size, incidents, bar in (("10x", LARGE, 0.4), ("3x", SMALL, 0.6)):
        cases = [Case(level, seed, incidents) for level in STABLE_LEVELS for seed in (1, 2)]
        years = [year for found in in_parallel(stable_year, cases) for year in found]
        yield from stability(size, years, bar)


def recovery(name: str, outcomes: Sequence[Outcome], bars: Bars) -> Iterator[Figure]:
    """Yield how often the planted level was found, nearly found and exceeded.

    These are first assessments, so the confirmed level is the raw one.
    """
    count = len(outcomes)
    what = f"Recovery, {name}, {count} practices of {count // len(PRACTICES)} organisations"
    exact = 100 * sum(each.found == each.truth for each in outcomes) / count
    near = 100 * sum(abs(each.found - each.truth) <= 1 for each in outcomes) / count
    above = 100 * sum((each.result.confirmed or 0) > each.truth for each in outcomes) / count
    yield at_least(f"{what}: level exact", exact, bars.exact, "%")
    yield at_least(f"Recovery, {name}: within one level", near, bars.near, "%")
    if bars.kappa is not None:
        kappa = agreement([(each.found or 1, each.truth) for each in outcomes])
        yield at_least(f"Recovery, {name}: quadratic weighted kappa", kappa, bars.kappa, "")
    yield at_most(f"Recovery, {name}: confirmed level above the truth", above, bars.above, "%")
    if all(each.case.level is not None for each in outcomes):
        other = sum(each.truth != each.case.level for each in outcomes)
        yield at_most(
            f"Recovery, {name}: level in the records is not the one asked for", other, 0, "practices"
        )


def retest(name: str, outcomes: Sequence[Outcome]) -> Iterator[Figure]:
    """Yield how far two resamples of the same weeks agree."""
    pairs = [pair for each in outcomes for pair in zip(each.levels[0::2], each.levels[1::2], strict=True)]
    same = 100 * sum(one == other for one, other in pairs) / len(pairs)
    spread = float(np.mean([np.std(each.indexes) for each in outcomes]))
    yield at_least(f"Test and retest, weekly block bootstrap, {name}: same level", same, 90, "%")
    yield at_least(f"Test and retest, {name}: quadratic weighted kappa", agreement(pairs), 0.90, "")
    yield at_most(f"Test and retest, {name}: mean standard deviation of the index", spread, 0.15, "")


def stable_year(case: Case) -> list[Year]:
    """Assess five quarters of one quality, each with records of its own; return every practice's levels."""
    before: Levels = {}
    quarters: dict[str, list[tuple[int, int]]] = {name: [] for name in PRACTICES}
    for take in range(STABLE_QUARTERS):
        organisation = organisation_of(Case(case.level, case.seed, case.incidents, take))
        before = assessed(organisation, previous=_after(before))
        for name, result in before.items():
            truth, _ = truth_of(organisation, name)
            if truth == case.level:
                quarters[name].append((result.level or 0, result.confirmed or 0))
    return [tuple(each) for each in quarters.values()]


def _after(before: Levels) -> Callable[[str, str | None], Previous | None]:
    return lambda practice, _department: previous_of(before.get(practice))


def stability(size: str, years: Sequence[Year], bar: float) -> Iterator[Figure]:
    """Yield how often a level changes although the organisation does not."""
    moves = sum(one[1] != other[1] for year in years for one, other in pairwise(year))
    raw = sum(one[0] != other[0] for year in years for one, other in pairwise(year))
    length = sum(len(year) - 1 for year in years if year) / (STABLE_QUARTERS - 1)
    yield at_most(
        f"Stable organisations, {size}, {length:.0f} practice-years: changes of the confirmed level",
        moves / length,
        bar,
        "a practice-year",
    )
    pairs = [(one[0], other[0]) for year in years for one, other in pairwise(year)]
    yield at_least(
        f"Stable organisations, {size}: same raw level with records of its own a quarter later",
        100 * (1 - raw / len(pairs)),
        90 if bar < 0.5 else 81,
        "%",
    )

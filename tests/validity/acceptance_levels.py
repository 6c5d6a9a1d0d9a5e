"""Levels found against levels planted, in all nine practices (section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from evaluators import publication
from tests.validity.acceptance_world import (
    MEDIUM,
    SMALL,
    Case,
    Outcome,
    agreement,
    crowd,
    mid_band,
    previous_of,
    random_family,
)
from tests.validity.figures import Figure, at_least, at_most, shown

STABLE_LEVELS: Final = (2, 3, 4)
STABLE_SEEDS: Final = (1, 2)
QUARTERS: Final = 4
"""A year: the first assessment confirms its own level, four more follow."""
MID_BAND: Final = mid_band(MEDIUM, range(1, 6))
SMALL_BAND: Final = mid_band(SMALL, range(1, 6))
RANDOM: Final = random_family(MEDIUM, range(1, 13))
Year = tuple[tuple[int, int], ...]
"""Raw and confirmed level of each quarter."""


@dataclass(frozen=True)
class Bars:
    """Least shares in percent and agreement, greatest share of over-claims in percent."""

    exact: float
    near: float
    kappa: float | None
    above: float


def later_quarters(incidents: int) -> tuple[Case, ...]:
    """Return the quarters after the first of the stable organisations: other records of one quality."""
    return tuple(
        Case(level, seed, incidents, take)
        for level in STABLE_LEVELS
        for seed in STABLE_SEEDS
        for take in range(1, QUARTERS + 1)
    )


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Find the levels of all organisations, again by resampling, and over a stable year."""
    medium = crowd(MID_BAND)
    yield from recovery("mid-band, 10x", medium, Bars(95, 98, 0.95, 1), said)
    yield from resampled("10x", medium)
    yield from recovery("random, 10x", crowd(RANDOM), Bars(78, 97, None, 6), said)
    small = crowd(SMALL_BAND)
    yield from recovery("mid-band, 3x", small, Bars(85, 93, None, 1), said)
    for name, first, size, bar in (("10x", medium, MEDIUM, 0.4), ("3x", small, SMALL, 0.6)):
        yield from stability(name, stable_years((*first, *crowd(later_quarters(size)))), bar)


def recovery(
    name: str, outcomes: Sequence[Outcome], bars: Bars, said: Callable[[object], None]
) -> Iterator[Figure]:
    """Yield how often the planted level was found, nearly found and exceeded."""
    for outcome in outcomes:
        if outcome.found != outcome.truth:
            said(outcome)
    what, count = f"Recovery, {name}", len(outcomes)
    exact = 100 * sum(each.found == each.truth for each in outcomes) / count
    near = 100 * sum(abs(each.found - each.truth) <= 1 for each in outcomes) / count
    above = 100 * sum((each.result.confirmed or 0) > each.truth for each in outcomes) / count
    yield at_least(f"{what}: level exact", exact, bars.exact, "%", cases=count, reading=VERDICTS)
    yield at_least(f"{what}: within one level", near, bars.near, "%", cases=count)
    if bars.kappa is not None:
        kappa = agreement([(each.found or 1, each.truth) for each in outcomes])
        yield at_least(f"{what}: quadratic weighted kappa", kappa, bars.kappa, "", cases=count)
    yield at_most(
        f"{what}: confirmed level above the truth", above, bars.above, "%", cases=count, reading=FIRST
    )
    if all(each.case.level is not None for each in outcomes):
        other = sum(each.truth != each.case.level for each in outcomes)
        yield at_most(
            f"{what}: level in the records is not the one asked for", other, 0, "practices", cases=count
        )


VERDICTS = "a case is the verdict on one practice; nine practices of an organisation are nine cases"
FIRST = "a first assessment confirms what it finds, so these are over-claims of the raw level"


def resampled(name: str, outcomes: Sequence[Outcome]) -> Iterator[Figure]:
    """Yield how far the levels of resampled weeks agree, with each other and with the assessment."""
    what = f"Test and retest, weekly block bootstrap, {name}"
    pairs = [pair for each in outcomes for pair in zip(each.levels[0::2], each.levels[1::2], strict=True)]
    with_it = [(each.found or 1, level) for each in outcomes for level in each.levels]
    count = len(outcomes)
    yield at_least(f"{what}: same level", _same(pairs), 90, "%", cases=count, reading=PAIRS)
    yield at_least(f"{what}: quadratic weighted kappa", agreement(pairs), 0.90, "", cases=count)
    yield shown(f"{what}: same level as the assessment itself", _same(with_it), "%", cases=count)
    yield shown(f"{what}: kappa with the assessment itself", agreement(with_it), "", cases=count)
    spread = float(np.mean([np.std(each.indexes) for each in outcomes]))
    yield at_most(f"{what}: mean standard deviation of the index", spread, 0.15, "", cases=count)


PAIRS = (
    "read at two resamples of one assessment: as far from each other as two samples of the same work, but "
    "both around a sample instead of the truth, so harder than the comparison with the assessment itself "
    "(next lines) and than records of its own a quarter later (below)"
)


def stable_years(outcomes: Sequence[Outcome]) -> list[Year]:
    """Return what is published of organisations that do not change, each quarter from other records."""
    by_take: dict[tuple[str, Case], Outcome] = {(each.result.practice, each.case): each for each in outcomes}
    return [
        _year(first, by_take)
        for first in outcomes
        if first.case.take == 0
        and first.case.seed in STABLE_SEEDS
        and first.case.level in STABLE_LEVELS
        and first.truth == first.case.level
    ]


def _year(first: Outcome, outcomes: Mapping[tuple[str, Case], Outcome]) -> Year:
    case, name, before, year = first.case, first.result.practice, None, []
    for take in range(QUARTERS + 1):
        found = outcomes[name, Case(case.level, case.seed, case.incidents, take)]
        if found.truth != case.level:
            continue
        level = found.result.level or 1
        confirmed = publication.confirm(before, level, found.result.probability_at_least)
        before = previous_of(found.result, confirmed)
        year.append((level, confirmed))
    return tuple(year)


def stability(size: str, years: Sequence[Year], bar: float) -> Iterator[Figure]:
    """Yield how often a level changes although the organisation does not."""
    moves = sum(one[1] != other[1] for year in years for one, other in pairwise(year))
    length = sum(len(year) - 1 for year in years if year) / QUARTERS
    yield at_most(
        f"Stable organisations, {size}: changes of the confirmed level",
        moves / length,
        bar,
        "a practice-year",
        cases=round(length),
        reading="five quarters that share no record, so each brings chance of its own",
    )
    pairs = [(one[0], other[0]) for year in years for one, other in pairwise(year)]
    yield shown(
        f"Stable organisations, {size}: same raw level a quarter later", _same(pairs), "%", cases=len(pairs)
    )
    yield shown(
        f"Stable organisations, {size}: kappa of the raw level a quarter later",
        agreement(pairs),
        "",
        cases=len(pairs),
    )


def _same(pairs: Sequence[tuple[int, int]]) -> float:
    return 100 * sum(one == other for one, other in pairs) / len(pairs)

"""From achievements to attributes, levels, index and overall maturity (sections 6.1-6.4, 6.6).

Pure functions without data access. Achievements are 0-1 and rounded to 9 decimals before every comparison
(erratum B14); None is NE, not rated. An attribute that has only not_applicable indicators is named in
`not_applicable` and skipped, neither NE nor achieved (erratum B16); a level whose attributes are all skipped
has nothing to show it and is not reached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.achievement import LARGELY_UP_TO, NOT_UP_TO, PARTLY_UP_TO, rounded
from evaluators.practices import STAGED_SETS
from evaluators.statistics.arrays import BoolArray, FloatArray, IntArray

ATTRIBUTES = ("2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "5.1", "5.2")
LOWEST_LEVEL, HIGHEST_LEVEL = 1, 5

_EPSILON = 1e-9
"""Keeps exactly 50 % and 85 % below the next whole index (section 6.3)."""

Attributes = Mapping[str, float | None]


def default_weight(core: bool) -> float:
    """Return an indicator's weight in its attribute: core 2, other 1 (section 6.1)."""
    return 2.0 if core else 1.0


# --- Attributes ---------------------------------------------------------------------------------------


def attribute_achievement(indicators: Sequence[tuple[float, bool, float | None]]) -> float | None:
    """Return the achievement of an attribute from its (weight, core, achievement); None is NE.

    The weighted mean of the rated indicators, capped at 50 % by a weakest one up to 15 %, at 85 % by a
    weakest one up to 50 % or where no core indicator is rated (section 6.1, erratum B1). Not applicable
    ones are left out by the caller. Monotone: raising an indicator never lowers it.
    """
    rated = [(weight, core, rounded(value)) for weight, core, value in indicators if value is not None]
    if not rated:
        return None
    total = sum(weight for weight, _, _ in rated)
    mean = sum(weight * value for weight, _, value in rated) / total
    weakest = min(value for _, _, value in rated)
    if weakest <= NOT_UP_TO:
        mean = min(mean, PARTLY_UP_TO)
    if weakest <= PARTLY_UP_TO or not any(core for _, core, _ in rated):
        mean = min(mean, LARGELY_UP_TO)
    return rounded(mean)


def possible_achievement(indicators: Sequence[tuple[float, bool, float | None]]) -> float | None:
    """Return what the attribute would be if every unrated indicator were at 100 % (section 6.2, C5)."""
    filled = [(weight, core, 1.0 if value is None else value) for weight, core, value in indicators]
    return attribute_achievement(filled)


def attribute_draws(indicators: Sequence[tuple[float, bool, FloatArray]], draws: int) -> FloatArray:
    """Return `attribute_achievement` for every draw, shape (draws,).

    Each indicator comes with its achievements, shape (draws,), where NaN is not rated in that draw; the
    result is NaN where none is rated. Unrated indicators may be left out.
    """
    if not indicators:
        return np.full(draws, np.nan)
    values = np.round(np.stack([value for _, _, value in indicators]), 9)
    rated = ~np.isnan(values)
    weights = np.array([weight for weight, _, _ in indicators])[:, None] * rated
    core = np.array([core for _, core, _ in indicators])[:, None] & rated
    total = weights.sum(axis=0)
    mean = (weights * np.where(rated, values, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0)
    weakest = np.where(rated, values, 1.0).min(axis=0)
    mean = np.where(weakest <= NOT_UP_TO, np.minimum(mean, PARTLY_UP_TO), mean)
    limited = (weakest <= PARTLY_UP_TO) | ~core.any(axis=0)
    mean = np.where(limited, np.minimum(mean, LARGELY_UP_TO), mean)
    return np.where(total > 0, np.round(mean, 9), np.nan)


# --- Practice -----------------------------------------------------------------------------------------


def level(attributes: Attributes, *, not_applicable: Collection[str] = ()) -> int:
    """Return the level 1-5 of a practice (ISO rule, section 6.2).

    Level k is reached if both attributes of k are above 50 % and all of levels 2 to k-1 above 85 %; an NE
    attribute stops the climb. With proven achievements this is the proven level, with those of
    `possible_achievement` the possible one (errata B15, C5).
    """
    reached = LOWEST_LEVEL
    for k in range(2, HIGHEST_LEVEL + 1):
        here = _of_level(k, attributes, not_applicable)
        if not here or not all(value > PARTLY_UP_TO for value in here):
            return reached
        reached = k
        if not all(value > LARGELY_UP_TO for value in here):
            return reached
    return reached


def _of_level(k: int, attributes: Attributes, not_applicable: Collection[str]) -> list[float]:
    """Return the rounded achievements of the applicable attributes of level `k`, NE as 0."""
    return [rounded(attributes[name] or 0.0) for name in _applicable(not_applicable) if int(name[0]) == k]


def _applicable(not_applicable: Collection[str]) -> list[str]:
    return [name for name in ATTRIBUTES if name not in not_applicable]


def is_assessed(attributes: Attributes, *, not_applicable: Collection[str] = ()) -> bool:
    """Say whether 2.1 or 2.2 is rated; without both the practice is Not assessed (section 6.2)."""
    return any(attributes[name] is not None for name in ("2.1", "2.2") if name not in not_applicable)


def index(attributes: Attributes, *, not_applicable: Collection[str] = ()) -> float:
    """Return the index 1.0-5.0, whose integer part is the level (section 6.3, erratum B17)."""
    positions = [position(name, attributes[name]) for name in _applicable(not_applicable)]
    empty = [k for k in range(2, HIGHEST_LEVEL + 1) if not _of_level(k, attributes, not_applicable)]
    ceiling = min(empty) - _EPSILON if empty else float(HIGHEST_LEVEL)
    return max(float(LOWEST_LEVEL), min([*positions, ceiling]))


def position(attribute: str, achievement: float | None) -> float:
    """Return how far one attribute lets the index climb; NE counts as 0 (erratum B17)."""
    j, a = int(attribute[0]), rounded(achievement or 0.0)
    if a <= PARTLY_UP_TO:
        return min((j - 1) + a / PARTLY_UP_TO, j - _EPSILON)
    if a <= LARGELY_UP_TO:
        span = LARGELY_UP_TO - PARTLY_UP_TO
        return min(j + (a - PARTLY_UP_TO) / span, j + 1 - _EPSILON, float(HIGHEST_LEVEL))
    return float(HIGHEST_LEVEL)


def bottleneck(attributes: Attributes, *, not_applicable: Collection[str] = ()) -> str | None:
    """Return the attribute that holds the index down; None when all are Fully (erratum B17).

    Ties go to the lowest achievement, then to the order of attributes.
    """
    names = _applicable(not_applicable)
    values = {name: rounded(attributes[name] or 0.0) for name in names}
    if all(value > LARGELY_UP_TO for value in values.values()):
        return None
    return min(names, key=lambda name: (position(name, values[name]), values[name], name))


def breadth(attributes: Attributes, *, not_applicable: Collection[str] = ()) -> float:
    """Return the mean achievement of the applicable attributes, NE as 0 (erratum B17)."""
    names = _applicable(not_applicable)
    return sum(attributes[name] or 0.0 for name in names) / len(names) if names else 0.0


# --- Draws --------------------------------------------------------------------------------------------


def draw_levels(
    attributes: Mapping[str, FloatArray], draws: int, *, not_applicable: Collection[str] = ()
) -> IntArray:
    """Return `level` for every draw, shape (draws,); NaN and missing attributes are NE."""
    climbing: BoolArray = np.ones(draws, dtype=np.bool_)
    levels: IntArray = np.ones(draws, dtype=np.int64)
    unrated = np.zeros(draws)
    for k in range(2, HIGHEST_LEVEL + 1):
        names = [name for name in _applicable(not_applicable) if int(name[0]) == k]
        if not names:
            break
        here = np.nan_to_num(np.round(np.stack([attributes.get(name, unrated) for name in names]), 9))
        climbing = climbing & (here > PARTLY_UP_TO).all(axis=0)
        levels += climbing
        climbing = climbing & (here > LARGELY_UP_TO).all(axis=0)
    return levels


def levels_of_draws(
    attributes: Mapping[str, FloatArray], draws: int, *, not_applicable: Collection[str] = ()
) -> tuple[float, float, float, float]:
    """Return P(level >= 2), P(level >= 3), P(level >= 4), P(level >= 5) over all draws (section 6.4)."""
    levels = draw_levels(attributes, draws, not_applicable=not_applicable)
    two, three, four, five = (float(np.mean(levels >= k)) for k in range(2, HIGHEST_LEVEL + 1))
    return two, three, four, five


# --- Overall ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overall:
    """Overall maturity over the staged sets of practices."""

    level: int
    index: float
    weakest: str
    """The practice that holds the overall index down."""
    weakest_link: int
    """Strict level: the lowest level of any practice."""
    mean_index: float
    proven: bool
    """Some practice of the sets is not assessed and counts as index 1: the level is what is proven so far."""


def overall(
    indexes: Mapping[str, float | None],
    *,
    not_applicable: Collection[str] = (),
    starts: Mapping[str, int] = STAGED_SETS,
    weights: Mapping[str, float] | None = None,
    unassessed: float = 1.0,
) -> Overall | None:
    """Return the overall maturity from the practices' indexes (section 6.6, erratum B20).

    None and absent practices of `starts` count as `unassessed` (5.0 asks what is still possible);
    `not_applicable` ones are removed; practices outside `starts` are not looked at. `weights` are those of
    the mean index, 1 where not given. None when no practice of the sets is assessed.
    """
    asked = [practice for practice in starts if practice not in not_applicable]
    known = {practice: indexes.get(practice) for practice in asked}
    if all(value is None for value in known.values()):
        return None
    values = {practice: unassessed if value is None else value for practice, value in known.items()}
    stages = {practice: _staged(value, starts[practice]) for practice, value in values.items()}
    weakest = min(asked, key=lambda practice: (stages[practice], values[practice]))
    weight = {practice: (weights or {}).get(practice, 1.0) for practice in asked}
    mean = sum(weight[practice] * values[practice] for practice in asked) / sum(weight.values())
    return Overall(
        level=_overall_level(values, starts),
        index=stages[weakest],
        weakest=weakest,
        weakest_link=min(int(value) for value in values.values()),
        mean_index=mean,
        proven=any(value is None for value in known.values()),
    )


def _staged(value: float, start: int) -> float:
    """Return y of a practice: its index, stretched over the levels before it is asked for."""
    return value if value >= start else (start - 1) + (value - 1) / (start - 1)


def _overall_level(values: Mapping[str, float], starts: Mapping[str, int]) -> int:
    reached = LOWEST_LEVEL
    for k in range(2, HIGHEST_LEVEL + 1):
        if any(int(value) < k for practice, value in values.items() if starts[practice] <= k):
            return reached
        reached = k
    return reached

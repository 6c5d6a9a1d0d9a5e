"""What is published of a level: the words for confidence, and hysteresis (sections 6.4, 6.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evaluators.ladder import HIGHEST_LEVEL, LOWEST_LEVEL

Confidence = Literal["high", "medium", "low"]
AtLeast = tuple[float, float, float, float]
"""P(level >= 2), P(level >= 3), P(level >= 4), P(level >= 5)."""

_WORDS: tuple[Confidence, ...] = ("high", "medium", "low")
_BARS = ((0.90, 0.80), (0.70, 0.60))
"""Least probability and coverage of high and of medium."""
_SIDE = 0.80
"""Least probability of the side a confirmed level moves to."""
LOW_PRECISION_CREDIT = 0.5
FAILED_CHECK_CREDIT = 0.5


@dataclass(frozen=True)
class Previous:
    """What the assessment before this one found and published."""

    level: int
    """Raw level."""
    confirmed: int
    probability_at_least: AtLeast


def credit(*, rated: bool, low_precision: bool = False, failed_checks: int = 0) -> float:
    """Return how much of an indicator's weight counts as covered (section 5.3, errata B5, B18).

    Low precision halves it, and so does each failed quality check.
    """
    if not rated:
        return 0.0
    return (LOW_PRECISION_CREDIT if low_precision else 1.0) * FAILED_CHECK_CREDIT**failed_checks


def coverage(indicators: Sequence[tuple[float, float]]) -> float:
    """Return rated weight over applicable weight from (weight, credit 0-1) of the applicable indicators."""
    applicable = sum(weight for weight, _ in indicators)
    return sum(weight * credit for weight, credit in indicators) / applicable if applicable else 0.0


def probability(level: int, at_least: AtLeast) -> float:
    """Return P(level >= `level`)."""
    return 1.0 if level <= LOWEST_LEVEL else at_least[level - 2]


def confidence(probability: float, coverage: float, *, gaming_alert: bool = False) -> Confidence:
    """Return the word for P(level >= reported level) and coverage (section 6.4).

    high from 0.90 and 0.80, medium from 0.70 and 0.60, else low; a gaming alert lowers one word (B18).
    """
    exact = (round(probability, 9), round(coverage, 9))
    rank = next((rank for rank, bar in enumerate(_BARS) if exact[0] >= bar[0] and exact[1] >= bar[1]), 2)
    return _WORDS[min(rank + gaming_alert, 2)]


def confirm(
    previous: Previous | None, level: int, probability_at_least: AtLeast, *, gaming_alert: bool = False
) -> int:
    """Return the confirmed level (section 6.5, erratum B19).

    The first assessment confirms its raw level. Later ones move it only if two in a row lie on the same side
    of it, and the new side has a probability of at least 0.80 in both: P(level >= new) upward,
    P(level <= new) downward, where new is the smaller of the two moves. While a gaming alert is open it never
    rises: two manipulated assessments in a row would agree as well as two honest ones.
    """
    if previous is None:
        return level
    moved = _moved(previous, level, probability_at_least)
    return min(moved, previous.confirmed) if gaming_alert else moved


def _moved(previous: Previous, level: int, probability_at_least: AtLeast) -> int:
    held = previous.confirmed
    upward = min(previous.level, level)
    downward = max(previous.level, level)
    both = (previous.probability_at_least, probability_at_least)
    if upward > held and all(_reaches(_SIDE, probability(upward, each)) for each in both):
        return upward
    if downward < held and all(_reaches(_SIDE, _at_most(downward, each)) for each in both):
        return downward
    return held


def _at_most(level: int, at_least: AtLeast) -> float:
    return 1.0 if level >= HIGHEST_LEVEL else 1.0 - probability(level + 1, at_least)


def _reaches(bar: float, probability: float) -> bool:
    return round(probability, 9) >= bar

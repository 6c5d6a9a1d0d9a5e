"""What the weekly medians and the monthly hand-offs shall look like, before any record exists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.anchors import ANCHORS
from sandbox.organisation.clock import DAY, FIRST_MONDAY, WEEK, week_of
from sandbox.organisation.numbers import Floats, Integers, stream
from sandbox.organisation.quality import Quality

JUDGED = 26
CLEAR = 6.5
ATTEMPTS = 500


@dataclass(frozen=True)
class Period:
    """The time the records cover: the last one before midnight of `until`."""

    start: int
    end: int
    earliest: int
    """First opening; incidents this old may be resolved within the period."""

    @property
    def weeks(self) -> tuple[int, int]:
        """First week with records and the week after the last that an incident may be resolved in."""
        first, last = week_of(np.array([self.earliest, self.end + 140 * DAY]))
        return int(first), int(last) + 1

    @property
    def judged_from(self) -> int:
        """First of the last 26 complete weeks, which control judges against the 26 before."""
        return int(week_of(np.array([self.end]))[0]) - JUDGED


@dataclass(frozen=True)
class Weekly:
    """Weekly medians of ln(observed/expected) to plant; `first` is the number of the first week."""

    first: int
    medians: Floats
    bad: tuple[int, ...]
    """Positions of the planted bad weeks in `medians`."""

    def index(self, seconds: Integers) -> Integers:
        """Return the position of each moment's week."""
        return np.clip(week_of(seconds) - self.first, 0, len(self.medians) - 1)


def improves(quality: Quality, indicator: str) -> bool:
    """Return whether a trend indicator shall come out at 100 rather than at 0."""
    return quality.achievement(indicator) > 0.5


def plan_weekly(quality: Quality, period: Period, noise: float, seed: int) -> Weekly:
    """Plan the weekly medians: trend, noise, and as many bad weeks as control asks for.

    The first half of the last 52 complete weeks is phase I, bad weeks stand in the second half, more
    than three sigma above its centre (section 5.5, erratum B11). Nothing else in it is out of control.
    """
    first, last = period.weeks
    middle = period.judged_from - first
    trend = _trend(quality, period, np.arange(first, last))
    anchor = ANCHORS["inc-resolution-in-control"]
    share = anchor.value(quality.achievement(anchor.indicator)) / 100
    count = round(JUDGED * (1 - share))
    generator = stream(seed, "weeks")
    for _ in range(ATTEMPTS):
        medians = trend + noise * np.clip(generator.standard_normal(last - first), -1.7, 1.7)
        bad = middle + 1 + np.sort(generator.choice(JUDGED - 2, count, replace=False))
        centre, sigma = _limits(medians[middle - JUDGED : middle])
        medians[bad] = centre + max(CLEAR * max(sigma, noise), 0.3)
        _break_runs(medians[middle : middle + JUDGED], bad - middle, centre, noise, generator)
        if _controlled(medians[middle : middle + JUDGED], bad - middle, centre, sigma, noise):
            break
    return Weekly(first, medians, tuple(int(week) for week in bad))


def out_of_control(judged: Floats, centre: float, sigma: float) -> Integers:
    """Positions above three sigma or in a run of eight above the centre."""
    high = judged > centre + 3 * sigma
    above = judged > centre
    edges = np.flatnonzero(np.diff(np.concatenate(([0], above.astype(np.int64), [0]))))
    for start, end in edges.reshape(-1, 2):
        if end - start >= 8:
            high[start:end] = True
    return np.asarray(np.flatnonzero(high), dtype=np.int64)


def handoff_share(quality: Quality, period: Period, level: float, moments: Integers) -> Floats:
    """Probability that an incident resolved at a moment was handed on; `level` in the last 90 days."""
    span = max(period.end - 90 * DAY - period.start, DAY)
    back = np.clip((period.end - 90 * DAY - moments) / span, 0.0, 1.0)
    improving = improves(quality, "inc-handoff-trend")
    start = min(0.8, max(level * 1.35, level + 0.09)) if improving else max(level - 0.12, level * 0.55)
    return np.asarray(level + (start - level) * back, dtype=np.float64)


def _break_runs(
    judged: Floats, bad: Integers, centre: float, noise: float, generator: np.random.Generator
) -> None:
    """Put a week clearly below the centre into every run of four, in place."""
    run = 0
    for week in range(len(judged)):
        if run >= 4 and week not in bad:
            judged[week] = min(judged[week], centre - noise * generator.uniform(0.6, 1.4))
        run = run + 1 if judged[week] > centre - 0.5 * noise else 0


def _limits(values: Floats) -> tuple[float, float]:
    moving = np.abs(np.diff(values))
    return float(np.median(values)), float(np.median(moving)) / 0.954


def _controlled(judged: Floats, bad: Integers, centre: float, sigma: float, noise: float) -> bool:
    """Whether exactly the planted weeks are bad, with room for the sampling error of the records."""
    if not 0.7 * noise < sigma < 1.8 * noise:
        return False
    good = np.delete(judged, bad)
    strict = out_of_control(judged - 0.2 * noise, centre, sigma)
    loose = out_of_control(judged + 0.3 * noise, centre, sigma)
    return bool(
        np.array_equal(strict, bad) and np.array_equal(loose, bad) and good.max() < centre + 2.3 * sigma
    )


def _trend(quality: Quality, period: Period, weeks: Integers) -> Floats:
    middle = FIRST_MONDAY + weeks * WEEK + WEEK // 2
    if improves(quality, "inc-resolution-time-trend"):
        strength = 0.25 + 0.2 * (quality.achievement("inc-resolution-time-trend") - 0.5) / 0.5
        back = np.clip((period.end - middle) / (period.end - period.start), 0.0, 1.0)
        return np.asarray(-np.log(1 - strength) * back, dtype=np.float64)
    knee = period.end - 54 * WEEK
    back = np.clip((knee - middle) / max(knee - period.start, 26 * WEEK), 0.0, 1.0)
    return np.asarray(-0.25 * back, dtype=np.float64)

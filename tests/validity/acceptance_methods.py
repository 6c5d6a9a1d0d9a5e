"""The methods on series and levels whose truth is known: trend, control, monotonicity (section 8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from evaluators import ladder
from evaluators.catalogue import Indicator, shipped
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.control import in_control
from evaluators.statistics.trend import SIGNIFICANT, improvement
from tests.validity.figures import Figure, at_least, at_most, shown

SERIES: Final = 4_000
RAISES: Final = 10_000
MONTHS: Final = 24
RECORDS: Final = 200
"""Records a month."""
STARTS: Final = (0.60, 0.70, 0.80, 0.90)
"""Where series start: the nearer to 50 %, the more chance there is in a month."""
SHARE: Final = 0.80
"""The start at which the bar is read."""
GAIN: Final = 0.05
"""Planted over the whole series (section 11, C4)."""
WEEKS: Final = 52
AUTOCORRELATIONS: Final = (0.0, 0.3, 0.6)


def figures(series: int = SERIES, raises: int = RAISES) -> Iterator[Figure]:
    """Yield what methods T and C make of series, and the ladder of better indicators."""
    yield from trends(series)
    yield from controls(series)
    yield at_most(
        "Monotone: random raises of an indicator by which attribute, level or index falls",
        falls(raises),
        0,
        "raises",
        cases=raises,
    )


def trends(series: int) -> Iterator[Figure]:
    """Yield how often a trend is seen where there is none, and where there is one."""
    for phi in AUTOCORRELATIONS:
        for months in (12, MONTHS):
            rng = np.random.default_rng((1, months, round(10 * phi)))
            false = 100 * sum(_significant(_flat(rng, months, phi)) for _ in range(series)) / series
            name = f"Trend method: significant without a trend, AR({phi:g}), {months} months"
            yield at_most(name, false, 7, "%", cases=series)
    for start in STARTS:
        rng = np.random.default_rng(2)
        seen = 100 * sum(_significant(_rising(rng, start)) for _ in range(series)) / series
        rise = (
            f"{100 * start:g} to {100 * (start + GAIN):g} % over {MONTHS} months, {RECORDS} records a month"
        )
        name = f"Trend method: power for {rise}"
        if start == SHARE:
            yield at_least(name, seen, POWER, "%", cases=series, reading=START)
        else:
            word = "reaches" if seen >= POWER else "misses"
            yield shown(
                name, seen, "%", cases=series, reading=f"{word} the bar of {POWER:g} % of the line at 80"
            )


POWER: Final = 60.0
"""Percent (section 11, C4)."""
START = (
    "the model says only '+5 points'; its own simulation (erratum B13: 61-64 % seen, 85 % above 50) is what "
    "this method gives from 75 to 80 % on, so its bar is read at 80 %; other starts stand beside it"
)


def controls(series: int) -> Iterator[Figure]:
    """Yield what the control method makes of a stable process."""
    rng = np.random.default_rng(3)
    judged = [in_control(rng.normal(size=WEEKS)) for _ in range(series)]
    shares = np.array([each.share for each in judged if each is not None])
    yield at_least(
        f"Control method: mean in-control share, {WEEKS} stable weeks",
        float(shares.mean()),
        0.96,
        "",
        cases=series,
    )
    low = 100 * float((np.round(shares, 9) < 0.90).mean())
    yield at_most("Control method: stable series with less than 0.90 in control", low, 10, "%", cases=series)


def falls(raises: int) -> int:
    """Count random raises of one indicator by which something above it falls."""
    rng = np.random.default_rng(4)
    practices = shipped().practices
    return sum(_falls(practices[int(rng.integers(len(practices)))].indicators, rng) for _ in range(raises))


def _falls(indicators: tuple[Indicator, ...], rng: np.random.Generator) -> bool:
    drawn = np.round(rng.beta(0.9, 0.6, len(indicators)), 9).tolist()
    values = [
        None if gone else value for value, gone in zip(drawn, rng.random(len(drawn)) < 0.05, strict=True)
    ]
    place = int(rng.integers(len(values)))
    before = values[place]
    if before is None:
        return False
    raised = [*values]
    raised[place] = round(before + float(rng.random()) * (1 - before), 9)
    one, other = _standing(indicators, values), _standing(indicators, raised)
    lower = any((other[name] or 0.0) < (one[name] or 0.0) for name in one)
    return lower or ladder.level(other) < ladder.level(one) or ladder.index(other) < ladder.index(one)


def _standing(indicators: tuple[Indicator, ...], values: list[float | None]) -> dict[str, float | None]:
    pairs = list(zip(indicators, values, strict=True))
    return {
        name: ladder.attribute_achievement(
            [(each.effective_weight, each.core, value) for each, value in pairs if each.attribute == name]
        )
        for name in ladder.ATTRIBUTES
    }


def _significant(values: FloatArray) -> bool:
    found = improvement(values, np.arange(len(values)), kind="share")
    return found.z_guarded >= SIGNIFICANT


def _flat(rng: np.random.Generator, months: int, phi: float) -> FloatArray:
    """Return monthly percentages around a constant, as noisy as shares of that many records."""
    noise = rng.normal(size=months)
    for month in range(1, months):
        noise[month] = phi * noise[month - 1] + np.sqrt(1 - phi**2) * noise[month]
    deviation = 100 * float(np.sqrt(SHARE * (1 - SHARE) / RECORDS))
    return np.asarray(100 * SHARE + deviation * noise, dtype=np.float64)


def _rising(rng: np.random.Generator, start: float) -> FloatArray:
    shares = np.linspace(start, start + GAIN, MONTHS)
    return np.asarray(100 * rng.binomial(RECORDS, shares) / RECORDS, dtype=np.float64)

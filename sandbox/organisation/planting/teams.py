"""Teams that fall behind the others so clearly that records show it (section 5.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.numbers import Floats, Integers, subset

MOST = 0.47
"""Share of the volume above which those that fall behind would become the rule."""
HIGHEST, LOWEST = 0.985, 0.02


@dataclass(frozen=True)
class Rates:
    """The rate (0-1) of every team, and what they come to together."""

    behind: Integers
    rates: Floats
    pooled: float


def behind(
    volumes: Floats, conforming: float, generator: np.random.Generator, smallest: float = 60
) -> Integers:
    """Choose teams with about 1 - `conforming` of the volume, of those large enough to be told."""
    able = np.flatnonzero(volumes >= smallest)
    total = float(volumes.sum())
    return np.asarray(able[subset(volumes[able], (1 - conforming) * total, generator, MOST * total)])


def rates_of(volumes: Floats, chosen: Integers, pooled: float, gap: float, least: float) -> Rates:
    """Return rates that come to `pooled`, those of the chosen lower by `gap`.

    Lower by `least` where it is tight; where even that does not go together the pooled rate gives way.
    """
    share = float(volumes[chosen].sum() / volumes.sum())
    if not share:
        return Rates(chosen, np.full(len(volumes), pooled), pooled)
    distance = min(gap, (HIGHEST - pooled) / share, (pooled - LOWEST) / (1 - share))
    distance = max(distance, least)
    good = min(max(pooled + share * distance, LOWEST + distance), HIGHEST)
    rates = np.full(len(volumes), good)
    rates[chosen] = good - distance
    return Rates(chosen, rates, good - share * distance)

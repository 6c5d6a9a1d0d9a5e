"""Control limits of funnel plots.

Spiegelhalter 2005, "Funnel plots for comparing institutional performance", Statistics in Medicine 24.
"""

from __future__ import annotations

import math

TAILS = (0.025, 0.001)
"""Probability outside on each side: 95 % and 99.8 % limits."""
DEVIATES = (1.959964, 3.090232)
"""The same of a normal distribution."""

Limits = tuple[float, float]


def binomial_limits(centre: float, n: int) -> tuple[Limits, Limits]:
    """Return the 95 % and 99.8 % limits of a share in %, of `n` records around `centre` %.

    Exact binomial quantiles, interpolated between whole numbers of records (appendix A.1.1 there).
    """
    p = min(max(centre / 100, 0.0), 1.0)
    inner, outer = ((_quantile(tail, n, p), _quantile(1 - tail, n, p)) for tail in TAILS)
    return inner, outer


def limits_of_interval(centre: float, low: float, high: float) -> tuple[Limits, Limits]:
    """Return limits around `centre` as wide as a 95 % interval of a value tells, taken as normal."""
    deviation = (high - low) / 2 / DEVIATES[0]
    inner, outer = ((centre - z * deviation, centre + z * deviation) for z in DEVIATES)
    return inner, outer


def _quantile(probability: float, n: int, p: float) -> float:
    """Return the share in % below which a binomial count lies with a probability."""
    from scipy.stats import binom

    if p in (0.0, 1.0):
        return 100 * p
    count = float(binom.ppf(probability, n, p))
    reached, here = float(binom.cdf(count, n, p)), float(binom.pmf(count, n, p))
    step = (reached - probability) / here if here > 0 else 0.0
    share = (count - step) / n
    return 100 * min(max(share, 0.0), 1.0) if math.isfinite(share) else 100 * count / n

"""Method C: the in-control share of a series (section 5.5, erratum B11)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluators.statistics.arrays import BoolArray, FloatArray

FEWEST_POINTS = 26
"""Two halves of at least 13 points each."""
_MOVING_RANGE = 0.954
"""Median of |x - y| over sigma for two independent normal values (XmR)."""
_LIMIT = 3.0
_RUN = 8


@dataclass(frozen=True, eq=False)
class ControlResult:
    """What the second half of a series looks like beside the first."""

    share: float
    """Share 0-1 of the judged points that are not bad."""
    centre: float
    sigma: float
    bad: BoolArray
    """One entry per judged point (phase II)."""
    first_judged: int
    """Position in the series of the first judged point."""


def in_control(values: FloatArray) -> ControlResult | None:
    """Judge the second half of `values` (high = bad) against the first.

    Phase I, the first floor(n/2) points, gives centre = median and sigma = median moving range / 0.954; a
    later point is bad above centre + 3 sigma or inside a run of 8 or more above centre, all of the run, where
    runs start within phase II. None when phase I does not vary (sigma 0: insufficient sample).
    """
    first_judged = len(values) // 2
    if first_judged < 2:
        return None
    phase_one, phase_two = values[:first_judged], values[first_judged:]
    centre = float(np.median(phase_one))
    sigma = float(np.median(np.abs(np.diff(phase_one)))) / _MOVING_RANGE
    if sigma <= 0:
        return None
    bad = (phase_two > centre + _LIMIT * sigma) | _in_long_run(phase_two > centre)
    return ControlResult(float(1 - bad.mean()), centre, sigma, bad, first_judged)


def _in_long_run(above: BoolArray) -> BoolArray:
    """Mark every point of a run of at least 8."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], above, [False])).astype(np.int8)))
    marked = np.zeros(len(above), dtype=np.bool_)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        marked[start:end] = end - start >= _RUN
    return marked

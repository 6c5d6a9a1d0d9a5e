"""Intervals of week blocks: simulated organisations whose weeks differ by more than chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evaluators.measures.blocks import block_draws, block_interval
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.intervals import percentile_interval

Interval = Callable[[FloatArray, IntArray], tuple[float, float]]
TRUE_SHARE = 0.8
ORGANISATIONS = 1_500


def plain(draws: FloatArray, _weeks: IntArray) -> tuple[float, float]:
    return percentile_interval(draws)


def coverage(blocks: int, *intervals: Interval) -> list[float]:
    """Percent of the organisations whose share lies inside; weeks differ in volume and in share."""
    generator, inside = np.random.default_rng(blocks), np.zeros(len(intervals))
    weeks = np.arange(blocks)
    for _ in range(ORGANISATIONS):
        records = 5 + generator.negative_binomial(12, 12 / (12 + 35), blocks)
        good = generator.binomial(records, generator.beta(49 * TRUE_SHARE, 49 * (1 - TRUE_SHARE), blocks))
        sums = np.column_stack([good, records])
        draws = block_draws(generator, weeks, records, sums, 1_000)
        bounds = [interval(draws[:, 0] / draws[:, 1], weeks) for interval in intervals]
        inside += [low <= TRUE_SHARE <= high for low, high in bounds]
    return [100.0 * each / ORGANISATIONS for each in inside]


@pytest.mark.parametrize("blocks", [8, 13, 26])
def test_the_interval_of_few_weeks_holds_the_truth_as_often_as_it_says(blocks: int) -> None:
    assert 93 <= coverage(blocks, block_interval)[0] <= 97


def test_plain_percentiles_of_eight_weeks_are_too_narrow() -> None:
    assert coverage(8, plain)[0] < 90


def test_of_many_weeks_plain_percentiles_are_all_but_the_same() -> None:
    draws = np.random.default_rng(1).normal(size=1_000)
    assert block_interval(draws, np.arange(520)) == pytest.approx(percentile_interval(draws), abs=0.05)


def test_where_single_records_are_resampled_their_percentiles_stand() -> None:
    draws = np.random.default_rng(1).normal(size=1_000)
    assert block_interval(draws, np.arange(7)) == percentile_interval(draws)

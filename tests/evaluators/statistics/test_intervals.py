from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from evaluators.statistics.intervals import (
    half_width,
    median_interval,
    median_ranks,
    percentile_interval,
    wilson,
    wilson_many,
)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (3, 10), (81, 263), (15, 148), (1, 1)])
def test_wilson_agrees_with_scipy(successes: int, trials: int) -> None:
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_takes_another_confidence() -> None:
    expected = binomtest(3, 10).proportion_ci(confidence_level=0.8, method="wilson")
    assert wilson(3, 10, 0.8) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_without_trials_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_none_and_all_reach_the_end_exactly() -> None:
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=20))
@settings(max_examples=100, derandomize=True)
def test_many_intervals_are_those_one_by_one(cases: list[tuple[int, int]]) -> None:
    trials = [hits + misses for hits, misses in cases]
    low, high = wilson_many([hits for hits, _ in cases], trials)
    expected = [wilson(hits, n) for (hits, _), n in zip(cases, trials, strict=True)]
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == expected


@pytest.mark.parametrize(
    ("n", "ranks"), [(1, (1, 1)), (2, (1, 2)), (5, (1, 5)), (30, (10, 21)), (100, (41, 60)), (101, (41, 61))]
)
def test_the_ranks_around_a_median_are_symmetric(n: int, ranks: tuple[int, int]) -> None:
    assert median_ranks(n) == ranks


def test_the_interval_of_a_median_is_made_of_values() -> None:
    assert median_interval(np.arange(1.0, 101.0)) == (41.0, 60.0)


def test_the_interval_of_a_median_holds_it_in_95_percent_of_samples() -> None:
    samples = np.sort(np.random.default_rng(12).lognormal(sigma=1.5, size=(2_000, 60)), axis=1)
    held = [low <= 1.0 <= high for low, high in map(median_interval, samples)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_the_percentile_interval_leaves_five_percent_outside() -> None:
    assert percentile_interval(np.linspace(0, 1000, 1001)) == (25.0, 975.0)


def test_the_percentile_interval_ignores_draws_without_value() -> None:
    assert percentile_interval(np.array([np.nan, 1.0, 1.0])) == (1.0, 1.0)


def test_half_width_is_half_of_the_interval() -> None:
    assert half_width(20.0, 80.0) == 30.0

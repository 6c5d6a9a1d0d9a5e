from __future__ import annotations

import numpy as np
import pytest

from evaluators.statistics.resampling import (
    binomial_share_draws,
    block_weights,
    generator,
    median_draws,
    multinomial_counts,
    seed_of,
)


def test_equal_inputs_give_equal_draws() -> None:
    first, second = (generator(seed_of("catalogue", "snapshot", "organisation", "x")) for _ in range(2))
    assert first.random(5).tolist() == second.random(5).tolist()


def test_the_seed_is_the_same_on_every_machine_and_version() -> None:
    assert seed_of("a", "b") % 10**12 == 898245777119
    assert generator(seed_of("a", "b")).integers(0, 10**6, 3).tolist() == [79727, 991678, 753924]


@pytest.mark.parametrize("other", [("ab", "c"), ("a", "b", "c"), ("abc",), ("a", "cb")])
def test_other_inputs_give_another_seed(other: tuple[str, ...]) -> None:
    assert seed_of(*other) != seed_of("a", "bc")


def test_each_resample_takes_as_many_blocks_as_there_are() -> None:
    weights = block_weights(generator(1), blocks=13, draws=200)
    assert weights.shape == (200, 13)
    assert (weights.sum(axis=1) == 13).all()
    assert weights.mean() == 1.0


def test_resampled_counts_keep_their_total() -> None:
    counts = multinomial_counts(generator(2), [5, 0, 95], draws=500)
    assert counts.dtype == np.float64
    assert (counts.sum(axis=1) == 100).all()
    assert (counts[:, 1] == 0).all()
    assert counts[:, 0].mean() == pytest.approx(5, abs=0.5)


def test_no_records_resample_to_none() -> None:
    assert multinomial_counts(generator(2), [0, 0], draws=3).tolist() == [[0.0, 0.0]] * 3


def test_share_draws_spread_like_the_share() -> None:
    draws = binomial_share_draws(generator(3), 30, 100, draws=4_000)
    assert draws.mean() == pytest.approx(0.3, abs=0.005)
    assert draws.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 100), rel=0.05)


def test_a_share_without_trials_has_no_draws() -> None:
    assert np.isnan(binomial_share_draws(generator(3), 0, 0, draws=2)).all()


@pytest.mark.parametrize("n", [1, 2, 7, 40, 41])
def test_median_draws_are_distributed_like_medians_of_resamples(n: int) -> None:
    values = np.sort(generator(n).lognormal(sigma=1.5, size=n))
    taken = generator(5).integers(0, n, size=(20_000, n))
    resampled = np.median(values[taken], axis=1)
    drawn = median_draws(generator(6), values, 20_000)
    points = [0.05, 0.25, 0.5, 0.75, 0.95]
    below = [
        [np.mean(draws <= value) for value in np.quantile(resampled, points)] for draws in (resampled, drawn)
    ]
    assert below[1] == pytest.approx(below[0], abs=0.015)

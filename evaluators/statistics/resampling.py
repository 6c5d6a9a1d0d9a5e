"""Resampling: what the same organisation could have shown by chance (sections 5.3 B and 6.4, erratum B8).

Every function takes the generator of `generator(seed_of(...))`, so that draws depend on the inputs only.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import ArrayLike

from evaluators.statistics.arrays import FloatArray, IntArray

INTERVAL_DRAWS = 1_000
"""Resamples of a bootstrap interval (section 5.3 B)."""
CONFIDENCE_DRAWS = 200
"""Resamples of the whole chain for the confidence of a level (section 6.4)."""


def seed_of(*parts: str) -> int:
    """Return a seed from catalogue hash, snapshot id, scope and indicator (SHA-256, erratum B8).

    Parts are set off by their length, so ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return int.from_bytes(digest.digest(), "big")


def generator(seed: int) -> np.random.Generator:
    """Return the generator of `seed`; PCG64 by name, so that a new default of NumPy changes nothing."""
    return np.random.Generator(np.random.PCG64(seed))


def block_weights(rng: np.random.Generator, blocks: int, draws: int) -> IntArray:
    """Return how often each block is taken in each resample, shape (draws, blocks).

    Blocks are ISO weeks of the window date, or records where there are fewer than 8 weeks; the rows of the
    result times the per-block sums give the resampled sums.
    """
    counts = rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=draws)
    return counts.astype(np.int64)


def multinomial_counts(rng: np.random.Generator, counts: ArrayLike, draws: int) -> FloatArray:
    """Return resampled counts of the categories, shape (draws, categories)."""
    given = np.asarray(counts, dtype=np.int64)
    total = int(given.sum())
    if total == 0:
        return np.zeros((draws, len(given)), dtype=np.float64)
    return rng.multinomial(total, given / total, size=draws).astype(np.float64)


def binomial_share_draws(rng: np.random.Generator, successes: int, trials: int, draws: int) -> FloatArray:
    """Return resampled proportions 0-1, shape (draws,); NaN without trials."""
    if trials == 0:
        return np.full(draws, np.nan)
    return rng.binomial(trials, successes / trials, size=draws).astype(np.float64) / trials


def median_draws(rng: np.random.Generator, sorted_values: FloatArray, draws: int) -> FloatArray:
    """Return bootstrap medians of ascending, non-empty values, shape (draws,).

    Exact and without resampling n values: the records of a resample sit at independent uniform positions
    of the sample, and the k-th smallest of n uniforms is Beta(k, n + 1 - k). For odd n one such position is
    the median; for even n the mean of the two in the middle, where the upper one given the lower is
    lower + (1 - lower) · Beta(1, n/2).
    """
    n = len(sorted_values)
    lower_rank = (n + 1) // 2
    lower = rng.beta(lower_rank, n + 1 - lower_rank, size=draws)
    if n % 2:
        return sorted_values[_positions(lower, n)].astype(np.float64)
    upper = lower + (1.0 - lower) * rng.beta(1.0, n / 2, size=draws)
    middle = (sorted_values[_positions(lower, n)] + sorted_values[_positions(upper, n)]) / 2
    return middle.astype(np.float64)


def _positions(uniform: FloatArray, n: int) -> IntArray:
    return np.minimum((uniform * n).astype(np.int64), n - 1)

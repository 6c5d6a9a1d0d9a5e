"""Resampling of rows that are already aggregated: by ISO week, or by record where weeks are few."""

from __future__ import annotations

import numpy as np

from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.resampling import block_weights, multinomial_counts

MINIMUM_BLOCKS = 8
"""Weeks from which on whole weeks are resampled (method B, section 5.3)."""


def block_draws(
    generator: np.random.Generator, weeks: IntArray, counts: IntArray, sums: IntArray, draws: int
) -> FloatArray:
    """Return resampled column sums, shape (draws, columns of `sums`).

    Row i of `sums` holds the sums over `counts[i]` alike records of week `weeks[i]`. With at least eight
    weeks whole weeks are drawn with replacement, else single records.
    """
    blocks = int(weeks.max()) + 1 if len(weeks) else 0
    if blocks >= MINIMUM_BLOCKS:
        by_week = np.zeros((blocks, sums.shape[1]))
        np.add.at(by_week, weeks, sums)
        return np.asarray(block_weights(generator, blocks, draws) @ by_week, dtype=np.float64)
    each = sums / np.maximum(counts, 1)[:, None]
    return np.asarray(multinomial_counts(generator, counts, draws) @ each, dtype=np.float64)

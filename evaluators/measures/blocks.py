"""Resampling of rows that are already aggregated: by ISO week, or by record where weeks are few."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.intervals import expanded, percentile_interval
from evaluators.statistics.resampling import block_weights, multinomial_counts

MINIMUM_BLOCKS = 8
"""Weeks from which on whole weeks are resampled (method B, section 5.3)."""


def block_draws(
    generator: np.random.Generator, weeks: IntArray, counts: IntArray, sums: IntArray, draws: int
) -> FloatArray:
    """Return resampled column sums, shape (draws, columns of `sums`).

    Row i of `sums` holds the sums over `counts[i]` alike records of week `weeks[i]`. With at least eight
    weeks whole weeks are drawn with replacement, else single records: as many of each kind as it happens,
    so that very many alike ones cost no more than few.
    """
    blocks = int(weeks.max()) + 1 if len(weeks) else 0
    if blocks >= MINIMUM_BLOCKS:
        by_week = np.zeros((blocks, sums.shape[1]))
        np.add.at(by_week, weeks, sums)
        return np.asarray(block_weights(generator, blocks, draws) @ by_week, dtype=np.float64)
    alike, kinds = np.unique(sums / np.maximum(counts, 1)[:, None], axis=0, return_inverse=True)
    records = np.bincount(kinds.ravel(), weights=counts, minlength=len(alike))
    return np.asarray(multinomial_counts(generator, records, draws) @ alike, dtype=np.float64)


def category_draws(
    generator: np.random.Generator, weeks: IntArray, categories: IntArray, counts: IntArray, draws: int
) -> FloatArray:
    """Return resampled numbers of records by category, shape (draws, categories).

    Row i stands for `counts[i]` records of a category in a week; categories are numbered from 0 without gaps.
    """
    blocks = int(weeks.max()) + 1 if len(weeks) else 0
    width = int(categories.max()) + 1 if len(categories) else 0
    if blocks >= MINIMUM_BLOCKS:
        by_week = np.zeros((blocks, width))
        np.add.at(by_week, (weeks, categories), counts)
        return np.asarray(block_weights(generator, blocks, draws) @ by_week, dtype=np.float64)
    return multinomial_counts(generator, np.bincount(categories, weights=counts, minlength=width), draws)


def block_interval(draws: FloatArray, weeks: IntArray) -> tuple[float, float]:
    """Return the interval of resampled values (method B), expanded where whole weeks were resampled.

    The percentiles themselves are too narrow for so few blocks (`expanded`); of records there are enough.
    """
    blocks = int(weeks.max()) + 1 if len(weeks) else 0
    return percentile_interval(draws, expanded(blocks) if blocks >= MINIMUM_BLOCKS else 0.95)


def record_weights(generator: np.random.Generator, weeks: IntArray, draws: int) -> Iterator[IntArray]:
    """Yield for each resample how often every record is in it: whole weeks from eight on, else records."""
    blocks = int(weeks.max()) + 1 if len(weeks) else 0
    if blocks >= MINIMUM_BLOCKS:
        for taken in block_weights(generator, blocks, draws):
            yield taken[weeks]
        return
    for _ in range(draws):
        yield np.bincount(generator.integers(0, len(weeks), len(weeks)), minlength=len(weeks))

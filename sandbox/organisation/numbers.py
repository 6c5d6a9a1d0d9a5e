"""Chance under control: streams by purpose, and draws that keep their share in every stretch of time."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the random numbers of one purpose, so that changing another purpose leaves them alone."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def stratified(count: int, generator: np.random.Generator, block: int = 200) -> Floats:
    """Draw uniform numbers of which every `block` neighbours cover 0-1 evenly."""
    blocks = -(-count // block)
    ranks = generator.random((blocks, block)).argsort(axis=1).ravel()[:count]
    return np.asarray((ranks + generator.random(count)) / block, dtype=np.float64)


def quota(share: Floats, keys: Floats, eligible: Flags | None = None, block: int = 20) -> Flags:
    """Choose `share` of the records, exactly in every block of neighbours, those with the lowest keys first.

    `share` is a probability by record; what a block cannot give for want of eligible records is made up
    for by the next ones.
    """
    allowed = np.ones(len(share), dtype=np.bool_) if eligible is None else eligible
    chosen = np.zeros(len(share), dtype=np.bool_)
    wanted = np.cumsum(share) + 0.5
    given = 0
    for start in range(0, len(share), block):
        end = min(start + block, len(share))
        free = start + np.flatnonzero(allowed[start:end])
        take = min(len(free), max(0, int(wanted[end - 1]) - given))
        chosen[free[keys[free].argsort(kind="stable")[:take]]] = True
        given += take
    return chosen


def pick(
    share: float | Floats,
    among: Flags,
    order: Integers,
    generator: np.random.Generator,
    eligible: Flags | None = None,
    block: int = 20,
) -> Flags:
    """Choose at random `share` of the records `among`, in the order of time given, as `quota` does."""
    rate = np.broadcast_to(np.asarray(share, dtype=np.float64), among.shape) * among
    allowed = among if eligible is None else among & eligible
    inside = order[among[order]]
    keys = generator.random(len(among))
    chosen = np.zeros(len(among), dtype=np.bool_)
    chosen[inside] = quota(rate[inside], keys[inside], allowed[inside], block)
    return chosen


def subset(
    volumes: Floats,
    target: float,
    generator: np.random.Generator,
    most: float = np.inf,
    tries: int = 300,
) -> Integers:
    """Choose members whose volumes add up to `target` as nearly as `tries` attempts find, below `most`."""
    best, gap = np.zeros(0, dtype=np.int64), abs(target)
    for _ in range(tries):
        chosen, total = [], 0.0
        for index in generator.permutation(len(volumes)):
            more = total + float(volumes[index])
            if more <= most and abs(more - target) < abs(total - target):
                chosen.append(int(index))
                total = more
        if abs(total - target) < gap - 1e-12:
            best, gap = np.array(sorted(chosen), dtype=np.int64), abs(total - target)
    return best


def medians(values: Floats, index: Integers, size: int) -> Floats:
    """Median by group; not a number where a group has none."""
    order = np.lexsort((values, index))
    ordered = values[order]
    counts = np.bincount(index, minlength=size)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    result = np.full(size, np.nan)
    full = counts > 0
    low = ordered[(starts + (counts - 1) // 2)[full]]
    high = ordered[(starts + counts // 2)[full]]
    result[full] = (low + high) / 2
    return result


def rank_within(index: Integers) -> Integers:
    """Position of each element among those of its group, in the order given."""
    order = np.argsort(index, kind="stable")
    counts = np.bincount(index) if len(index) else np.zeros(0, dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1])) if len(counts) else counts
    ranks = np.empty(len(index), dtype=np.int64)
    ranks[order] = np.arange(len(index)) - np.repeat(starts, counts)
    return ranks


def drawn(options: Mapping[str, float], count: int, generator: np.random.Generator) -> Words:
    """Draw names by their weights; the name "" stands for None."""
    limits = np.cumsum(list(options.values()))
    position = np.searchsorted(limits, generator.random(count) * limits[-1], side="right")
    names = np.array([name or None for name in options], dtype=np.object_)
    return np.asarray(names[np.minimum(position, len(names) - 1)], dtype=np.object_)


def log_normal(median: float | Floats, sigma: float, count: int, generator: np.random.Generator) -> Integers:
    """Draw whole positive numbers whose logarithms are normal, such as durations in seconds."""
    drawn_ = np.asarray(median) * np.exp(sigma * generator.standard_normal(count))
    return np.asarray(np.maximum(drawn_, 1), dtype=np.int64)


def between(low: Integers, high: Integers, share: Floats | float) -> Integers:
    """Return what lies `share` (0-1) of the way from `low` to `high`."""
    return np.asarray(low + (share * (high - low)).astype(np.int64), dtype=np.int64)

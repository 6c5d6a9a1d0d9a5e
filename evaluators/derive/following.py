"""What came next with the same keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from evaluators.derive.columns import Moments
from evaluators.statistics.arrays import BoolArray, IntArray


def next_after(
    rows: pa.Table, keys: Sequence[str], opened: Moments, resolved: Moments, counts: BoolArray
) -> Moments:
    """Return when the next counting record with equal keys was opened after this one was resolved.

    Records with an empty key, and records without a later one, are unknown.
    """
    number, complete = _numbered(rows, keys)
    candidates = complete & counts & opened.known
    # Key in the high part, second in the low part: one sorted array answers for all keys at once.
    # Moments before 1970 are negative, so seconds count from the earliest of all.
    earliest = int(min(opened.values.min(initial=0), resolved.values.min(initial=0)))
    latest = int(max(opened.values.max(initial=0), resolved.values.max(initial=0)))
    span = latest - earliest + 2
    sorted_openings = np.sort(number[candidates] * span + opened.values[candidates] - earliest)
    wanted = number * span + resolved.values - earliest
    place = np.searchsorted(sorted_openings, wanted, side="right")
    found = np.append(sorted_openings, np.int64(-1))[np.minimum(place, len(sorted_openings))]
    known = complete & resolved.known & (place < len(sorted_openings)) & (found // span == number)
    return Moments(np.where(known, found % span + earliest, 0), known)


def _numbered(rows: pa.Table, keys: Sequence[str]) -> tuple[IntArray, BoolArray]:
    number = np.zeros(len(rows), np.int64)
    complete = np.ones(len(rows), np.bool_)
    for key in keys:
        encoded = rows.column(key).combine_chunks().dictionary_encode()
        known = np.asarray(encoded.is_valid())
        index = np.asarray(encoded.indices.fill_null(0), dtype=np.int64)
        number, complete = number * (len(encoded.dictionary) + 1) + index, complete & known
    _, compact = np.unique(number, return_inverse=True)
    return compact.astype(np.int64), complete

"""Names by pattern: departments of groups, kinds of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
import pyarrow as pa

from evaluators.statistics.arrays import BoolArray


def department_of(groups: pa.ChunkedArray, departments: Mapping[str, str]) -> pa.Array:
    """Return the department of each group by the first pattern that fits, without case; empty for none."""
    encoded = groups.combine_chunks().dictionary_encode()
    names = [
        next((name for pattern, name in departments.items() if _fits(group, pattern)), None)
        for group in encoded.dictionary.to_pylist()
    ]
    return pa.array(names, pa.string()).take(encoded.indices)


def matches(values: pa.ChunkedArray, patterns: Sequence[str]) -> BoolArray:
    """Say which values fit one of the patterns, without case; empty ones fit none."""
    encoded = values.combine_chunks().dictionary_encode()
    fit = [any(_fits(value, pattern) for pattern in patterns) for value in encoded.dictionary.to_pylist()]
    index = np.asarray(encoded.indices.fill_null(len(fit)), dtype=np.int64)
    return np.array([*fit, False], dtype=np.bool_)[index]


def _fits(value: str, pattern: str) -> bool:
    return fnmatchcase(value.casefold(), pattern.casefold())

"""Names by pattern: departments of groups, kinds of states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase, translate

import numpy as np
import pyarrow as pa

from evaluators.statistics.arrays import BoolArray

WILD = frozenset("*?[")
"""Signs that make a pattern out of a name."""


def department_of(groups: pa.ChunkedArray, departments: Mapping[str, str]) -> pa.Array:
    """Return the department of each group by the first pattern that fits, without case; empty for none."""
    encoded = groups.combine_chunks().dictionary_encode()
    plain: dict[str, tuple[int, str]] = {}
    patterns: list[tuple[int, re.Pattern[str], str]] = []
    # Thousands of groups may be named one by one: only real patterns are tried one after the other.
    for position, (pattern, name) in enumerate(departments.items()):
        if WILD.isdisjoint(pattern):
            plain.setdefault(pattern.casefold(), (position, name))
        else:
            patterns.append((position, re.compile(translate(pattern.casefold())), name))
    names = [_first(group.casefold(), plain, patterns) for group in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)


def _first(
    group: str, plain: Mapping[str, tuple[int, str]], patterns: Sequence[tuple[int, re.Pattern[str], str]]
) -> str | None:
    position, found = plain.get(group, (None, None))
    for earlier, pattern, name in patterns:
        if position is not None and earlier > position:
            break
        if pattern.match(group):
            return name
    return found


def matches(values: pa.ChunkedArray, patterns: Sequence[str]) -> BoolArray:
    """Say which values fit one of the patterns, without case; empty ones fit none."""
    encoded = values.combine_chunks().dictionary_encode()
    fit = [any(_fits(value, pattern) for pattern in patterns) for value in encoded.dictionary.to_pylist()]
    index = np.asarray(encoded.indices.fill_null(len(fit)), dtype=np.int64)
    return np.array([*fit, False], dtype=np.bool_)[index]


def _fits(value: str, pattern: str) -> bool:
    return fnmatchcase(value.casefold(), pattern.casefold())

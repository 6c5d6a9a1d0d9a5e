"""Membership of names, for columns of many thousands."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.numbers import Flags, Words


def among(values: Words, names: Words) -> Flags:
    """Say which values are among the names, as numpy's `isin` but by hash: objects it compares one by one."""
    known = set(names.tolist())
    return np.fromiter((value in known for value in values.tolist()), dtype=np.bool_, count=len(values))

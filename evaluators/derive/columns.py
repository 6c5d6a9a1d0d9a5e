"""Columns as arrays of whole seconds or numbers with a mask of what is known, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evaluators.derive.business_time import DAY, BusinessTime
from evaluators.statistics.arrays import BoolArray, IntArray


@dataclass(frozen=True)
class Numbers:
    """Whole numbers; where `known` is false the value is 0 and means nothing."""

    values: IntArray
    known: BoolArray


class Moments(Numbers):
    """UTC seconds since 1970."""


def moments(rows: pa.Table, column: str) -> Moments:
    """Read a timestamp column; fractions of a second are dropped."""
    values = rows.column(column).cast(pa.timestamp("us")).to_numpy()
    known = ~np.isnat(values)
    seconds = values.astype("datetime64[s]").astype(np.int64)
    return Moments(np.where(known, seconds, 0), known)


def numbers(rows: pa.Table, column: str) -> Numbers:
    """Read an integer column."""
    values = rows.column(column)
    known = np.asarray(values.is_valid())
    return Numbers(np.asarray(values.cast(pa.int64()).fill_null(0), dtype=np.int64), known)


def flags(rows: pa.Table, column: str) -> BoolArray:
    """Read a boolean column; empty counts as false."""
    return np.asarray(rows.column(column).fill_null(False), dtype=np.bool_)


def stored_numbers(values: IntArray, known: BoolArray) -> pa.Array:
    """Write an integer column, empty where not known."""
    return pa.array(np.asarray(values, dtype=np.int64), mask=~known)


def stored_moments(column: Moments) -> pa.Array:
    """Write a timestamp column."""
    return pa.array(column.values.astype("datetime64[s]").astype("datetime64[us]"), mask=~column.known)


def stored_days(column: Moments, time: BusinessTime) -> pa.Array:
    """Write the day of each moment on the clock of the assessment's zone."""
    return pa.array((time.local(column.values) // DAY).astype("datetime64[D]"), mask=~column.known)

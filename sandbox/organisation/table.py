"""Rows by column, with times as seconds until somebody reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sandbox.organisation.numbers import Flags, Integers, Words

Cell = str | int | bool | None
Columns = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]


@dataclass(frozen=True)
class Table:
    """Columns of equal length: objects as they are, times as `datetime64[s]`, UTC."""

    columns: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values())))

    def column(self, name: str) -> list[Cell]:
        """Return one column; times in ISO 8601, None where there is no value."""
        values = self.columns[name]
        if values.dtype.kind != "M":
            return list(values.tolist())
        texts = np.datetime_as_string(values.astype("datetime64[s]")).tolist()
        return [None if text == "NaT" else f"{text}Z" for text in texts]

    def rows(self) -> Iterator[dict[str, Cell]]:
        """Yield every row by column name."""
        names = list(self.columns)
        for cells in zip(*(self.column(name) for name in names), strict=True):
            yield dict(zip(names, cells, strict=True))


def words(values: object, where: Flags | None = None) -> Words:
    """Return values as objects, None where `where` is false."""
    result = np.asarray(values).astype(np.object_)
    if where is not None:
        result[~where] = None
    return result


def times(
    seconds: Integers, where: Flags | None = None
) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
    """Return seconds as times, NaT where `where` is false."""
    result = seconds.astype("datetime64[s]")
    if where is not None:
        result[~where] = np.datetime64("NaT")
    return result

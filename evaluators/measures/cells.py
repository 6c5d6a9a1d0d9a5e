"""Cells: records that agree in some columns, such as service and category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from evaluators.measures.base import codes
from evaluators.measures.population import Population
from evaluators.predicates import Predicate
from evaluators.statistics.arrays import IntArray

Columns = Annotated[list[str], Field(min_length=1)]
"""Columns that make up a cell; a record with one of them empty is in no cell."""


class Cells(BaseModel):
    """Only records of cells that hold at least so many records count."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Columns
    minimum: Annotated[int, Field(ge=1)]

    def condition(self, population: Population, counted: str) -> str:
        """Return the condition on a record of the population for which `counted` holds already."""
        return in_cells(self.by, population, self.by, counted, self.minimum)


def in_cells(own: Sequence[str], other: Population, named: Sequence[str], counted: str, minimum: int) -> str:
    """Return the condition that a record's cell is named at least `minimum` times by other records."""
    return (
        f"{complete(own)} AND {_tuple(own)} IN (SELECT {_tuple(named)} FROM {other.relation} "
        f"WHERE {other.where} AND {counted} AND {complete(named)} "
        f"GROUP BY {', '.join(named)} HAVING COUNT(*) >= {minimum})"
    )


def complete(columns: Sequence[str]) -> str:
    """Return the condition that none of the columns is empty."""
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)


def condition_of(where: Predicate | None) -> str:
    """Return a condition that may be left out."""
    return f"({where.sql})" if where else "TRUE"


def numbered_cells(rows: pa.Table, columns: Sequence[str]) -> tuple[IntArray, list[str]]:
    """Return the number of each row's cell, and the names of the cells for people."""
    index, keys = codes(rows, *columns)
    return index, [cell_name(key) for key in keys]


def cell_name(key: Sequence[Any]) -> str:
    """Return a cell's name: its values with a stroke between."""
    return " / ".join("(empty)" if part is None else str(part) for part in key)


def numbered(values: IntArray) -> IntArray:
    """Number values from 0 without gaps, as blocks must be."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _tuple(columns: Sequence[str]) -> str:
    return f"({', '.join(columns)})" if len(columns) > 1 else columns[0]

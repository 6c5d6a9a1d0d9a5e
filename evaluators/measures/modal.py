"""Modal share: records whose value follows the rule of their cell (method P)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from evaluators.measures.base import (
    Context,
    MeasureModel,
    insufficient,
    worst_groups,
)
from evaluators.measures.counted import counted_share
from evaluators.measures.population import Population
from evaluators.results import Measurement


class Row(NamedTuple):
    """Some records of one team with one value, and whether they follow the rule of their cell."""

    team: str | None
    value: int | None
    n: int
    follows: bool


class Dominance(BaseModel):
    """A rule that hardly ever gives another value does not discriminate, so achievement is capped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    above: float
    """Percent of records with the most frequent value above which the cap holds."""
    cap: float
    """Highest achievement in percent."""


class ModalShare(MeasureModel):
    """100 × records with the declared value, else with the usual value of their cell / records (A5).

    Records whose cell is complete but that have no value follow no rule and count against it.
    """

    family: Literal["modal_share"]
    value: str
    cells: Annotated[list[str], Field(min_length=1)]
    declared: str
    """Column with the value that the declared rule gives; used where the policy declares one."""
    dominance: Dominance
    group: str = "assignment_group"

    def needs(self) -> tuple[str, ...]:
        """Value and cells."""
        return (self.value, *self.cells)

    def shown(self) -> tuple[str, ...]:
        """Return the declared value and the column of the groups."""
        return (self.declared, self.group)

    def sql(self, population: Population) -> str:
        """Count by department, group, cell, value and declared value."""
        complete = " AND ".join(f"{column} IS NOT NULL" for column in self.cells)
        cells = ", ".join(self.cells)
        order = ", ".join(str(number) for number in range(1, len(self.cells) + 5))
        return (
            f"SELECT department, {self.group} AS team, {self.value} AS value, {self.declared} AS declared, "
            f"{cells}, COUNT(*) AS n FROM {population.relation} WHERE {population.where} AND {complete} "
            f"GROUP BY {order} ORDER BY {order}"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Compare each record with the value of its cell."""
        counted = self._rows(rows)
        records = sum(row.n for row in counted)
        if records < context.minimum:
            return insufficient(f"{records} of at least {context.minimum} records", records)
        followed = sum(row.n for row in counted if row.follows)
        values: Counter[int] = Counter()
        for row in counted:
            if row.value is not None:
                values[row.value] += row.n
        frequent, most = usual_value(values) or (None, 0)
        dominated = 100 * most > self.dominance.above * records
        return counted_share(
            followed,
            records,
            self._reason(frequent, most, records, dominated),
            context,
            (("most frequent value", most),),
            cap=self.dominance.cap / 100 if dominated else 1.0,
            groups=_groups(counted),
        )

    def _rows(self, rows: pa.Table) -> list[Row]:
        """Return the rows with the verdict whether they follow the rule of their cell."""
        plain = rows.to_pylist()
        cells: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for row in plain:
            if row["value"] is not None:
                cells[self._cell(row)][row["value"]] += row["n"]
        return [Row(row["team"], row["value"], row["n"], self._follows(row, cells)) for row in plain]

    def _follows(self, row: dict[str, Any], cells: Mapping[tuple[int, ...], Counter[int]]) -> bool:
        if row["value"] is None:
            return False
        usual, _ = usual_value(cells[self._cell(row)]) or (None, 0)
        return bool(row["value"] == (usual if row["declared"] is None else row["declared"]))

    def _cell(self, row: dict[str, Any]) -> tuple[int, ...]:
        return tuple(row[column] for column in self.cells)

    def _reason(self, frequent: int | None, most: int, records: int, dominated: bool) -> str:
        share = f"{100 * most / records:.1f} % of {records:,} records have {self.value} {frequent}"
        if not dominated:
            return share
        return (
            f"{share}: the rule hardly discriminates, so achievement is capped at {self.dominance.cap:.0f} %"
        )


def usual_value(seen: Counter[int]) -> tuple[int, int] | None:
    """Return the most frequent value, the smallest of several, and how often it was seen."""
    return min(seen.items(), key=lambda item: (-item[1], item[0]), default=None)


def _groups(counted: list[Row]) -> tuple[tuple[str, float, int], ...]:
    totals: Counter[str | None] = Counter()
    against: Counter[str | None] = Counter()
    for row in counted:
        totals[row.team] += row.n
        against[row.team] += 0 if row.follows else row.n
    names = list(totals)
    return worst_groups(names, [against[name] for name in names], [totals[name] for name in names])

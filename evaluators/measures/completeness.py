"""Mean completeness: the average share of a record's items that are genuinely filled (method B)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from evaluators.measures.base import (
    Context,
    MeasureModel,
    codes,
    insufficient,
    integers,
    judged_by_width,
    quoted,
    worst_groups,
)
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.population import Population
from evaluators.measures.teams import TeamEvidence
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray
from evaluators.statistics.intervals import percentile_interval
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from storage.records.schema import RecordKind


class Named(BaseModel):
    """An item that is filled where a condition holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    when: Predicate


Columns = Annotated[list[str], Field(min_length=1)]


def _form(item: object) -> str:
    return "named" if isinstance(item, Mapping | Named) else "columns"


ITEM_FORMS = ("named", "columns")
Item = Annotated[Annotated[Columns, Tag("columns")] | Annotated[Named, Tag("named")], Discriminator(_form)]
"""Columns of which one must be filled, or a named condition."""


class MeanCompleteness(MeasureModel):
    """Mean over records of filled items / items × 100.

    A form default of the policy counts as empty. A column `<name>` that stands for a note is filled when it
    has at least `note_minimum_length` characters and its text is not used on more than `boilerplate_share`
    percent of the records (erratum A6: the boiler-plate rule is for free texts only).
    """

    family: Literal["mean_completeness"]
    items: Annotated[list[Item], Field(min_length=1)]
    note_minimum_length: int = 20
    boilerplate_share: float = 20
    group: str = "assignment_group"
    optional: tuple[str, ...] = ()
    """Columns that the conditions do without: where no source fills them, they are empty."""

    def needs(self) -> tuple[str, ...]:
        """One need for each item of columns: any of them; all columns of a condition."""
        return tuple(need for item in self.items for need in self._needs(item))

    def _needs(self, item: Columns | Named) -> tuple[str, ...]:
        if isinstance(item, Named):
            return tuple(sorted(item.when.columns - set(self.optional)))
        return ("|".join(self._column(name) for name in item),)

    def optional_columns(self) -> tuple[str, ...]:
        """Return what the conditions do without."""
        return self.optional

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the conditions for this kind."""
        named = [item for item in self.items if isinstance(item, Named)]
        return [each for item in named for each in item.when.problems(kind)] or super().problems(kind)

    def shown(self) -> tuple[str, ...]:
        """Return the column of the groups."""
        return (self.group,)

    def sql(self, population: Population) -> str:
        """Count records and filled items by department, group, ISO week and number of filled items."""
        filled = [self._filled(item, population) for item in self.items]
        total = " + ".join(filled)
        each = ", ".join(
            f"CAST(SUM({text}) AS BIGINT) AS item_{number}" for number, text in enumerate(filled)
        )
        return (
            f"SELECT department, {self.group} AS team, "
            f"CAST(date_trunc('week', {population.dated_by}) AS DATE) AS week, "
            f"{total} AS filled, COUNT(*) AS n, {each} "
            f"FROM {population.relation} WHERE {population.where} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Take the mean and its block-bootstrap interval."""
        counts = integers(rows, "n")
        records, filled = int(counts.sum()), int((integers(rows, "filled") * counts).sum())
        if records < context.minimum:
            return insufficient(f"{records} of at least {context.minimum} records", records)
        draws = self._mean_draws(rows, context, INTERVAL_DRAWS)
        low, high = block_interval(draws, codes(rows, "week")[0])
        measurement = Measurement(
            State.MEASURED,
            self._reason(rows, records),
            value=100 * filled / (len(self.items) * records),
            low=low,
            high=high,
            numerator=filled,
            denominator=len(self.items) * records,
            n=records,
            groups=self._groups(rows),
            sample=context.sample(self._emptiest(context)),
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("filled", filled), ("items", len(self.items)), ("records", records)),
        )
        return judged_by_width(measurement, context)

    def teams(self, rows: pa.Table, context: Context) -> list[TeamEvidence]:
        """Return the mean in percent of every team, for the dispersion between teams (method D)."""
        index, names = codes(rows, "team")
        found = []
        for number, (name,) in enumerate(names):
            part = rows.filter(pa.array(index == number))
            n = integers(part, "n")
            mean = 100 * float((integers(part, "filled") * n).sum()) / (len(self.items) * int(n.sum()))
            draws = self._mean_draws(part, context, INTERVAL_DRAWS)
            low, high = percentile_interval(draws)
            found.append(TeamEvidence(name, int(n.sum()), mean, low, high, draws[:CONFIDENCE_DRAWS]))
        return found

    def _mean_draws(self, rows: pa.Table, context: Context, draws: int) -> FloatArray:
        counts = integers(rows, "n")
        sums = np.column_stack([integers(rows, "filled") * counts, counts])
        weeks, _ = codes(rows, "week")
        resampled = block_draws(context.generator, weeks, counts, sums, draws)
        means: FloatArray = 100 * resampled[:, 0] / (len(self.items) * np.maximum(resampled[:, 1], 1))
        return means

    def _column(self, name: str) -> str:
        return f"{name}_length" if name.endswith("_note") else name

    def _filled(self, item: Columns | Named, population: Population) -> str:
        if isinstance(item, Named):
            return f"(CASE WHEN {item.when.sql} THEN 1 ELSE 0 END)"
        alternatives = " OR ".join(self._filled_column(name, population) for name in item)
        return f"(CASE WHEN {alternatives} THEN 1 ELSE 0 END)"

    def _filled_column(self, name: str, population: Population) -> str:
        if not name.endswith("_note"):
            usual = [
                f" AND {name} NOT IN ({listed})"
                if not of_kind
                else f" AND NOT ({of_kind}{name} IN ({listed}))"
                for of_kind, defaults in population.defaults_of(name)
                if (listed := ", ".join(map(quoted, defaults)))
            ]
            return f"({name} IS NOT NULL{''.join(usual)})"
        text, records = f"{name}_fingerprint", f"FROM {population.relation} WHERE {population.where}"
        boilerplate = (
            f"SELECT {text} {records} AND {text} IS NOT NULL GROUP BY 1 "
            f"HAVING 100 * COUNT(*) > {self.boilerplate_share} * (SELECT COUNT(*) {records})"
        )
        return f"({name}_length >= {self.note_minimum_length} AND {text} NOT IN ({boilerplate}))"

    def _reason(self, rows: pa.Table, records: int) -> str:
        shares = [
            (int(integers(rows, f"item_{number}").sum()), _name(item))
            for number, item in enumerate(self.items)
        ]
        missing, name = min(shares)
        return f"least filled: {name}, on {100 * missing / records:.1f} % of {records:,} records"

    def _groups(self, rows: pa.Table) -> tuple[tuple[str, float, int], ...]:
        index, names = codes(rows, "team")
        counts = integers(rows, "n")
        empty = counts - integers(rows, "filled") * counts / len(self.items)
        sums = [float(empty[index == team].sum()) for team in range(len(names))]
        totals = [int(counts[index == team].sum()) for team in range(len(names))]
        return worst_groups([name for (name,) in names], sums, totals)

    def _emptiest(self, context: Context) -> str:
        filled = [self._filled(item, context.population) for item in self.items]
        return f"{' + '.join(filled)} < {len(self.items)}"


def _name(item: Columns | Named) -> str:
    return item.name if isinstance(item, Named) else " or ".join(item).replace("_", " ")

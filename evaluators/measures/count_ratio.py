"""Count ratio: how many of one thing for each of another (method B)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, model_validator

from evaluators.measures.base import Context, codes, insufficient, integers, judged_by_width, unknown_columns
from evaluators.measures.blocks import block_draws, block_interval
from evaluators.measures.cells import condition_of, numbered
from evaluators.measures.population import Population, Reading
from evaluators.measures.series import Sampled, SerialMeasure, Taken, periods_of
from evaluators.predicates import Predicate
from evaluators.results import Measurement, State
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.periods import Period
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, INTERVAL_DRAWS
from evaluators.statistics.trend import SeriesKind
from evaluators.windows import Window
from storage.records import KINDS
from storage.records.schema import ColumnType, RecordKind, joined

SIDES = ("numerator", "denominator")


class Side(BaseModel):
    """What is counted on one side: records, the sum of a number, or different values of a column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str | tuple[str, ...] | None = None
    """Record kind, or several; the indicator's own where it is not given."""
    of: str
    """Date column that places a record in the indicator's window."""
    where: Predicate | None = None
    weight: str | None = None
    """Column of whole numbers that is added up, instead of counting records."""
    distinct: str | None = None
    """Column whose different values are counted, instead of records."""
    sampled_by_weight: bool = False
    """minimum_sample asks for the sum of the weight: a record stands for so many."""

    @model_validator(mode="after")
    def _counts_one_thing(self) -> Self:
        if self.weight is not None and self.distinct is not None:
            raise ValueError("a side has a weight or counts distinct values, not both")
        for name in self.kinds(()):
            if name not in KINDS:
                raise ValueError(f"'{name}' is not a record kind; choose from {', '.join(KINDS)}")
        return self

    def kinds(self, own: tuple[str, ...]) -> tuple[str, ...]:
        """Return the kinds it reads."""
        if self.kind is None:
            return own
        return (self.kind,) if isinstance(self.kind, str) else self.kind

    def reading(self, own: tuple[str, ...], window: Window) -> Reading:
        """Return what it asks of evidence."""
        counted = [name for name in (self.weight, self.distinct) if name is not None]
        needs = (*counted, *sorted(self.where.columns if self.where else ()))
        return Reading(self.kinds(own), window.model_copy(update={"of": self.of}), needs, frozenset(needs))

    def problems(self, own: RecordKind) -> list[str]:
        """Say what is wrong with its columns."""
        names = self.kinds(())
        kind = joined([KINDS[name] for name in names]) if names else own
        counted = [name for name in (self.weight, self.distinct) if name is not None]
        found = Window(of=self.of, days=1).problems(kind) + unknown_columns(kind, counted)
        if not found and self.weight and kind.by_name[self.weight].type is not ColumnType.INTEGER:
            found.append(f"'{self.weight}' is not a column of whole numbers")
        return found + (self.where.problems(kind) if self.where else [])

    def sql(self, name: str, population: Population, period: Period) -> str:
        """Count by department, ISO week and period, or list the different values by department and period."""
        week = f"CAST(date_trunc('week', {population.dated_by}) AS DATE)"
        place = f"CAST(date_trunc('{period}', {population.dated_by}) AS DATE)"
        start = f"SELECT department, '{name}' AS side, {place} AS placed, "
        records = f"FROM {population.relation} WHERE {population.where} AND {condition_of(self.where)} "
        if self.distinct:
            return (
                f"{start}MIN({week}) AS week, CAST({self.distinct} AS VARCHAR) AS counted, "
                f"1 AS n, 1 AS total {records}AND {self.distinct} IS NOT NULL "
                "GROUP BY department, placed, counted"
            )
        total = f"COALESCE(SUM({self.weight}), 0)" if self.weight else "COUNT(*)"
        return (
            f"{start}{week} AS week, CAST(NULL AS VARCHAR) AS counted, COUNT(*) AS n, "
            f"CAST({total} AS BIGINT) AS total {records}GROUP BY department, placed, week"
        )


class CountRatio(SerialMeasure):
    """numerator / denominator × `per`, or 1 − it; both counted in the indicator's window.

    For the interval a different value that is counted belongs to the week in which it is first seen.
    """

    series_kind: ClassVar[SeriesKind] = "score"

    family: Literal["count_ratio"]
    numerator: Side
    denominator: Side
    complement: bool = False
    """1 − numerator / denominator: what is saved."""
    per: int = 1
    """100 makes percent, or so many for each hundred."""
    counted: Literal["numerator", "denominator"] = "denominator"
    """Side of which minimum_sample and minimum_in_period ask so many records or values."""

    def needs(self) -> tuple[str, ...]:
        """Nothing of the indicator's own records: each side says what it needs."""
        return ()

    def also(self, kinds: tuple[str, ...], window: Window) -> Mapping[str, Reading]:
        """Return both sides."""
        return {name: self._side(name).reading(kinds, window) for name in SIDES}

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the columns of both sides."""
        return [each for name in SIDES for each in self._side(name).problems(kind)]

    def sql_by(self, population: Population, period: Period) -> str:
        """Return the counts of both sides."""
        sides = [self._side(name).sql(name, population.also[name], period) for name in SIDES]
        return (
            "SELECT department, side, week, placed, counted, n, total "
            f"FROM ({' UNION ALL '.join(sides)}) AS side ORDER BY 2, 1, 3, 4, 5"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Divide and take the block-bootstrap interval."""
        weeks, counts, sums = self._tallied(rows)
        part, whole, n = (int(total) for total in sums.sum(axis=0))
        if n < context.minimum or whole <= 0:
            return insufficient(f"{n} of at least {context.minimum} in the {self.counted}", n)
        draws = self._ratio(block_draws(context.generator, weeks, counts, sums, INTERVAL_DRAWS))
        low, high = block_interval(draws, weeks)
        measurement = Measurement(
            State.MEASURED,
            f"{part:,} to {whole:,}",
            value=float(self._ratio(sums.sum(axis=0)[None, :])[0]),
            low=low,
            high=high,
            numerator=part,
            denominator=whole,
            n=n,
            draws=tuple(draws[:CONFIDENCE_DRAWS]),
            aggregates=(("numerator", part), ("denominator", whole)),
        )
        return judged_by_width(measurement, context)

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return ratios by period; none where the denominator is empty."""
        index = periods_of(rows, "placed", period)

        def tallied(periods: Sequence[int]) -> tuple[IntArray, IntArray, IntArray]:
            return self._tallied(rows.filter(pa.array(np.isin(index, periods))))

        def taken(periods: Sequence[int]) -> Taken | None:
            weeks, counts, sums = single[periods[0]] if len(periods) == 1 else tallied(periods)
            if sums[:, 1].sum() <= 0:
                return None
            draws = self._ratio(block_draws(context.generator, weeks, counts, sums, CONFIDENCE_DRAWS))
            return float(self._ratio(sums.sum(axis=0)[None, :])[0]), draws

        single = {number: tallied([number]) for number in np.unique(index).tolist()}
        return Sampled({number: int(sums[:, 2].sum()) for number, (_, _, sums) in single.items()}, taken)

    def _side(self, name: str) -> Side:
        return self.numerator if name == "numerator" else self.denominator

    def _tallied(self, rows: pa.Table) -> tuple[IntArray, IntArray, IntArray]:
        """Return week, records and sums of each row, no value counted twice.

        The sums are numerator, denominator, and records or different values of the counted side.
        """
        chosen = [self._counted_once(rows, name) for name in SIDES]
        own = [rows.take(pa.array(positions)) for positions in chosen]
        weeks = numbered(np.concatenate([periods_of(part, "week", "week") for part in own]))
        counts = np.concatenate([integers(part, "n") for part in own])
        sums = np.zeros((len(counts), 3), np.int64)
        halves = (slice(0, len(chosen[0])), slice(len(chosen[0]), None))
        for side, half in enumerate(halves):
            sums[half, side] = integers(own[side], "total")
        counted = halves[SIDES.index(self.counted)]
        by_weight = self._side(self.counted).sampled_by_weight
        sums[counted, 2] = integers(own[SIDES.index(self.counted)], "total") if by_weight else counts[counted]
        return weeks, counts, sums

    def _counted_once(self, rows: pa.Table, name: str) -> IntArray:
        """Return the positions of a side's rows, of each different value the first."""
        sides, names = codes(rows, "side")
        positions = np.flatnonzero(sides == names.index((name,))) if (name,) in names else sides[:0]
        if self._side(name).distinct is None or not len(positions):
            return positions
        part = rows.take(pa.array(positions))
        order = np.argsort(periods_of(part, "week", "week"), kind="stable")
        values = np.asarray(part.column("counted").combine_chunks().dictionary_encode().indices)
        _, first = np.unique(values[order], return_index=True)
        return np.asarray(positions[np.sort(order[first])], dtype=np.int64)

    def _ratio(self, sums: IntArray | FloatArray) -> FloatArray:
        ratio = sums[:, 0] / np.maximum(sums[:, 1], 1)
        return np.asarray(self.per * (1 - ratio if self.complement else ratio), dtype=np.float64)

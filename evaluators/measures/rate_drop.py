"""Rate drop: records after which something happened credibly less often than before (method R)."""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from evaluators.measures.base import (
    Context,
    MeasureModel,
    codes,
    insufficient,
    integers,
    worst_groups,
)
from evaluators.measures.counted import counted_share
from evaluators.measures.population import Population
from evaluators.predicates import Predicate
from evaluators.results import Measurement
from storage.records.schema import RecordKind

Percent = Annotated[int, Field(gt=0, lt=100)]


class RateDrop(MeasureModel):
    """100 × records with a credible drop / records with enough before it (prb-fix-effectiveness).

    `before` and `after` are counts over periods of equal length. A drop is credible when `after` is at most
    `at_most` percent of `before` and the exact upper bound of their rate ratio lies below 1.
    """

    family: Literal["rate_drop"]
    before: str
    after: str
    where: Predicate | None = None
    minimum_before: Annotated[int, Field(ge=1)] = 5
    at_most: Percent = 50
    confidence: Percent = 90
    """One-sided confidence of the upper bound."""
    group: str = "assignment_group"

    def needs(self) -> tuple[str, ...]:
        """Both counts and the columns of the condition."""
        return (self.before, self.after, *sorted(self.where.columns if self.where else ()))

    def shown(self) -> tuple[str, ...]:
        """Return the column of the groups."""
        return (self.group,)

    def reckoned(self) -> tuple[str, ...]:
        """Return both counts."""
        return (self.before, self.after)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the condition or the columns for this kind."""
        return (self.where.problems(kind) if self.where else []) or super().problems(kind)

    def sql(self, population: Population) -> str:
        """Return both counts of every record that had enough before."""
        return (
            f"SELECT department, {self.group} AS team, {self.before} AS before, {self.after} AS after "
            f"FROM {population.relation} WHERE {population.where} AND {self._counted()} "
            f"ORDER BY {population.dated_by}, source, id"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Test every record by itself and take the share of credible drops."""
        before, after, trials = integers(rows, "before"), integers(rows, "after"), len(rows)
        counts = list(zip(before.tolist(), after.tolist(), strict=True))
        dropped = [dropped_credibly(*pair, self.at_most, self.confidence) for pair in counts]
        successes = sum(dropped)
        if trials < context.minimum:
            reason = f"{trials} of at least {context.minimum} records with {self.minimum_before} before"
            return insufficient(reason, trials, denominator=trials)
        happened = (int(before.sum()), int(after.sum()))
        return counted_share(
            successes,
            trials,
            f"{successes:,} of {trials:,} records; {happened[0]:,} before, {happened[1]:,} after",
            context,
            (("before", happened[0]), ("after", happened[1])),
            groups=self._groups(rows, dropped),
            sample=context.sample(
                f"{self._counted()} AND 100 * {self.after} > {self.at_most} * {self.before}"
            ),
        )

    def _counted(self) -> str:
        condition = f"({self.where.sql}) AND " if self.where else ""
        return f"{condition}{self.before} >= {self.minimum_before} AND {self.after} IS NOT NULL"

    def _groups(self, rows: pa.Table, dropped: list[bool]) -> tuple[tuple[str, float, int], ...]:
        index, teams = codes(rows, "team")
        missing, totals = [0] * len(teams), [0] * len(teams)
        for team, fell in zip(index.tolist(), dropped, strict=True):
            missing[team] += not fell
            totals[team] += 1
        return worst_groups([name for (name,) in teams], missing, totals)


@lru_cache(maxsize=4096)
def dropped_credibly(before: int, after: int, at_most: int = 50, confidence: int = 90) -> bool:
    """Say whether a count fell to `at_most` percent and the exact bound of the rate ratio is below 1.

    Of two Poisson counts over equal periods, the second is binomial given the sum; the Clopper-Pearson upper
    bound of the ratio is below 1 where so few would come with less than 100 - `confidence` percent chance at
    equal rates (section 5.3 R). Reckoned in whole numbers.
    """
    if 100 * after > at_most * before:
        return False
    total = before + after
    as_few = sum(comb(total, number) for number in range(after + 1))
    return 100 * as_few < (100 - confidence) << total

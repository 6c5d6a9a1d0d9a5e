"""Share: records that fulfil a predicate among those that another one picks (method P)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa

from evaluators.measures.base import (
    Context,
    codes,
    insufficient,
    integers,
    worst_groups,
)
from evaluators.measures.cells import Cells
from evaluators.measures.counted import counted_share
from evaluators.measures.population import Population
from evaluators.measures.series import Sampled, SerialMeasure, Taken, by_period, periods_of, sums_by
from evaluators.measures.teams import TeamEvidence
from evaluators.predicates import Predicate
from evaluators.results import Measurement
from evaluators.statistics.intervals import wilson
from evaluators.statistics.periods import Period
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, binomial_share_draws
from storage.records.schema import RecordKind


class Share(SerialMeasure):
    """100 × numerator / denominator with a Wilson interval (section 5.3)."""

    family: Literal["share"]
    numerator: Predicate
    denominator: Predicate | None = None
    matured_by: str | None = None
    """Timestamp column that must lie before the assessment's day: younger records had no time yet."""
    optional: tuple[str, ...] = ()
    """Columns that the predicates do without: where no source fills them, COALESCE says what holds."""
    cells: Cells | None = None
    """Leaves out records of small cells; cells are counted over all departments."""
    group: str = "assignment_group"
    """Column that names who works on the record, for the groups shown with the number."""

    def needs(self) -> tuple[str, ...]:
        """Columns of both predicates, without the optional ones."""
        columns = self.numerator.columns | (self.denominator.columns if self.denominator else frozenset())
        columns |= {self.matured_by} if self.matured_by else set()
        columns |= set(self.cells.by) if self.cells else set()
        return tuple(sorted(columns - set(self.optional)))

    def shown(self) -> tuple[str, ...]:
        """Return the column of the groups."""
        return (self.group,)

    def optional_columns(self) -> tuple[str, ...]:
        """Return what the predicates do without."""
        return self.optional

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the predicates for this kind."""
        predicates = [self.numerator, *([self.denominator] if self.denominator else [])]
        found = [problem for predicate in predicates for problem in predicate.problems(kind)]
        return found + ([] if found else super().problems(kind))

    def counted(self, population: Population) -> str:
        """Condition of the denominator."""
        parts = [f"({self.denominator.sql})" if self.denominator else "TRUE"]
        if self.matured_by and not population.fixed:
            parts.append(f"{self.matured_by} < TIMESTAMP '{population.as_of}'")
        counted = " AND ".join(parts)
        return f"{counted} AND {self.cells.condition(population, counted)}" if self.cells else counted

    def sql_by(self, population: Population, period: Period) -> str:
        """Count both by department, group and period of the date column."""
        return (
            f"SELECT department, {self.group} AS team, {by_period(population, period)}, "
            f"COUNT(*) AS denominator, "
            f"CAST(SUM(CASE WHEN {self.numerator.sql} THEN 1 ELSE 0 END) AS BIGINT) AS numerator "
            f"FROM {population.relation} WHERE {population.where} AND {self.counted(population)} "
            f"GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Add up, take the interval, name groups and records that count against it."""
        successes, trials = int(integers(rows, "numerator").sum()), int(integers(rows, "denominator").sum())
        if trials < context.minimum:
            return insufficient(f"{trials} of at least {context.minimum} records", trials, denominator=trials)
        return counted_share(
            successes,
            trials,
            f"{successes:,} of {trials:,} records",
            context,
            groups=self._groups(rows, context),
            sample=context.sample(self._failing(context)),
        )

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return shares in percent by period."""
        index = periods_of(rows, period, period)
        numerator, denominator = integers(rows, "numerator"), integers(rows, "denominator")

        def taken(periods: Sequence[int]) -> Taken:
            chosen = np.isin(index, periods)
            successes, trials = int(numerator[chosen].sum()), int(denominator[chosen].sum())
            draws = 100 * binomial_share_draws(context.generator, successes, trials, CONFIDENCE_DRAWS)
            return 100 * successes / trials, draws

        return Sampled(sums_by(index, denominator), taken)

    def teams(self, rows: pa.Table, context: Context) -> list[TeamEvidence]:
        """Return the share in percent of every team, for the dispersion between teams (method D)."""
        index, names = codes(rows, "team")
        found = []
        for number, (name,) in enumerate(names):
            chosen = index == number
            successes = int(integers(rows, "numerator")[chosen].sum())
            trials = int(integers(rows, "denominator")[chosen].sum())
            low, high = wilson(successes, trials)
            draws = 100 * binomial_share_draws(context.generator, successes, trials, CONFIDENCE_DRAWS)
            found.append(TeamEvidence(name, trials, 100 * successes / trials, 100 * low, 100 * high, draws))
        return found

    def _failing(self, context: Context) -> str:
        fulfilled = f"COALESCE({self.numerator.sql}, FALSE)"
        counts_against = f"NOT {fulfilled}" if context.better_up else fulfilled
        return f"{self.counted(context.population)} AND {counts_against}"

    def _groups(self, rows: pa.Table, context: Context) -> tuple[tuple[str, float, int], ...]:
        index, teams = codes(rows, "team")
        bad = integers(rows, "numerator")
        if context.better_up:
            bad = integers(rows, "denominator") - bad
        sums = [int(bad[index == team].sum()) for team in range(len(teams))]
        totals = [int(integers(rows, "denominator")[index == team].sum()) for team in range(len(teams))]
        return worst_groups([name for (name,) in teams], sums, totals)

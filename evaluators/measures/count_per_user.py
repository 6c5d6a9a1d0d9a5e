"""Count per user: how often something happens in a month for so many active users (method R)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from evaluators.measures.base import Context, integers
from evaluators.measures.cells import condition_of
from evaluators.measures.population import Population
from evaluators.measures.series import Sampled, SerialMeasure, Taken, by_period, periods_of, sums_by
from evaluators.predicates import Predicate
from evaluators.results import Measurement
from evaluators.statistics.periods import Period
from evaluators.statistics.resampling import CONFIDENCE_DRAWS
from evaluators.statistics.trend import SeriesKind
from storage.records.schema import RecordKind


class CountPerUser(SerialMeasure):
    """`per` × records of a period / active users; a building block of control and improvement.

    How many users there are stands on each record, in `users`; periods with unknown users have no value.
    Resampled values are Poisson counts.
    """

    series_kind: ClassVar[SeriesKind] = "score"

    family: Literal["count_per_user"]
    where: Predicate | None = None
    """Records that count."""
    users: str = "active_users"
    per: int = 100

    def needs(self) -> tuple[str, ...]:
        """The number of users and the columns of the condition."""
        return (self.users, *sorted(self.where.columns if self.where else ()))

    def reckoned(self) -> tuple[str, ...]:
        """Return the number of users."""
        return (self.users,)

    def problems(self, kind: RecordKind) -> list[str]:
        """Say what is wrong with the condition for this kind."""
        return (self.where.problems(kind) if self.where else []) or super().problems(kind)

    def sql_by(self, population: Population, period: Period) -> str:
        """Count records by department, period and number of users."""
        return (
            f"SELECT department, {by_period(population, period)}, {self.users} AS users, COUNT(*) AS n "
            f"FROM {population.relation} WHERE {population.where} AND {condition_of(self.where)} "
            f"AND {self.users} > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )

    def answer(self, rows: pa.Table, context: Context) -> Measurement:
        """Refuse: over a whole window it says nothing that anchors could rate."""
        raise NotImplementedError("count_per_user stands inside in_control or improvement")

    def sampled(self, rows: pa.Table, context: Context, period: Period) -> Sampled:
        """Return counts per user by period."""
        index, n, users = periods_of(rows, period, period), integers(rows, "n"), integers(rows, "users")

        def taken(periods: Sequence[int]) -> Taken:
            chosen = np.isin(index, periods)
            records = int(n[chosen].sum())
            factor = self.per / float(np.average(users[chosen], weights=n[chosen]))
            drawn = context.generator.poisson(records, CONFIDENCE_DRAWS)
            return factor * records, np.asarray(factor * drawn, dtype=np.float64)

        return Sampled(sums_by(index, n), taken)

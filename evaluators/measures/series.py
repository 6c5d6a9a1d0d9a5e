"""Monthly and weekly series that measures of control and improvement are built on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evaluators.measures.base import Context, codes, integers
from evaluators.statistics.arrays import FloatArray, IntArray
from evaluators.statistics.periods import complete_months, month_index
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, binomial_share_draws


@dataclass(frozen=True)
class Series:
    """Values over periods. `index` is the calendar number of a period (months since year 0, weeks since
    1970), `draws` resampled values of shape (draws, periods)."""

    index: IntArray
    values: FloatArray
    counts: IntArray
    draws: FloatArray

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.values)


def wanted_months(context: Context) -> list[int]:
    """Return the calendar numbers of the months that lie wholly in the window (erratum B6)."""
    months = complete_months(context.population.first, context.population.until)
    return [month_index(month) for month in months]


def empty_series() -> Series:
    """Return a series without periods."""
    nothing = np.empty(0)
    return Series(np.empty(0, np.int64), nothing, np.empty(0, np.int64), np.empty((CONFIDENCE_DRAWS, 0)))


def series_of(parts: list[tuple[int, float, int, FloatArray]]) -> Series:
    """Put (period, value, n, draws) together in calendar order."""
    if not parts:
        return empty_series()
    index, values, counts, draws = zip(*sorted(parts, key=lambda part: part[0]), strict=True)
    return Series(
        np.array(index, np.int64), np.array(values), np.array(counts, np.int64), np.column_stack(draws)
    )


def monthly_shares(rows: pa.Table, context: Context, minimum: int) -> Series:
    """Return the share in percent of each complete month with at least `minimum` records.

    `rows` has month, numerator and denominator.
    """
    index, months = codes(rows, "month")
    numerator, denominator = integers(rows, "numerator"), integers(rows, "denominator")
    wanted = wanted_months(context)
    parts = []
    for number, (month,) in enumerate(months):
        chosen = index == number
        successes, trials = int(numerator[chosen].sum()), int(denominator[chosen].sum())
        if month_index(month) in wanted and trials >= minimum:
            draws = 100 * binomial_share_draws(context.generator, successes, trials, CONFIDENCE_DRAWS)
            parts.append((month_index(month), 100 * successes / trials, trials, draws))
    return series_of(parts)

"""A share of records that were counted one by one: its Wilson interval and its draws (section 5.3)."""

from __future__ import annotations

from typing import Any

from evaluators.measures.base import Context, judged_by_width
from evaluators.results import Measurement, State
from evaluators.statistics.intervals import wilson
from evaluators.statistics.resampling import CONFIDENCE_DRAWS, binomial_share_draws


def counted_share(
    successes: int,
    trials: int,
    reason: str,
    context: Context,
    aggregates: tuple[tuple[str, int], ...] = (),
    **shown: Any,
) -> Measurement:
    """Return a share in percent; `aggregates` are kept besides the counts, `shown` is as in Measurement."""
    low, high = wilson(successes, trials)
    measurement = Measurement(
        State.MEASURED,
        reason,
        value=100 * successes / trials,
        low=100 * low,
        high=100 * high,
        numerator=successes,
        denominator=trials,
        n=trials,
        draws=tuple(100 * binomial_share_draws(context.generator, successes, trials, CONFIDENCE_DRAWS)),
        aggregates=(("numerator", successes), ("denominator", trials), *aggregates),
        **shown,
    )
    return judged_by_width(measurement, context)

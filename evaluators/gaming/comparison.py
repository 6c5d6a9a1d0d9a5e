"""Shares of now against the organisation's own past, robust against ordinary unrest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from evaluators.gaming.scenarios import Limits

CONSISTENT = 1.4826
"""Median absolute deviations of a normal distribution in one standard deviation."""
FEWEST_WEEKS = 8
"""Weeks of the past with records, below which nobody knows what is usual."""
RECENT_WEEKS = 13
THIN = 0.1
"""Share of the usual records of a week, up to which it counts as empty."""


@dataclass(frozen=True)
class Rate:
    """Suspect records among all, recently and, week by week, before."""

    suspect: int
    total: int
    weeks: tuple[tuple[int, int], ...]
    """(suspect, total) of each week of the past."""

    @property
    def now(self) -> float:
        """Return the recent share (0-1)."""
        return self.suspect / self.total if self.total else 0.0

    @property
    def past_total(self) -> int:
        """Return the records of the past."""
        return sum(total for _, total in self.weeks)

    def has_past(self, least: float) -> bool:
        """Say whether there is a past to compare with: records enough, in weeks enough.

        A week with hardly any records, as before a log begins, is none.
        """
        fewest = THIN * self.total / RECENT_WEEKS
        weeks = sum(total > fewest for _, total in self.weeks)
        return self.past_total >= least and weeks >= FEWEST_WEEKS

    @property
    def before(self) -> float:
        """Return the share (0-1) of the past."""
        return sum(suspect for suspect, _ in self.weeks) / self.past_total if self.past_total else 0.0

    @property
    def unrest(self) -> float:
        """Return how much more weeks differ than chance alone lets them: Pearson's chi² over its freedom.

        Without the tenth of the weeks that differ most: a manipulation that began earlier must not hide
        behind its own beginning.
        """
        share = self.before
        counted = [(suspect, total) for suspect, total in self.weeks if total]
        if len(counted) < FEWEST_WEEKS or not 0 < share < 1:
            return 1.0
        terms = sorted((k - n * share) ** 2 / (n * share * (1 - share)) for k, n in counted)
        usual = terms[: len(terms) - len(terms) // 10]
        return max(1.0, sum(usual) / (len(usual) - 1))

    @property
    def sigma(self) -> float:
        """Return by how many standard errors the share rose; negative where it fell."""
        if not self.total or not self.past_total:
            return 0.0
        pooled = self.before * self.past_total + self.suspect
        share = pooled / (self.past_total + self.total)
        error = sqrt(self.unrest * share * (1 - share) * (1 / self.total + 1 / self.past_total))
        return (self.now - self.before) / error if error else 0.0


def rose(rate: Rate, limits: Limits) -> bool:
    """Say whether a share rose above the past by all limits; without a past, whether it stands alone."""
    if rate.suspect < limits["least"]:
        return False
    if not rate.has_past(limits["past"]):
        return rate.now >= limits["alone"]
    return (
        rate.now - rate.before >= limits["points"]
        and rate.now >= limits["times"] * rate.before
        and rate.sigma >= limits["sigma"]
    )


def fell(rate: Rate, limits: Limits) -> bool:
    """Say whether a share fell below the past by all limits."""
    missing = rate.before * rate.total - rate.suspect
    return (
        rate.has_past(limits["past"])
        and missing >= limits["least"]
        and missing >= limits["fall"] * rate.before * rate.total
        and rate.sigma <= -limits["sigma"]
    )


def deviations(value: float, usual: Sequence[float]) -> float:
    """Return how many robust standard deviations a value lies above the median of the usual ones."""
    if len(usual) < FEWEST_WEEKS:
        return 0.0
    centre = _median(usual)
    spread = CONSISTENT * _median([abs(each - centre) for each in usual])
    return (value - centre) / spread if spread else (float("inf") if value > centre else 0.0)


def _median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2

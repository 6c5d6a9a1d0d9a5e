"""What an assessment says. Evaluators fill it, history keeps it, people read it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from evaluators.gaming.suspicion import Suspicion
from evaluators.quality.finding import QualityFinding


class State(StrEnum):
    """Evidence state of an indicator (section 4 of the model). Only `measured` is rated."""

    MEASURED = "measured"
    INSUFFICIENT_SAMPLE = "insufficient_sample"
    NOT_CONNECTED = "not_connected"
    NOT_SUPPORTED = "not_supported"
    NOT_APPLICABLE = "not_applicable"
    STALE = "stale"
    ERROR = "error"


@dataclass(frozen=True)
class Measurement:
    """What a measure found, before any opinion.

    value, low, high are in the indicator's unit (percent 0-100 for shares); `numerator` and
    `denominator` are integers where the measure is a ratio of counts, `n` the records (or weeks,
    months, as `n_unit` says) it stands on. `draws` are resampled values for the confidence of the
    level; they are not stored. `cap` limits the achievement (0-1) where the formula says so.
    """

    state: State
    reason: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    n: int = 0
    n_unit: str = "records"
    cap: float = 1.0
    low_precision: bool = False
    series: tuple[tuple[str, float, int], ...] = ()
    """(period such as 2026-W07 or 2026-03, value, n) where the measure is a series."""
    groups: tuple[tuple[str, float, int], ...] = ()
    """(group, value, n) of the groups that contribute most to the gap, worst first."""
    sample: tuple[str, ...] = ()
    """Record ids that count against it (or all counted ones where that has no meaning), at most five."""
    draws: tuple[float, ...] = ()
    aggregates: tuple[tuple[str, int], ...] = ()
    """Named integer sums from which the value is computed again."""

    @property
    def is_plain_share(self) -> bool:
        """Say whether the value is the numerator in percent of the denominator."""
        if self.value is None or self.numerator is None or not self.denominator:
            return False
        return math.isclose(self.value, 100 * self.numerator / self.denominator, abs_tol=1e-6)


@dataclass(frozen=True)
class IndicatorResult:
    """One indicator's answer and how it was rated; achievement 0-1 rounded to 9 decimals."""

    id: str
    practice: str
    attribute: str
    core: bool
    weight: float
    unit: str
    measurement: Measurement
    achievement: float | None
    window: tuple[date, date]
    """First day and the day after the last."""
    rule: str
    """Digest of the catalogue entry in force."""
    query: str = ""
    """Query in DuckDB's dialect that the number was taken from; empty where nothing was asked."""


@dataclass(frozen=True)
class AttributeResult:
    """One attribute: achievement 0-1 or None (NE), rating N, P, L, F or NE."""

    attribute: str
    achievement: float | None
    rating: str


@dataclass(frozen=True)
class PracticeResult:
    """One practice in one scope.

    `level` is proven (on the evidence that was rated), None when not assessed; `possible` is what missing
    evidence could still show; `confirmed` is published with hysteresis (section 6.5).
    """

    practice: str
    department: str | None
    level: int | None
    possible: int
    confirmed: int | None
    index: float
    breadth: float
    coverage: float
    confidence: str
    """high, medium or low."""
    probability: float
    """P(level >= reported level)."""
    bottleneck: str | None
    reason: str
    next_step: str
    attributes: tuple[AttributeResult, ...]
    indicators: tuple[IndicatorResult, ...]
    probability_at_least: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """P(level >= 2), … P(level >= 5); the hysteresis of later assessments needs them."""
    kinds: tuple[str, ...] = ()
    """Record kinds that its indicators read."""
    completeness: float | None = None
    """Share (0-1) of its least complete source's kind; None where that is not known."""
    volume: int | None = None
    """Records of the practice's main kind in the year before; None where that is not known."""


@dataclass(frozen=True)
class View:
    """One component: level and index, or the achievement (0-1) of what has no level; None: not assessed."""

    name: str
    level: int | None
    index: float | None
    achievement: float | None
    held_by: str
    """What holds it down; empty where it is a single practice."""


@dataclass(frozen=True)
class OverallResult:
    """Overall maturity (section 6.6); None where nothing could be assessed."""

    level: int | None
    possible: int | None
    index: float | None
    weakest: str | None
    mean_index: float | None
    weakest_link: int | None = None
    """Strict level: the lowest of any practice that is asked for."""
    unassessed: tuple[str, ...] = ()
    """Practices that are asked for and not assessed: they count as level 1, so the level is only proven."""
    views: tuple[View, ...] = ()
    """The same by component of service management."""


@dataclass(frozen=True)
class SourceState:
    """Freshness and completeness of one source's kind at the time of the assessment."""

    source: str
    kind: str
    state: str
    synced_at: datetime | None
    records: int
    """Records that evidence holds."""
    hidden: int | None = None
    """At most so many rows the source counts and evidence lacks; None where that is not known."""
    rejected: int | None = None
    """At most so many rows came and could not be read; None where that is not known."""
    completeness: float | None = None
    """At least so much (0-1) of what the source has is in evidence as it is now; None where not known."""


@dataclass(frozen=True)
class Assessment:
    """One run over one window, immutable once stored."""

    id: str
    taken_at: datetime
    as_of: date
    kind: str
    """live or reconstructed."""
    catalogue: str
    """Version and digest, `1.0+3f9a…`."""
    policy: str
    """Digest of the policy."""
    evidence_store: str
    evidence_number: int
    evidence_content: str
    overall: OverallResult
    practices: tuple[PracticeResult, ...]
    sources: tuple[SourceState, ...]
    notes: tuple[str, ...] = ()
    """What was left out and why: skipped exclusions, searches that could not run."""
    suspicions: tuple[Suspicion, ...] = ()
    """What looks manipulated, for a human to look at; no value changes by it."""
    quality: tuple[QualityFinding, ...] = ()
    """Doubtful records by check; a failed check lowers coverage, no value."""

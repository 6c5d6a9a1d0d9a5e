"""What history keeps of an assessment, and what it gives back.

The dataclasses mirror `evaluators.results` field by field, with each measurement flattened into its
indicator. What was saved and what is read back are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar

ALL_DEPARTMENTS: Final = "*"
"""Filter value: the organisation and every department (None means the organisation alone)."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class StoredIndicator:
    """One indicator's answer; the window is [window_start, window_end), resampled draws are not kept."""

    id: str
    practice: str
    attribute: str
    core: bool
    weight: float
    unit: str
    achievement: float | None
    window_start: date
    window_end: date
    rule: str
    state: str
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
    groups: tuple[tuple[str, float, int], ...] = ()
    sample: tuple[str, ...] = ()
    aggregates: tuple[tuple[str, int], ...] = ()
    query: str = ""


@dataclass(frozen=True)
class StoredAttribute:
    """One attribute: achievement 0-1 or None, and its rating."""

    attribute: str
    achievement: float | None
    rating: str


@dataclass(frozen=True)
class StoredPractice:
    """One practice in one scope; `attributes` and `indicators` are empty where only an overview was asked."""

    practice: str
    department: str | None
    level: int | None
    possible: int
    confirmed: int | None
    index: float
    breadth: float
    coverage: float
    confidence: str
    probability: float
    bottleneck: str | None
    reason: str
    next_step: str
    attributes: tuple[StoredAttribute, ...] = ()
    indicators: tuple[StoredIndicator, ...] = ()
    probability_at_least: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    kinds: tuple[str, ...] = ()
    completeness: float | None = None
    volume: int | None = None


@dataclass(frozen=True)
class StoredOverall:
    """Overall maturity; None where nothing could be assessed."""

    level: int | None
    possible: int | None
    index: float | None
    weakest: str | None
    mean_index: float | None
    weakest_link: int | None = None
    unassessed: tuple[str, ...] = ()
    views: tuple[tuple[str, int | None, float | None, float | None, str], ...] = ()


@dataclass(frozen=True)
class StoredSource:
    """Freshness and completeness of one source's kind at the time of the assessment."""

    source: str
    kind: str
    state: str
    synced_at: datetime | None
    records: int
    hidden: int | None = None
    rejected: int | None = None
    completeness: float | None = None


@dataclass(frozen=True)
class StoredAssessment:
    """One run over one window. Times are aware; they come back in UTC."""

    id: str
    taken_at: datetime
    as_of: date
    kind: str
    catalogue: str
    policy: str
    evidence_store: str
    evidence_number: int
    evidence_content: str
    overall: StoredOverall
    practices: tuple[StoredPractice, ...]
    sources: tuple[StoredSource, ...]
    notes: tuple[str, ...] = ()
    suspicions: tuple[Mapping[str, Any], ...] = ()
    """What looked manipulated, each as `evaluators.gaming.Suspicion` has it."""
    quality: tuple[Mapping[str, Any], ...] = ()
    """Doubtful records, each as `evaluators.quality.QualityFinding` has it."""


@dataclass(frozen=True)
class IndicatorPoint:
    """One indicator at one assessment, in one scope."""

    assessment: str
    taken_at: datetime
    as_of: date
    kind: str
    catalogue: str
    department: str | None
    indicator: StoredIndicator
    policy: str = ""


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a longer list; `total` counts all that match."""

    items: tuple[Item, ...]
    total: int
    limit: int
    offset: int

"""What the gaming monitor says: an alert for a human, never a verdict and never another value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SAMPLED = 5
"""Ids of suspect records that are named."""


@dataclass(frozen=True)
class SideBySide:
    """An indicator as published, and measured again without the suspect records (errata B2 and C3)."""

    indicator: str
    unit: str
    value: float | None
    without: float | None
    """None where the records that are left say too little."""
    n: int
    """Records that are left."""


@dataclass(frozen=True)
class Suspicion:
    """One scenario that the records look like.

    It is shown beside the indicators it touches and lowers their practice's confidence one word (B18).
    """

    scenario: str
    """Name of the scenario, `closure-burst`."""
    title: str
    sentence: str
    """For a human: what was seen, in which numbers, compared with what."""
    indicators: tuple[str, ...]
    """Affected indicators of the catalogue in force, by id."""
    figures: tuple[tuple[str, float], ...]
    limits: tuple[tuple[str, float], ...]
    """The limits in force."""
    suspects: int
    record_kind: str
    """Kind of the suspect records."""
    sample: tuple[str, ...]
    """Ids of suspect records, at most five."""
    beside: tuple[SideBySide, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a detector found, before it is put beside the indicators."""

    sentence: str
    figures: Mapping[str, float]
    record_kind: str
    suspects: tuple[str, ...] = ()
    """Ids of all suspect records, sorted; empty where records are missing rather than suspect."""
    count: int = 0
    """How many are suspect or missing, where no ids can be named."""

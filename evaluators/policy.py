"""What an organisation decided about its assessment: zone, windows, calendars, identities, targets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import orjson


@dataclass(frozen=True)
class Calendar:
    """Business hours: for each weekday (0 Monday) the opening and closing second of the day, or nothing."""

    hours: Mapping[int, tuple[int, int]]
    holidays: tuple[date, ...] = ()


OFFICE_HOURS = Calendar(dict.fromkeys(range(5), (8 * 3600, 18 * 3600)))
"""08:00-18:00 Monday to Friday, section 4 of the model."""


@dataclass(frozen=True)
class Cohort:
    """A fixed set of records: opened in [since, until). Replaces every indicator's own window."""

    since: date
    until: date


@dataclass(frozen=True)
class Exclusions:
    """Which records do not count (X0, section 4 of the model)."""

    enabled: bool = True
    go_live: date | None = None
    warm_up_days: int = 60


DOUBTS = ("gaming", "quality")
"""Decisions that no value depends on: they say what is doubted."""
JOINT = "+"


@dataclass(frozen=True)
class Policy:
    """All that an assessment depends on besides records and catalogue."""

    time_zone: str = "UTC"
    window_days: int = 90
    """Replaces the 90 days of every W90 window; 180 suits small organisations."""
    cohort: Cohort | None = None
    calendar: Calendar = OFFICE_HOURS
    response_targets: Mapping[int, int] = field(
        default_factory=lambda: {1: 1800, 2: 7200, 3: 28800, 4: 28800, 5: 28800}
    )
    """Business seconds by priority (expert default of inc-response-within-target)."""
    priority_matrix: Mapping[tuple[int, int], int] | None = None
    """Priority by (impact, urgency); None compares with the usual priority of each cell."""
    field_defaults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Form defaults by column (`incident.category`); such a value counts as empty."""
    automation: tuple[str, ...] | None = None
    migration: tuple[str, ...] = ()
    waiting_states: tuple[str, ...] = ("on hold", "awaiting*", "pending*", "waiting*")
    ended_states: tuple[str, ...] = ("resolved", "closed", "canceled", "cancelled", "completed", "done")
    departments: Mapping[str, str] = field(default_factory=dict)
    """Department by pattern of assignment group, first match wins."""
    active_users: Mapping[str, int] | int | None = None
    """Active users of the organisation: one number, or numbers by the month (`2026-01`) they hold from."""
    exclusions: Exclusions = Exclusions()
    stale_after_days: int | None = None
    """Age of a source's last complete sync from which on it says nothing any more; None never."""
    gaming: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Limits of the gaming monitor by scenario and name, in place of the shipped ones."""
    quality: Mapping[str, float] = field(default_factory=dict)
    """Share of records (0-1) above which a check of the quality gate fails, in place of the shipped one."""

    @cached_property
    def measured(self) -> str:
        """Digest of the decisions that values depend on, without the limits of what is doubted."""
        plain = asdict(self) | {
            "priority_matrix": sorted((*cell, value) for cell, value in (self.priority_matrix or {}).items()),
            "departments": list(self.departments.items()),
        }
        return _digest({name: value for name, value in plain.items() if name not in DOUBTS})

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all decisions: of those that values depend on, a plus sign, and of the others."""
        return f"{self.measured}{JOINT}{_digest({name: getattr(self, name) for name in DOUBTS})[:12]}"


def measured_part(fingerprint: str) -> str:
    """Return the digest of what is measured in a policy's fingerprint."""
    return fingerprint.partition(JOINT)[0]


def _digest(decisions: Mapping[str, Any]) -> str:
    text = orjson.dumps(decisions, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()

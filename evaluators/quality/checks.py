"""The checks of the data-quality gate as data: names, limits, and the columns they look at (section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LEAST = 5
"""Doubtful records below which no check fails: a handful says nothing about a source."""


@dataclass(frozen=True)
class Check:
    """One check; `limit` is the share (0-1) above which it fails, None where it only counts."""

    id: str
    title: str
    limit: float | None
    doc: str
    origin: str
    """`model` where section 4 names the limit, else `expert default`: the authors' judgement so far."""


CHECKS: tuple[Check, ...] = (
    Check("durations", "Ends not after their begin", 0.02, "negative or zero durations", "model"),
    Check("future-moments", "Moments still to come", 0.02, "happened later than now", "expert default"),
    Check(
        "clock-jumps",
        "Histories that run backwards",
        0.02,
        "history with a step before the opening or before the step before it",
        "expert default",
    ),
    Check("state-history", "Ended without a history", 0.2, "ended, and no change of state is known", "model"),
    Check(
        "duplicate-ids",
        "The same record twice",
        0.01,
        "same id (without case and blanks) and same first moment as another one",
        "expert default",
    ),
    Check(
        "time-zone",
        "Openings shifted into the night",
        0.5,
        "opened outside business hours, though most fall into as many hours of the day",
        "expert default",
    ),
    Check(
        "closure-bursts",
        "Closed in bursts",
        0.05,
        "resolved by a person on a day with 20 or more and over 5 times the median day",
        "expert default",
    ),
    Check(
        "closed-as-resolved",
        "Closing taken for resolving",
        0.5,
        "resolved in the moment they were closed, though the history shows an earlier resolution",
        "expert default",
    ),
    Check("unknown-codes", "Codes that nobody knows", None, "values outside those of the column", "count"),
)
BY_ID: Mapping[str, Check] = MappingProxyType({check.id: check for check in CHECKS})

DURATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "incident": ("opened_at", "resolved_at"),
        "problem": ("opened_at", "resolved_at"),
        "change": ("actual_start_at", "actual_end_at"),
        "request": ("opened_at", "fulfilled_at"),
        "service_level": ("started_at", "stopped_at"),
        "outage": ("started_at", "ended_at"),
    }
)
"""Begin and end by kind. Alerts and deployments may rightly begin and end in one moment."""

AHEAD = frozenset(
    {
        "due_at",
        "original_due_at",
        "planned_start_at",
        "planned_end_at",
        "planned_at",
        "baselined_at",
        "valid_until",
        "retired_at",
    }
)
"""Moments that may rightly lie ahead."""

ENDED: Mapping[str, str] = MappingProxyType(
    {"incident": "resolved_at", "problem": "resolved_at", "change": "closed_at", "request": "fulfilled_at"}
)
"""Moment after which a record must have changed its state."""

FIRST: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("incident", "problem", "change", "release", "request", "alert"), "opened_at"),
        **dict.fromkeys(("configuration_item", "knowledge"), "created_at"),
        "service_level": "started_at",
        "survey": "sent_at",
    }
)
"""First moment of a record by kind."""

IN_BUSINESS_TIME: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "incident": ("response_seconds", "response_due_at", "contact_due_at"),
        "request": ("contact_due_at",),
    }
)
"""Columns that are reckoned on the calendar, so that a shifted clock changes them."""

RANGES: Mapping[str, Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "incident": {"priority": (1, 5)},
        "problem": {"priority": (1, 5)},
        "change": {"priority": (1, 5)},
        "request": {"priority": (1, 5)},
        "event": {"severity": (0, 5)},
        "alert": {"severity": (0, 5)},
        "survey": {"score": (0, 100)},
    }
)
_DISPOSITIONS = ("cancelled", "duplicate", "test", "spam")
CODES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "incident": {"disposition": _DISPOSITIONS},
        "problem": {"disposition": _DISPOSITIONS},
        "change": {
            "type": ("normal", "standard", "emergency", "expedited", "retroactive"),
            "outcome": ("successful", "successful_with_issues", "failed", "backed_out"),
            "disposition": _DISPOSITIONS,
        },
        "release": {"type": ("release", "deployment"), "outcome": ("successful", "failed", "rolled_back")},
        "request": {"type": ("item", "contact"), "disposition": _DISPOSITIONS},
        "outage": {"type": ("outage", "degradation", "planned")},
    }
)
"""Values that a column may have, by kind."""

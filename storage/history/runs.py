"""Runs of the product and what each asked of a platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Run:
    """One run; `finished_at` and `outcome` are empty while it goes on, and for ever if it was killed."""

    id: str
    kind: str
    """sync or assess."""
    connector: str | None
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    message: str = ""


@dataclass(frozen=True)
class LedgerRow:
    """What was asked of a platform and what came, for one window of one record kind.

    `counted` is what the platform says there is (None where it does not say), `stored` and `changed` are
    the rows inserted and updated, `seconds` the wall-clock time.
    """

    connector: str
    kind: str
    counted: int | None
    received: int
    distinct: int
    stored: int
    changed: int
    unchanged: int
    older: int
    deleted: int
    hidden: int
    rejected: int
    requests: int
    retries: int
    seconds: float
    outcome: str
    """stored, unchanged, failed, absent, denied …"""
    message: str = ""
    window_since: datetime | None = None
    window_until: datetime | None = None

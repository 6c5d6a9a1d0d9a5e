"""Operations: alerts, schedules and teams of Jira Service Management."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Alert:
    """One alert; times in UNIX milliseconds."""

    id: str
    tiny: str
    message: str
    created: int
    updated: int
    status: str = "open"
    acknowledged: bool = False
    priority: str = "P3"
    acknowledged_at: int | None = None
    closed_at: int | None = None
    last_occurred: int | None = None
    count: int = 1
    source: str = ""
    entity: str = ""
    alias: str = ""
    integration: str = ""
    owner: str = ""
    """Account id."""
    acknowledged_by: str = ""
    closed_by: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    issues: tuple[int, ...] = ()


@dataclass
class Operations:
    """All of them on a site."""

    alerts: list[Alert] = field(default_factory=list)
    teams: list[dict[str, Any]] = field(default_factory=list)
    schedules: list[dict[str, Any]] = field(default_factory=list)

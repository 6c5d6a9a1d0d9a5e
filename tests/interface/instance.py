"""A small ServiceNow instance to set up, check and read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sandbox.servicenow import Access, Clock, SandboxServiceNow, Settings, Tables, sys_id

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
INCIDENTS = 40
HIDDEN = 4


def tables(incidents: int = INCIDENTS) -> Tables:
    """Return incidents of one group, and no table of any plugin."""
    found = Tables()
    found.add("sys_user_group", [_row("sys_user_group", "Network", FIRST) | {"name": "Network"}])
    found.add("incident", [_incident(number) for number in range(incidents)])
    return found


def instance(access: Mapping[str, Access] | None = None) -> SandboxServiceNow:
    """Return an instance whose clock stands; its account is named maturity.reader."""
    return SandboxServiceNow(
        tables(), clock=Clock(NOW), settings=Settings(user="maturity.reader"), access=access
    )


def incident_id(number: int) -> str:
    """Return the identifier of an incident."""
    return sys_id("incident", f"INC{number:07d}")


def _incident(number: int) -> dict[str, str]:
    opened = FIRST + timedelta(hours=number)
    return _row("incident", f"INC{number:07d}", opened) | {
        "number": f"INC{number:07d}",
        "opened_at": _text(opened),
        "state": "1",
        "priority": "3",
        "assignment_group": sys_id("sys_user_group", "Network"),
    }


def _row(table: str, key: str, at: datetime) -> dict[str, str]:
    return {
        "sys_id": sys_id(table, key),
        "sys_created_on": _text(at),
        "sys_created_by": "ann.example",
        "sys_updated_on": _text(at),
        "sys_updated_by": "ann.example",
        "sys_mod_count": "1",
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")

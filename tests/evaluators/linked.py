"""Problems, changes and items for tests: records that give no cause for complaint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from evaluators.results import Measurement
from tests.evaluators.world import EVERYTHING_COUNTS, World, moment

LINKED_KINDS = (
    "incident",
    "problem",
    "change",
    "release",
    "configuration_item",
    "ci_relationship",
    "service_level",
)

PROBLEM: Mapping[str, Any] = {
    "opened_at": "2026-02-02 09:00",
    "category": "Network",
    "service_id": "mail",
    "ci_id": "srv-1",
    "assignment_group": "Network",
}

CHANGE: Mapping[str, Any] = {
    "opened_at": "2026-05-01 09:00",
    "approved_at": "2026-05-02 09:00",
    "planned_start_at": "2026-05-04 09:00",
    "planned_end_at": "2026-05-04 11:00",
    "actual_start_at": "2026-05-04 09:00",
    "actual_end_at": "2026-05-04 11:00",
    "closed_at": "2026-05-05 09:00",
    "type": "normal",
    "model": "Patch of a server",
    "risk": 3,
    "ci_id": "srv-1",
    "service_id": "mail",
    "assignment_group": "Network",
    "outcome": "successful",
    "close_code": "Successful",
}
"""A change of a Monday in May, requested three days before."""


def problem(world: World, **columns: Any) -> str:
    """Add a problem opened in February; `after` days later it is resolved."""
    values = {**PROBLEM, **columns}
    after = values.pop("after", None)
    if after is not None:
        values["resolved_at"] = moment(values["opened_at"]) + timedelta(days=after)
    return world.record("problem", **values)


def problems(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike problems."""
    return [problem(world, **columns) for _ in range(count)]


def change(world: World, **columns: Any) -> str:
    """Add a change; `on` moves all its moments so that the work starts there."""
    values = {**CHANGE, **columns}
    on = values.pop("on", None)
    if on is not None:
        shift = moment(on) - moment(CHANGE["actual_start_at"])
        moved = {name for name in CHANGE if name.endswith("_at")} - set(columns)
        values |= {name: moment(values[name]) + shift for name in moved}
    return world.record("change", **values)


def changes(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike changes, each on an item of its own unless one is named."""
    named = "ci_id" in columns
    return [
        change(world, **(columns if named else {**columns, "ci_id": f"srv-{world.next_number()}"}))
        for _ in range(count)
    ]


def item(world: World, name: str, **columns: Any) -> str:
    """Add a configuration item in operation."""
    return world.record("configuration_item", id=name, **{"operational": True, "service": False, **columns})


def delivers_all(world: World) -> None:
    """Say that the source has every kind, also without records of it."""
    for kind in LINKED_KINDS:
        world.delivers(kind)


def taken(world: World, indicator: str, **more: Any) -> Measurement:
    """Measure a shipped indicator in a world that has every kind."""
    delivers_all(world)
    return world.measure(indicator, more.pop("policy", EVERYTHING_COUNTS), **more).measurement


def month(number: int) -> datetime:
    """Return the morning of the third of a month; 0 is June 2025, 11 May 2026."""
    total = 2025 * 12 + 5 + number
    return datetime.fromisoformat(f"{total // 12}-{total % 12 + 1:02d}-03T09:00:00+00:00")

"""Alerts, events, requests, clocks and surveys for tests: records that give no cause for complaint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from evaluators.policy import Exclusions, Policy
from evaluators.results import Measurement
from storage.records import KINDS
from tests.evaluators.world import EVERYTHING_COUNTS, World, moment

WITH_IDENTITIES = Policy(automation=("svc_*",), exclusions=Exclusions(enabled=False))

ALERT: Mapping[str, Any] = {
    "opened_at": "2026-06-01 09:00",
    "acknowledged_at": "2026-06-01 09:10",
    "closed_at": "2026-06-01 10:00",
    "severity": 1,
    "maintenance": False,
    "metric": "load",
    "node": "srv-1",
    "ci_id": "srv-1",
    "assignment_group": "Network",
}
"""A critical alert of a Monday morning, acknowledged ten minutes later."""

REQUEST: Mapping[str, Any] = {
    "opened_at": "2026-06-01 09:00",
    "fulfilled_at": "2026-06-02 09:00",
    "due_at": "2026-06-03 09:00",
    "item": "Laptop",
    "service_id": "mail",
    "assignment_group": "Network",
}


def alert(world: World, **columns: Any) -> str:
    """Add an alert; where it opens elsewhere, its other moments move with it."""
    return world.record("alert", **_moved(ALERT, columns))


def alerts(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike alerts."""
    return [alert(world, **columns) for _ in range(count)]


def request(world: World, **columns: Any) -> str:
    """Add a request that was fulfilled within a day; its moments move with the opening."""
    return world.record("request", **_moved(REQUEST, columns))


def requests(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike requests."""
    return [request(world, **columns) for _ in range(count)]


def with_clock(world: World, incident: Mapping[str, Any] | None = None, **clock: Any) -> str:
    """Add an incident with a resolution clock that runs as long as the incident is open."""
    name = world.incident(**(incident or {}))
    opened = moment((incident or {}).get("opened_at", "2026-06-01 09:00"))
    times = {"started_at": opened, "stopped_at": opened + timedelta(hours=2)}
    world.service_level(name, **(times | clock))
    return name


def with_clocks(world: World, count: int, incident: Mapping[str, Any] | None = None, **clock: Any) -> None:
    """Add `count` alike incidents with a clock each."""
    for _ in range(count):
        with_clock(world, incident, **clock)


def delivers_everything(world: World) -> None:
    """Say that the source has every kind, also without records of it."""
    for kind in KINDS:
        world.delivers(kind)


def taken(world: World, indicator: str, **more: Any) -> Measurement:
    """Measure a shipped indicator in a world that has every kind."""
    delivers_everything(world)
    return world.measure(indicator, more.pop("policy", EVERYTHING_COUNTS), **more).measurement


def counts(found: Measurement) -> tuple[float | None, float | None, float | None]:
    """Return value, numerator and denominator."""
    return found.value, found.numerator, found.denominator


def _moved(usual: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    values = {**usual, **columns}
    shift = moment(values["opened_at"]) - moment(usual["opened_at"])
    moved = {name for name in usual if name.endswith("_at")} - set(columns)
    return values | {name: moment(usual[name]) + shift for name in moved}


def later(text: str, **span: float) -> datetime:
    """Return a moment so much after another one."""
    return moment(text) + timedelta(**span)

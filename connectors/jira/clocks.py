"""Service level clocks as issues hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.jira.answers import Json
from connectors.jira.tables import CLOCKS
from connectors.jira.times import moment_of, shown
from storage.evidence.store import Record, Value

Cycle = Mapping[str, Any]


def clock_records(kind: str, issue: str, field: str, clock: Any, updated_at: datetime) -> Iterator[Record]:
    """Yield a record for each cycle of one clock; a clock that never started has none."""
    if not isinstance(clock, dict):
        return
    name = str(clock.get("name") or "")
    for number, cycle in enumerate(cycles_of(clock)):
        values = _values(kind, issue, name, cycle)
        yield Record(f"{kind}:{issue}:{field}:{number}", values, {}, updated_at, 0)


def cycles_of(clock: Any) -> list[Cycle]:
    """Return the cycles of a clock, the one that runs last."""
    if not isinstance(clock, dict):
        return []
    running = clock.get("ongoingCycle")
    return [*(clock.get("completedCycles") or ()), *([running] if running else [])]


def _values(kind: str, issue: str, name: str, cycle: Cycle) -> dict[str, Value]:
    started, stopped = time_of(cycle, "startTime"), time_of(cycle, "stopTime")
    # Of a clock that runs, what has elapsed is another figure with every look at it.
    elapsed = _span(cycle, "elapsedTime") if stopped else None
    values: dict[str, Value] = {
        "record_kind": kind,
        "record_id": issue,
        "name": name,
        "type": type_of(name),
        "target": "response" if is_response(name) else "resolution",
        "target_seconds": _span(cycle, "goalDuration"),
        "started_at": started,
        "stopped_at": stopped,
        "due_at": time_of(cycle, "breachTime"),
        "breached": bool(cycle.get("breached")),
        "elapsed_seconds": elapsed,
    }
    if started and stopped and elapsed is not None:
        values["paused_seconds"] = max(0, int((stopped - started).total_seconds()) - elapsed)
    return values


def is_response(name: str) -> bool:
    """Whether a clock promises an answer, by its name."""
    return any(word in name.casefold() for word in CLOCKS["response"])


def type_of(name: str) -> str:
    """Return SLA, OLA or UC."""
    low = name.casefold()
    return next((one for one in ("OLA", "UC") if any(low.startswith(word) for word in CLOCKS[one])), "SLA")


def time_of(cycle: Cycle, name: str) -> datetime | None:
    """Return a time of a cycle."""
    given = cycle.get(name)
    if not isinstance(given, dict):
        return None
    written = given.get("epochMillis", given.get("jira"))
    return moment_of(written).replace(microsecond=0) if written else None


def _span(cycle: Cycle, name: str) -> int | None:
    given = cycle.get(name)
    millis = given.get("millis") if isinstance(given, dict) else None
    return None if millis is None else round(millis / 1000)


def clock_cells(fields: Json, names: Mapping[str, str]) -> dict[str, str]:
    """Return what the clocks of an issue say about it, by name in sources; `names` are clocks by field."""
    found: dict[str, str] = {}
    kept: list[bool] = []
    for field in names:
        clock = fields.get(field)
        cycles = cycles_of(clock)
        if not cycles or not isinstance(clock, dict):
            continue
        name = str(clock.get("name") or "")
        if is_response(name):
            _tell_answer(found, cycles)
        elif type_of(name) == "SLA":
            kept += [not one.get("breached") for one in cycles]
            _tell_target(found, cycles[-1])
    if kept:
        found["made_sla"] = "true" if all(kept) else "false"
    return found


def _tell_answer(found: dict[str, str], cycles: list[Cycle]) -> None:
    stopped = time_of(cycles[0], "stopTime")
    if stopped is not None:
        found["clock_answered_at"] = shown(stopped)


def _tell_target(found: dict[str, str], cycle: Cycle) -> None:
    due, goal = time_of(cycle, "breachTime"), _span(cycle, "goalDuration")
    if due is not None:
        found["target_at"] = shown(due)
    if goal is not None:
        found["target_seconds"] = str(goal)

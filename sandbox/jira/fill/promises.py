"""Clocks, satisfaction, services and items of issues."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import time
from typing import Any

from sandbox.jira.fill.builder import Builder
from sandbox.jira.fill.records import Row, rows
from sandbox.jira.fill.template import field_id
from sandbox.jira.sla import ALWAYS, Calendar, Cycle, SlaValue
from sandbox.jira.sla.engine import stays
from sandbox.jira.store import Issue, Moment, custom
from sandbox.jira.store import fields as kinds
from sandbox.jira.store.desk import ServiceDesk
from sandbox.jira.store.values import AssetValue

_CLOCKS = {("SLA", "resolution"): "Time to resolution", ("SLA", "response"): "Time to first response"}
OFFICE = Calendar("Office hours", {day: (time(8), time(18)) for day in range(5)})
"""Answers are promised within these; everything else around the clock."""
_LATE = 3_600_000
"""By so many milliseconds a clock stops late whose end cannot be trusted; until then it stands still."""
SERVICE_PREFIX = "ari:cloud:graph::service/"


def add_clocks(builder: Builder, organisation: object) -> None:
    """Put clocks into issues: as planted; requests by their item's target; others have only a name."""
    found: defaultdict[int, dict[str, list[Cycle]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(organisation, "service_levels"):
        issue = builder.made.get((row["record_kind"], row["record_id"]))
        if issue is not None and row["started_at"] is not None:
            cycle = None if row.get("cancelled") else _cycle(builder, issue, row)
            clocks = found[issue.id][_clock(builder, row)]
            clocks += [cycle] if cycle else []
    for (kind, _), issue in builder.made.items():
        if kind == "request" and issue.id not in found:
            found[issue.id]["Time to resolution"] += _of_request(builder, issue)
        if kind in ("incident", "request") or builder.traps.change_clocks:
            names = (*_CLOCKS.values(), *found[issue.id])
            _write(builder, issue, {name: found[issue.id][name] for name in names})


def describe_clocks(builder: Builder, desk: ServiceDesk) -> None:
    """Let the agents' pages tell which calendars and clocks there are."""
    desk.calendars = [
        {"id": number, "name": calendar.name, "timeZone": calendar.zone.key, "workingTimes": _hours(calendar)}
        for number, calendar in enumerate((ALWAYS, OFFICE), 1)
    ]
    clocks = [each for each in builder.site.fields.values() if each.custom == kinds.SLA]
    desk.metrics = [{"id": each.number, "name": each.name, "customFieldId": each.number} for each in clocks]


def _hours(calendar: Calendar) -> list[dict[str, object]]:
    return [
        {"weekday": day, "start": begin.isoformat(), "end": end.isoformat()}
        for day, (begin, end) in calendar.hours.items()
    ]


def _write(builder: Builder, issue: Issue, clocks: dict[str, list[Cycle]]) -> None:
    for name, cycles in clocks.items():
        id_ = field_id(builder.site, name)
        number = builder.site.fields[id_].number
        issue.fields[id_] = SlaValue(number, name, issue.id, tuple(cycles))


def _clock(builder: Builder, row: Row) -> str:
    key = (str(row["type"]), str(row["target"]))
    name = _CLOCKS.get(key, f"{row['type']} time to {row['target']}")
    if not any(each.name == name or each.untranslated == name for each in builder.site.fields.values()):
        builder.site.add_fields(custom(10_800 + len(builder.site.fields), name, kinds.SLA))
    return name


def _cycle(builder: Builder, issue: Issue, row: Row) -> Cycle:
    """Return a planted clock; its pauses are the stays in Pending where they explain what was paused."""
    start, stop = row["started_at"], row["stopped_at"]
    paused = int(row.get("paused_seconds") or 0) * 1000
    pauses = [
        (max(begin, start), end if stop is None or (end is not None and end < stop) else stop)
        for begin, end, status in stays(builder.site, issue)
        if status.content["untranslatedName"] == "Pending" and (stop is None or begin < stop)
    ]
    if row["target"] == "response":
        pauses = []
    told = sum(end - begin for begin, end in pauses if end is not None)
    if stop is not None and abs(told - paused) > 1000:
        pauses = [(start, start + paused)] if paused else []
    if row.get("edited") and stop is not None:
        pauses.append((stop, stop + _LATE))
        stop += _LATE
    calendar = OFFICE if row["target"] == "response" else ALWAYS
    return Cycle(start, stop, int(row["target_seconds"] or 0) * 1000, tuple(pauses), calendar)


def _of_request(builder: Builder, issue: Issue) -> list[Cycle]:
    row = builder.rows["request", issue.id]
    if not row.get("target_seconds"):
        return []
    stop = row.get("fulfilled_at") or row.get("closed_at")
    return [Cycle(row["opened_at"], stop, int(row["target_seconds"]) * 1000)]


def add_satisfaction(builder: Builder, organisation: object) -> None:
    """Put what customers answered into issues, one star for each quarter above the first."""
    rating, date = (field_id(builder.site, name) for name in ("Satisfaction", "Satisfaction date"))
    for row in rows(organisation, "surveys"):
        issue = builder.made.get((row["record_kind"], row["record_id"]))
        if issue is not None and row.get("score") is not None:
            issue.fields[rating] = {"rating": 1 + round(row["score"] / 25)}
            issue.fields[date] = Moment(row["answered_at"])


def service_key(name: str) -> str:
    """Return the ARI of a service."""
    return f"{SERVICE_PREFIX}{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def add_items(builder: Builder, objects: dict[str, int]) -> None:
    """Name affected services and items in issues; `objects` are numbers of Assets by item."""
    services, assets = (field_id(builder.site, name) for name in ("Affected services", "Affected assets"))
    for key, issue in builder.made.items():
        row: dict[str, Any] = builder.rows[key[0], issue.id]
        if row.get("service_id"):
            issue.fields[services] = [{"id": service_key(str(row["service_id"]))}]
        number = objects.get(str(row.get("ci_id")))
        if number is not None:
            issue.fields[assets] = [AssetValue(number, builder.site)]

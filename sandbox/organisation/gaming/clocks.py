"""Manipulated clocks: priorities lowered, pauses invented, breaches edited away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sandbox.organisation.clock import HOUR, MINUTE
from sandbox.organisation.gaming.edits import (
    Desk,
    copied,
    equal,
    moments,
    numbers,
    positions,
    seconds,
    with_history,
)
from sandbox.organisation.numbers import Integers, Words
from sandbox.organisation.table import Columns, Table

BY_PRIORITY = {3: (2, 2), 4: (2, 3), 5: (3, 3)}
"""Impact and urgency that make a priority."""
LATEST_DOWNGRADE = 0.8
"""Part of an incident's life after which its priority is lowered at the latest."""
URGENT_AS_WELL = 0.5


def _missed(desk: Desk, clocks: Columns) -> Integers:
    """Return the resolution clocks of the last three months that missed their target."""
    stopped = seconds(clocks["stopped_at"])
    missed = equal(clocks["target"], "resolution") & equal(clocks["breached"], True)
    missed &= equal(clocks["record_kind"], "incident") & ~equal(clocks["cancelled"], True)
    lately = (stopped >= desk.since) & (stopped < desk.end)
    incident = positions(desk.incidents["id"], clocks["record_id"])
    counts = (incident >= 0) & desk.lately[np.maximum(incident, 0)]
    return np.flatnonzero(missed & lately & counts)


def downgrade(desk: Desk) -> Mapping[str, Table]:
    """Lower the priority of what misses its target, and of half of the urgent; targets follow."""
    columns, clocks = desk.incidents, copied(desk.organisation.service_levels)
    priority = numbers(columns["priority"])
    missed = positions(columns["id"], clocks["record_id"][_missed(desk, clocks)])
    urgent = desk.some(desk.lately & (priority <= 2), URGENT_AS_WELL, "urgent")
    which = np.union1d(missed[priority[missed] < 5], urgent).astype(np.int64)
    lower = np.clip(priority[which] + 2, 3, 5)
    transitions = _lowered(desk, which, priority, lower)
    for row, value in zip(which.tolist(), lower.tolist(), strict=True):
        columns["priority"][row] = value
        columns["impact"][row], columns["urgency"][row] = BY_PRIORITY[value]
    give_new_targets(clocks, dict(zip(columns["id"][which].tolist(), lower.tolist(), strict=True)))
    return {"incidents": Table(columns), "transitions": transitions, "service_levels": Table(clocks)}


def _lowered(desk: Desk, which: Integers, priority: Integers, lower: Integers) -> Table:
    columns = desk.incidents
    opened, resolved = seconds(columns["opened_at"])[which], seconds(columns["resolved_at"])[which]
    share = desk.stream("lowered").uniform(0.2, LATEST_DOWNGRADE, len(which))
    at = opened + (share * np.maximum(resolved - opened, MINUTE)).astype(np.int64)
    record, actor = columns["id"].astype(np.object_)[which], columns["assignee"][which]
    nothing = np.zeros(len(desk.organisation.transitions), dtype=np.bool_)
    before = with_history(
        desk.organisation.transitions,
        "incident",
        nothing,
        record,
        opened,
        "priority",
        _texts(priority[which]),
        actor,
    )
    nothing = np.zeros(len(before), dtype=np.bool_)
    return with_history(before, "incident", nothing, record, at, "priority", _texts(lower), actor)


def _texts(values: Integers) -> Words:
    return values.astype(str).astype(np.object_)


def give_new_targets(clocks: Columns, priority: Mapping[str, int]) -> None:
    """Give the clocks the usual target of their new priority."""
    usual: dict[str, int] = {}
    for name, target in zip(clocks["name"].tolist(), numbers(clocks["target_seconds"]).tolist(), strict=True):
        usual.setdefault(str(name), target)
    for row, record in enumerate(clocks["record_id"].tolist()):
        name = f"P{priority.get(record)} {clocks['target'][row]}"
        if record not in priority or name not in usual:
            continue
        longer = usual[name] - int(clocks["target_seconds"][row] or 0)
        clocks["name"][row], clocks["target_seconds"][row] = name, usual[name]
        for due in ("due_at", "original_due_at"):
            clocks[due][row] = clocks[due][row] + np.timedelta64(longer, "s")
        clocks["breached"][row] = bool((clocks["elapsed_seconds"][row] or 0) > usual[name])


def pause_clocks(desk: Desk) -> Mapping[str, Table]:
    """Invent waits for the user, just long enough to keep the target."""
    clocks = copied(desk.organisation.service_levels)
    rows = _missed(desk, clocks)
    pause = numbers(clocks["elapsed_seconds"])[rows] - numbers(clocks["target_seconds"])[rows] + 10 * MINUTE
    incident = positions(desk.incidents["id"], clocks["record_id"][rows])
    resolved = seconds(desk.incidents["resolved_at"])[incident]
    opened = seconds(desk.incidents["opened_at"])[incident]
    fits = pause < resolved - opened - HOUR
    rows, pause, incident, resolved = rows[fits], pause[fits], incident[fits], resolved[fits]
    clocks["paused_seconds"][rows] = numbers(clocks["paused_seconds"])[rows] + pause
    clocks["elapsed_seconds"][rows] = numbers(clocks["elapsed_seconds"])[rows] - pause
    clocks["due_at"][rows] = moments(seconds(clocks["due_at"])[rows] + pause)
    clocks["breached"][rows] = False
    until = resolved - 5 * MINUTE
    return {
        "transitions": _waits(desk, incident, until - pause, until),
        "service_levels": Table(clocks),
    }


def _waits(desk: Desk, incident: Integers, since: Integers, until: Integers) -> Table:
    """Return the history with a wait in place of whatever else the state did in that time."""
    table, ids = desk.organisation.transitions, desk.incidents["id"].astype(np.object_)[incident]
    actor = desk.incidents["assignee"][incident]
    start = dict(zip(ids.tolist(), since.tolist(), strict=True))
    end = dict(zip(ids.tolist(), until.tolist(), strict=True))
    records, at = table.columns["record_id"].tolist(), seconds(table.columns["at"])
    within = at >= np.array([start.get(name, 1 << 40) for name in records])
    within &= at <= np.array([end.get(name, 0) for name in records])
    dropped = within & equal(table.columns["field"], "state")
    held = with_history(table, "incident", dropped, ids, since, "state", "On Hold", actor)
    nothing = np.zeros(len(held), dtype=np.bool_)
    return with_history(held, "incident", nothing, ids, until, "state", "In Progress", actor)


def edit_clocks(desk: Desk) -> Mapping[str, Table]:
    """Untick the breach of clocks that have long stopped."""
    clocks = copied(desk.organisation.service_levels)
    rows = _missed(desk, clocks)
    clocks["breached"][rows] = False
    if "edited" in clocks:
        clocks["edited"][rows] = True
    return {"service_levels": Table(clocks)}

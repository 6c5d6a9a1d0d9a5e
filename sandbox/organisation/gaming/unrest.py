"""What honest organisations do that resembles cheating and says nothing about the work (section 8.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, midnight
from sandbox.organisation.gaming.edits import Desk, copied, empty, equal, extended, moments, seconds
from sandbox.organisation.gaming.tickets import busiest, closed, open_since
from sandbox.organisation.generator import Organisation
from sandbox.organisation.numbers import Flags, rank_within
from sandbox.organisation.structure import MIGRATION
from sandbox.organisation.table import Table

FORGOTTEN = 45 * DAY
"""Age from which on an open incident is closed after a migration."""
IMPORTED = 0.02
"""Incidents that another tool's go-live brings, per incident."""
HOLIDAYS, DAYS_OFF, CATCH_UP = ((4, 3), (12, 24)), 4, 2
"""First days, how many, and in how many days what was left undone is done."""
TEAMS_IN_SHIFTS, SHIFT_LEADS, QUARTER = 3, 4, 91 * DAY


def import_again(desk: Desk) -> Mapping[str, Table]:
    """Let a tool of another department go live: what it had comes in one night, all of it closed."""
    incidents = desk.organisation.incidents
    night = desk.end - int(desk.stream("go-live").integers(5, 85)) * DAY + HOUR
    count = round(IMPORTED * len(incidents))
    model = desk.stream("imported").integers(0, len(incidents), count)
    alike = {name: values[model] for name, values in incidents.columns.items()}
    at = moments(night + np.arange(count))
    own = {
        "id": np.array([f"NEW{number:07d}" for number in range(count)], dtype=np.object_),
        "created_by": MIGRATION,
        "resolver": MIGRATION,
        "disposition": None,
        "parent_id": None,
        "problem_id": None,
        "state": "Closed",
        **dict.fromkeys(("opened_at", "acknowledged_at", "resolved_at", "closed_at", "updated_at"), at),
    }
    return {"incidents": extended(incidents, count, {**alike, **own})}


def tidy_up(desk: Desk) -> Mapping[str, Table]:
    """Close, in the night after a migration, what nobody has worked on for weeks."""
    night = desk.end - int(desk.stream("tidying").integers(5, 85)) * DAY + 2 * HOUR
    at = np.zeros(len(desk.incidents["id"]), dtype=np.int64)
    old = open_since(desk, night, FORGOTTEN)
    at[old] = night + rank_within(np.zeros(int(old.sum()), dtype=np.int64))
    return closed(desk, at, np.full(int(old.sum()), MIGRATION, dtype=np.object_))


def keep_holidays(desk: Desk) -> Mapping[str, Table]:
    """Do nothing for four days twice a year, and what was left undone in the two days after."""
    columns, clocks = desk.incidents, copied(desk.organisation.service_levels)
    transitions = copied(desk.organisation.transitions)
    resolved = seconds(columns["resolved_at"])
    later = np.zeros(len(resolved), dtype=np.int64)
    for year in range(desk.until.year - 3, desk.until.year + 1):
        for month, day in HOLIDAYS:
            first = midnight(date(year, month, day))
            off = (resolved >= first) & (resolved < first + DAYS_OFF * DAY)
            delay = first + DAYS_OFF * DAY - resolved + (resolved - first) * CATCH_UP // DAYS_OFF
            later = np.where(off & desk.counted, delay, later)
    later[seconds(columns["closed_at"]) + later >= desk.end] = 0
    _put_off(columns, ("resolved_at", "closed_at", "updated_at"), later)
    delays = dict(zip(columns["id"].tolist(), later.tolist(), strict=True))
    ends = dict(zip(columns["id"].tolist(), resolved.tolist(), strict=True))
    owners = transitions["record_id"].tolist()
    after = seconds(transitions["at"]) >= np.array([ends.get(name, desk.end) for name in owners])
    _put_off(transitions, ("at", "updated_at"), np.array([delays.get(name, 0) for name in owners]) * after)
    # holidays stop the clocks: they end later, and so does what they promise
    put_off = np.array([delays.get(name, 0) for name in clocks["record_id"].tolist()])
    put_off *= equal(clocks["target"], "resolution")
    _put_off(clocks, ("stopped_at", "due_at", "original_due_at"), put_off)
    return {
        "incidents": Table(columns),
        "transitions": Table(transitions),
        "service_levels": Table(clocks),
    }


def _put_off(columns: dict[str, Any], names: tuple[str, ...], by: np.ndarray[Any, Any]) -> None:
    for name in names:
        columns[name] = columns[name] + by.astype("timedelta64[s]")


def work_in_shifts(desk: Desk) -> Mapping[str, Table]:
    """Let the lead of the shift close what the largest teams solve; every quarter somebody else leads."""
    columns = desk.incidents
    quarter = (desk.end - seconds(columns["resolved_at"])) // QUARTER
    ended: Flags = ~np.isnat(columns["resolved_at"]) & ~empty(columns["resolver"])
    for team in busiest(columns["assignment_group"].astype(np.object_), TEAMS_IN_SHIFTS):
        theirs = ended & equal(columns["assignment_group"], team)
        leads = busiest(columns["resolver"][theirs].astype(np.object_), SHIFT_LEADS)
        for number, lead in enumerate(leads):
            columns["resolver"][theirs & (quarter % len(leads) == number)] = lead
    return {"incidents": Table(columns)}


EVENTS: Mapping[str, Callable[[Desk], Mapping[str, Table]]] = {
    "holidays": keep_holidays,
    "shifts": work_in_shifts,
    "clean-up after a migration": tidy_up,
    "another go-live": import_again,
}


def disquiet(organisation: Organisation, *, seed: int, until: date) -> Organisation:
    """Return the organisation after all that, with nights drawn by seed; the truth stays as it was."""
    for event in EVENTS.values():
        changed: dict[str, Any] = {**event(Desk(organisation, seed, until))}
        organisation = replace(organisation, **changed)
    return organisation

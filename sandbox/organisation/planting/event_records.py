"""Writes the events behind planned alerts: one by one in the last week, before that counted by day."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.events import HEARTBEAT
from sandbox.organisation.monitoring import LAST_WEEK, MONITORS, TYPES
from sandbox.organisation.numbers import Integers, Words, rank_within
from sandbox.organisation.planting.alert_plan import GROUPED, Plan
from sandbox.organisation.planting.watched import Watched
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.world import World, numbered, record_table

OWN = 0.6
"""Share of the further events behind an alert that became part of it; the others were ignored."""
HEARTBEATS = 144
"""By service and day."""


def plan_events(world: World, plan: Plan, compression: float) -> tuple[Integers, Integers]:
    """Return how many events each alert stands for, and how many were ignored beside it.

    Both together are drawn from a geometric distribution whose mean gives the compression asked for, less
    the one event of each alert that is grouped under it.
    """
    generator, count = world.stream("plant monitoring events"), len(plan.opened)
    mean = max(1 / (1 - min(compression, 0.99)) - GROUPED, 1.01)
    every = generator.geometric(1 / mean, count)
    own = 1 + generator.binomial(every - 1, OWN)
    alone = plan.parent < 0
    return np.where(alone, own, 1), np.where(alone, every - own, 0)


def event_table(world: World, plan: Plan, alerts: Table, ignored: Integers, watched: Watched) -> Table:
    """Return the last week's events, and before it their number by day, monitor and type."""
    own = np.asarray(alerts.columns["event_count"], dtype=np.int64)
    lately = np.flatnonzero(plan.opened >= world.period.end - LAST_WEEK)
    parts = [
        _counts(world, plan, alerts, own, ignored),
        _singles(world, plan, alerts, np.repeat(lately, own[lately]), "Processed"),
        _singles(world, plan, alerts, np.repeat(lately, ignored[lately]), "Ignored"),
        _heartbeats(world, watched),
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["occurred_at"], kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    return record_table("event", {"id": numbered("EVT", len(order)), **columns})


def _counts(world: World, plan: Plan, alerts: Table, own: Integers, ignored: Integers) -> Columns:
    start, end = world.period.start, world.period.end - LAST_WEEK
    days, width = (end - start) // DAY, len(TYPES) + 2
    within = (plan.opened >= start) & (plan.opened < end)
    monitor = (words(alerts.columns["monitor"]) == MONITORS[1]).astype(np.int64)
    type_ = np.searchsorted(np.sort(words(list(TYPES))), words(alerts.columns["type"]))
    cell = (((plan.opened - start) // DAY) * len(MONITORS) + monitor) * width
    size = days * len(MONITORS) * width
    number = np.bincount(cell[within] + type_[within], own[within], size)
    number += np.bincount(cell[within] + len(TYPES), ignored[within], size)
    place = np.arange(size)
    number[place % width == width - 1] = len(world.services) * HEARTBEATS // len(MONITORS)
    place = place[number > 0]
    kind = place % width
    names = words([*sorted(TYPES), TYPES[0], HEARTBEAT])
    nothing = np.full(len(place), None, dtype=np.object_)
    return _columns(
        start + place // width // len(MONITORS) * DAY,
        monitor=MONITORS[place // width % len(MONITORS)],
        type=names[kind],
        severity=words(np.where(kind == width - 1, 5, 3)),
        state=words(np.where(kind == len(TYPES), "Ignored", "Processed")),
        event_count=words(number[place].astype(np.int64)),
        alert_id=nothing,
    )


def _singles(world: World, plan: Plan, alerts: Table, owner: Integers, state: str) -> Columns:
    """Events of alerts within the hour after them; what was ignored has no alert."""

    def of(name: str) -> Words:
        return words(alerts.columns[name])[owner]

    spread = rank_within(owner) * 40
    occurred = np.minimum(plan.opened[owner] + np.minimum(spread, 3000), world.period.end - 1)
    names = (
        "monitor",
        "node",
        "resource",
        "metric",
        "type",
        "message_key",
        "severity",
        "ci_id",
        "service_id",
    )
    return _columns(
        occurred,
        **{name: of(name) for name in names},
        state=words(np.full(len(owner), state)),
        alert_id=of("id") if state == "Processed" else np.full(len(owner), None, dtype=np.object_),
    )


def _heartbeats(world: World, watched: Watched) -> Columns:
    """Return one heartbeat a day of every service that is watched."""
    service = np.repeat(np.flatnonzero(~watched.quiet), LAST_WEEK // DAY)
    generator = world.stream("plant monitoring heartbeats")
    day = world.period.end - LAST_WEEK + rank_within(service) * DAY
    name = world.services[service]
    return _columns(
        day + generator.integers(0, DAY, len(service)),
        monitor=MONITORS[service % len(MONITORS)],
        node=name,
        resource=words(np.full(len(service), "service")),
        type=words(np.full(len(service), HEARTBEAT)),
        message_key=name + "/" + HEARTBEAT,
        severity=words(np.full(len(service), 5)),
        state=words(np.full(len(service), "Processed")),
        service_id=name,
    )


def _columns(occurred: Integers, **known: Words) -> Columns:
    nothing = np.full(len(occurred), None, dtype=np.object_)
    names = ("monitor", "node", "resource", "metric", "type", "message_key", "severity", "state", "ci_id")
    columns: Columns = dict.fromkeys((*names, "service_id", "alert_id", "event_count"), nothing)
    columns |= known
    columns["ignored"] = words(known["state"] == "Ignored")
    columns["occurred_at"] = columns["updated_at"] = occurred.astype("datetime64[s]")
    return columns

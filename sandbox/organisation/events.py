"""Events as a platform keeps them: one by one for a week, before that as a count by day."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.items import Items
from sandbox.organisation.monitoring import LAST_WEEK, MONITORS, TYPES, Alerts
from sandbox.organisation.numbers import Integers, Words, between, rank_within
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.world import World, numbered, record_table

HEARTBEAT = "heartbeat"


def event_table(world: World, items: Items, alerts: Alerts, alert_table: Table) -> Table:
    """Return the last week's events, and before it their number by day, monitor and type.

    A count has no item and no alert; `event_count` of a single event is empty.
    """
    number = np.asarray(alert_table.columns["event_count"], dtype=np.int64)
    parts = [
        _counts(world, items, alerts, number),
        _behind_alerts(world, alerts, alert_table, number),
        _heartbeats(world, items),
        _ignored(world, items, alerts),
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["occurred_at"], kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    return record_table("event", {"id": numbered("EVT", len(order)), **columns})


def _counts(world: World, items: Items, alerts: Alerts, events: Integers) -> Columns:
    """Count by day and monitor: the events of the alerts opened that day, heartbeats, and ignored ones."""
    start, end = world.period.start, world.period.end - LAST_WEEK
    days = (end - start) // DAY
    assumed, width = world.assumptions.monitoring, len(TYPES) + 2
    within = (alerts.opened >= start) & (alerts.opened < end)
    day = (alerts.opened[within] - start) // DAY
    cell = (day * len(MONITORS) + alerts.monitor[within]) * width
    size = days * len(MONITORS) * width
    number = np.bincount(cell + alerts.type[within], events[within], size).astype(np.int64)
    quiet = np.bincount(cell + len(TYPES), minlength=size) * assumed.ignored_by_alert
    number += quiet.astype(np.int64)
    place = np.arange(size)
    number[place % width == width - 1] = items.services * assumed.heartbeats_by_service // len(MONITORS)
    place, number = place[number > 0], number[number > 0]
    kind, ignored = place % width, place % width == len(TYPES)
    names = words([*TYPES, TYPES[0], HEARTBEAT])
    nothing = np.full(len(place), None, dtype=np.object_)
    return _columns(
        occurred=start + place // width // len(MONITORS) * DAY,
        monitor=MONITORS[place // width % len(MONITORS)],
        node=nothing,
        resource=nothing,
        metric=nothing,
        type_=names[kind],
        key=nothing,
        severity=words(np.where(kind == width - 1, 5, 3)),
        state=words(np.where(ignored, "Ignored", "Processed")),
        ci=nothing,
        service=nothing,
        alert=nothing,
        count=words(number),
    )


def _behind_alerts(world: World, alerts: Alerts, table: Table, number: Integers) -> Columns:
    """Return every event of the alerts opened in the last week, as many as the alert counts."""
    recent = np.flatnonzero(alerts.opened >= world.period.end - LAST_WEEK)
    owner = np.repeat(recent, number[recent])
    turn = rank_within(owner)
    until = np.where(world.happened(alerts.last_event), alerts.last_event, alerts.opened)[owner]
    share = turn / np.maximum(number[owner] - 1, 1)

    def of_alert(name: str) -> Words:
        return words(table.columns[name])[owner]

    return _columns(
        occurred=between(alerts.opened[owner], until, share),
        monitor=of_alert("monitor"),
        node=of_alert("node"),
        resource=of_alert("resource"),
        metric=of_alert("metric"),
        type_=of_alert("type"),
        key=of_alert("message_key"),
        severity=of_alert("severity"),
        state=words(np.full(len(owner), "Processed")),
        ci=of_alert("ci_id"),
        service=of_alert("service_id"),
        alert=of_alert("id"),
        count=np.full(len(owner), None, dtype=np.object_),
    )


def _heartbeats(world: World, items: Items) -> Columns:
    """Return one heartbeat a day of an item of every monitored service."""
    generator = world.stream("heartbeats")
    monitored = np.flatnonzero(generator.random(items.services) < 0.85)
    service = np.repeat(monitored, LAST_WEEK // DAY)
    item = items.lasting(service, service)
    day = world.period.end - LAST_WEEK + rank_within(service) * DAY
    occurred = day + generator.integers(0, DAY, len(service))
    return _single(world, items, item, occurred, HEARTBEAT, 5, "Processed", generator)


def _ignored(world: World, items: Items, alerts: Alerts) -> Columns:
    """Return the events of the last week that were filtered out."""
    generator = world.stream("ignored events")
    recent = int((alerts.opened >= world.period.end - LAST_WEEK).sum())
    count = round(recent * world.assumptions.monitoring.ignored_by_alert)
    occurred = world.period.end - LAST_WEEK + generator.integers(0, LAST_WEEK, count)
    service = world.some_service(count, generator)
    item = items.lasting(service, generator.integers(0, 6, count))
    return _single(world, items, item, occurred, TYPES[0], 3, "Ignored", generator)


def _single(
    world: World,
    items: Items,
    item: Integers,
    occurred: Integers,
    type_: str,
    severity: int,
    state: str,
    generator: np.random.Generator,
) -> Columns:
    count = len(item)
    node = items.nodes[item]
    bound = generator.random(count) < 0.95
    nothing = np.full(count, None, dtype=np.object_)
    return _columns(
        occurred=occurred,
        monitor=MONITORS[item % len(MONITORS)],
        node=node,
        resource=words(np.full(count, "service")),
        metric=nothing,
        type_=words(np.full(count, type_)),
        key=node + "/" + type_,
        severity=words(np.full(count, severity)),
        state=words(np.full(count, state)),
        ci=words(items.ids[item], bound),
        service=words(world.services[items.service[item]], bound),
        alert=nothing,
        count=nothing,
    )


def _columns(
    *,
    occurred: Integers,
    monitor: Words,
    node: Words,
    resource: Words,
    metric: Words,
    type_: Words,
    key: Words,
    severity: Words,
    state: Words,
    ci: Words,
    service: Words,
    alert: Words,
    count: Words,
) -> Columns:
    return {
        "occurred_at": occurred.astype("datetime64[s]"),
        "monitor": monitor,
        "node": node,
        "resource": resource,
        "metric": metric,
        "type": type_,
        "message_key": key,
        "severity": severity,
        "state": state,
        "ignored": words(state == "Ignored"),
        "ci_id": ci,
        "service_id": service,
        "alert_id": alert,
        "event_count": count,
        "updated_at": occurred.astype("datetime64[s]"),
    }

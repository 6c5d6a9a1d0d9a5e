"""Alerts, some of which lead to incidents, and the events behind them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sandbox.organisation.articles import Articles
from sandbox.organisation.clock import DAY, MINUTE
from sandbox.organisation.intake import MONITORING
from sandbox.organisation.items import Items
from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn, log_normal
from sandbox.organisation.structure import CATEGORIES, HEALER
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.world import NEVER, World, numbered, record_table, reference

MONITORS = words(["infrastructure monitor", "application monitor"])
TYPES = ("threshold", "availability", "anomaly")
TYPE_SHARES = (0.5, 0.3, 0.2)
ANOMALY = 2
METRICS = words(["response time", "free space", "processor load", "queue length", "error rate"])
RESOURCES = words(["disk", "memory", "interface", "service", "job"])
SEVERITIES = (0.04, 0.12, 0.34, 0.4, 0.1)
SERIOUS = 2
LAST_WEEK = 7 * DAY


@dataclass(frozen=True)
class Alerts:
    """One element by alert, in the order they were opened; moments may lie after the period."""

    opened: Integers
    closed: Integers
    item: Integers
    incident: Integers
    """Incident it led to or was linked to, -1 for none."""
    ticketed: Integers
    """When it was linked; NEVER where it was not."""
    automatic: Flags
    severity: Integers
    parent: Integers
    """Alert it is grouped under, -1 for none."""
    type: Integers
    last_event: Integers
    events: Integers

    @property
    def monitor(self) -> Integers:
        """Monitor it comes from, by its item."""
        return self.item % 2

    def at(self, positions: Integers) -> Alerts:
        """Return the alerts at these positions; parents keep their old ones."""
        return Alerts(*(getattr(self, field.name)[positions] for field in fields(self)))


def plan_alerts(world: World, items: Items) -> Alerts:
    """Plan the alerts behind incidents, those that came to nothing, and those grouped under others."""
    assumed = world.assumptions.monitoring
    led = [_leading(world, items), _preceding(world, items)]
    rest = max(world.volume(assumed.volume) - sum(len(part.opened) for part in led), 2)
    grouped = round(assumed.grouped * rest)
    alone = _joined([*led, _unfounded(world, items, max(rest - grouped, 1))])
    joined = _joined([alone, _grouped(world, items, alone, grouped)])
    order = np.argsort(joined.opened, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    sorted_ = joined.at(order)
    parent = np.where(sorted_.parent >= 0, place[np.maximum(sorted_.parent, 0)], -1)
    return Alerts(**{**_fields(sorted_), "parent": parent})


def _leading(world: World, items: Items) -> Alerts:
    """Alerts from which the incidents of channel monitoring were made."""
    cases, generator = world.cases, world.stream("leading alerts")
    chosen = generator.random(len(cases.ids)) < world.assumptions.monitoring.incidents_from_alerts
    which = np.flatnonzero((cases.channel == MONITORING) & chosen)
    opened = cases.opened[which] - generator.integers(20, 5 * MINUTE, len(which))
    return _of_incidents(world, items, which, opened, cases.opened[which], True, generator)


def _preceding(world: World, items: Items) -> Alerts:
    """Alerts that were there before a user reported the same, and were linked afterwards."""
    cases, generator = world.cases, world.stream("preceding alerts")
    chosen = generator.random(len(cases.ids)) < world.assumptions.monitoring.urgent_detected
    urgent = (cases.priority <= SERIOUS) & cases.clean & (cases.channel != MONITORING)
    which = np.flatnonzero(urgent & chosen)
    opened = cases.opened[which] - generator.integers(MINUTE, 20 * MINUTE, len(which))
    ticketed = between(cases.opened[which], cases.resolved[which], 0.4 * generator.random(len(which)))
    return _of_incidents(world, items, which, opened, ticketed, False, generator)


def _of_incidents(
    world: World,
    items: Items,
    which: Integers,
    opened: Integers,
    ticketed: Integers,
    automatic: bool,
    generator: np.random.Generator,
) -> Alerts:
    cases, count = world.cases, len(which)
    return _complete(
        opened,
        cases.resolved[which] + generator.integers(0, 10 * MINUTE, count),
        items.of_incidents(cases.item[which]),
        np.minimum(cases.priority[which], 4),
        generator,
        world.assumptions.monitoring.events_by_alert,
        incident=which,
        ticketed=ticketed,
        automatic=np.full(count, automatic),
    )


def _unfounded(world: World, items: Items, count: int) -> Alerts:
    generator = world.stream("other alerts")
    opened = world.moments(count, generator)
    closed = opened + log_normal(40.0 * MINUTE, 1.1, count, generator)
    some = generator.integers(items.services, len(items.ids), count)
    item = items.standing(some, opened, closed, generator.integers(0, 6, count))
    severity = 1 + generator.choice(5, count, p=SEVERITIES)
    return _complete(opened, closed, item, severity, generator, world.assumptions.monitoring.events_by_alert)


def _grouped(world: World, items: Items, alone: Alerts, count: int) -> Alerts:
    """Alerts minutes after another one, on a part of the same service."""
    generator = world.stream("grouped alerts")
    parent = generator.integers(0, len(alone.opened), count)
    opened = between(alone.opened[parent], np.minimum(alone.closed[parent], world.period.end), 0.01)
    opened = np.minimum(opened, alone.opened[parent] + generator.integers(0, 5 * MINUTE, count))
    item = items.lasting(items.service[alone.item[parent]], generator.integers(0, 6, count))
    severity = np.minimum(alone.severity[parent] + 1, 5)
    events = world.assumptions.monitoring.events_by_alert
    return _complete(opened, alone.closed[parent], item, severity, generator, events, parent=parent)


def _complete(
    opened: Integers,
    closed: Integers,
    item: Integers,
    severity: Integers,
    generator: np.random.Generator,
    events: float,
    **known: Integers | Flags,
) -> Alerts:
    """Fill in what alerts have whatever they led to."""
    count = len(opened)
    nothing = {
        "incident": np.full(count, -1),
        "ticketed": np.full(count, NEVER),
        "automatic": np.zeros(count, dtype=np.bool_),
        "parent": np.full(count, -1),
    }
    return Alerts(
        opened=opened,
        closed=closed,
        item=item,
        severity=severity,
        type=generator.choice(len(TYPES), count, p=TYPE_SHARES),
        last_event=between(opened, closed, generator.random(count)),
        events=generator.geometric(1 / events, count),
        **{**nothing, **known},  # type: ignore[arg-type]
    )


def _joined(parts: list[Alerts]) -> Alerts:
    return Alerts(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Alerts)}
    )


def _fields(alerts: Alerts) -> dict[str, Integers]:
    return {field.name: getattr(alerts, field.name) for field in fields(Alerts)}


def alert_table(world: World, items: Items, alerts: Alerts, articles: Articles) -> Table:
    """Return the alerts as records."""
    ids = numbered("ALT", len(alerts.opened))
    generator = world.stream("alert binding")
    bound = generator.random(len(ids)) < world.assumptions.monitoring.bound
    handling = _handled(world, alerts)
    columns = _times_and_states(world, alerts, handling)
    columns |= _work(world, items, alerts, handling)
    columns |= _source(world, items, alerts, bound)
    columns |= _led_to(world, alerts, ids)
    category = generator.integers(0, len(CATEGORIES), len(ids))
    article = articles.latest(items.service[alerts.item], category, alerts.opened)
    columns |= {"id": ids, "knowledge_id": reference(articles.ids, article)}
    return record_table("alert", columns)


@dataclass(frozen=True)
class _Handling:
    """What was done about each alert, by monitoring itself and by persons."""

    maintenance: Flags
    shown: Flags
    taken: Flags
    acknowledged: Integers
    treated: Flags
    """An automated remediation ran."""
    successful: Flags
    remedy: Integers


def _handled(world: World, alerts: Alerts) -> _Handling:
    assumed, generator, count = world.assumptions.monitoring, world.stream("handling"), len(alerts.opened)
    linked = alerts.incident >= 0
    maintenance = ~linked & (generator.random(count) < assumed.maintenance)
    healed = linked & world.cases.healed[alerts.incident]
    other = ~linked & (generator.random(count) < assumed.remediated)
    shown = ~maintenance & (alerts.parent < 0)
    wait = log_normal(float(assumed.acknowledged_after), 0.9, count, generator)
    return _Handling(
        maintenance,
        shown,
        shown & ~healed & (generator.random(count) < assumed.acknowledged),
        np.minimum(alerts.opened + wait, alerts.closed),
        healed | other,
        healed | (generator.random(count) < 0.7),
        between(alerts.opened, alerts.closed, 0.3 + 0.4 * generator.random(count)),
    )


def _times_and_states(world: World, alerts: Alerts, handling: _Handling) -> Columns:
    generator, taken, treated = world.stream("alert states"), handling.taken, handling.treated
    flapping = generator.poisson(0.3, len(alerts.opened))
    closed = world.happened(alerts.closed)
    moments = (
        (alerts.opened, None),
        (handling.acknowledged, taken),
        (alerts.ticketed, None),
        (handling.remedy, treated),
        (alerts.last_event, None),
        (alerts.closed, None),
    )
    return {
        "opened_at": world.times(alerts.opened),
        "acknowledged_at": world.times(handling.acknowledged, taken),
        "ticketed_at": world.times(alerts.ticketed),
        "remediated_at": world.times(handling.remedy, treated),
        "last_event_at": world.times(alerts.last_event),
        "closed_at": world.times(alerts.closed),
        "state": words(np.where(closed, "Closed", np.where(flapping > 1, "Flapping", "Open"))),
        "flap_count": words(flapping),
        "condition_cleared": words(closed & (generator.random(len(closed)) < 0.85)),
        "updated_at": world.times(world.latest(*moments)),
    }


def _work(world: World, items: Items, alerts: Alerts, handling: _Handling) -> Columns:
    generator, count = world.stream("alert work"), len(alerts.opened)
    group = items.group[alerts.item]
    person = world.members(group, generator)
    taken = handling.taken & world.happened(handling.acknowledged)
    by_person = taken & (generator.random(count) < 0.5)
    recorded = generator.random(count) < world.assumptions.monitoring.work_recorded
    closer = np.where(handling.treated, HEALER, np.where(by_person, person, "svc_monitor"))
    remediation = np.where(handling.successful, "successful", "failed")
    return {
        "maintenance": words(handling.maintenance),
        "shown": words(handling.shown),
        "assignment_group": world.groups[group],
        "assignee": words(person, taken),
        "acknowledged_by": words(person, taken),
        "closed_by": words(closer, world.happened(alerts.closed)),
        "work_recorded": words(taken & ((alerts.incident >= 0) | recorded)),
        "remediation": words(remediation, handling.treated & world.happened(handling.remedy)),
    }


def _source(world: World, items: Items, alerts: Alerts, bound: Flags) -> Columns:
    generator, count = world.stream("alert sources"), len(alerts.opened)
    node = items.nodes[alerts.item]
    metric = METRICS[generator.integers(0, len(METRICS), count)]
    return {
        "monitor": MONITORS[alerts.monitor],
        "node": node,
        "resource": RESOURCES[generator.integers(0, len(RESOURCES), count)],
        "metric": metric,
        "message_key": node + "/" + metric,
        "type": words(list(TYPES))[alerts.type],
        "severity": words(alerts.severity),
        "early_warning": words((alerts.type == ANOMALY) | (alerts.severity == 4)),
        "ci_id": words(items.ids[alerts.item], bound),
        "service_id": words(world.services[items.service[alerts.item]], bound),
        "event_count": words(_events_so_far(world, alerts)),
    }


def _events_so_far(world: World, alerts: Alerts) -> Integers:
    """Events of an alert that is still open: those until now."""
    return np.where(world.happened(alerts.last_event), alerts.events, 1)


def _led_to(world: World, alerts: Alerts, ids: Words) -> Columns:
    linked = (alerts.incident >= 0) & world.happened(alerts.ticketed)
    grouping = drawn({"rule": 0.6, "topology": 0.4}, len(ids), world.stream("grouping"))
    return {
        "incident_id": words(world.cases.ids[np.maximum(alerts.incident, 0)], linked),
        "incident_created_automatically": words(alerts.automatic, linked),
        "parent_id": reference(ids, alerts.parent),
        "grouping": words(grouping, alerts.parent >= 0),
    }

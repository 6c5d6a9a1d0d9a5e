"""Writes planned alerts as records: what they are about, and when who did what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.intake import MONITORING
from sandbox.organisation.monitoring import METRICS, MONITORS, RESOURCES, TYPES
from sandbox.organisation.numbers import Flags, Floats, Integers, Words, between, drawn, log_normal
from sandbox.organisation.planting.alert_plan import FAILED, HEALED, LIMITS, WORKED, Plan
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.watched import QUIET_FROM, Watched
from sandbox.organisation.planting.weeks import Weeks
from sandbox.organisation.structure import HEALER
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.world import NEVER, World, numbered, record_table, reference

MONITOR = "svc_monitor"
HEALED_METRICS = words(["job state", "service state", "session count", "log volume", "cache fill"])
"""What remediations look at; nothing else alerts on these, so that what was healed stays healed."""
USUAL, NOISE, SPREAD = 4.0 * MINUTE, 15.0, 0.45
"""Weekly median of the time to acknowledge, its noise, and the spread within a week."""
ACKNOWLEDGED, LATE = 0.5, 0.15
"""Of the not serious, and of the serious that nobody answered in time."""


@dataclass(frozen=True)
class Moments:
    """When what happened to each alert; NEVER where it did not."""

    acknowledged: Integers
    ticketed: Integers
    remedied: Integers
    closed: Integers


def alert_table(
    world: World, draft: Draft, plan: Plan, weeks: Weeks, watched: Watched, asked: Asked, events: Integers
) -> Table:
    """Return the alerts as records."""
    moments = _moments(world, plan, weeks)
    columns = _states(world, plan, moments)
    columns |= _work(world, plan, moments)
    columns |= _about(world, draft, plan, watched, asked)
    ids = numbered("ALT", len(plan.opened))
    linked = (plan.incident >= 0) & world.happened(moments.ticketed)
    columns |= {
        "id": ids,
        "incident_id": words(world.cases.ids[np.maximum(plan.incident, 0)], linked),
        "incident_created_automatically": words(_automatic(world, plan), linked),
        "parent_id": reference(ids, plan.parent),
        "grouping": words(
            drawn({"rule": 0.6, "topology": 0.4}, len(ids), world.stream("plant monitoring grouping")),
            plan.parent >= 0,
        ),
        "event_count": words(events),
        "knowledge_id": np.full(len(ids), None, dtype=np.object_),
    }
    return record_table("alert", columns)


def _automatic(world: World, plan: Plan) -> Flags:
    """Machines opened the incidents of channel monitoring; all others were reported by users."""
    return np.asarray(world.cases.channel[np.maximum(plan.incident, 0)] == MONITORING, dtype=np.bool_)


def _moments(world: World, plan: Plan, weeks: Weeks) -> Moments:
    generator, count = world.stream("plant monitoring moments"), len(plan.opened)
    limit = LIMITS[np.minimum(plan.severity, 2)]
    limit = np.where(plan.severity > 2, HOUR, limit)
    late = plan.serious & ~plan.in_time
    behind = plan.opened + limit + generator.integers(2 * MINUTE, 50 * MINUTE, count)
    treated = np.isin(plan.outcome, (HEALED, FAILED))
    early = plan.opened + between(np.full(count, 20), limit - 30, generator.random(count))
    remedied = np.where(treated, np.where(late, behind, early), NEVER)
    acknowledged = _acknowledged(world, plan, weeks, generator)
    ticketed = _ticketed(world, plan, generator)
    length = log_normal(40.0 * MINUTE, 0.9, count, generator)
    closed = plan.opened + np.where(plan.acted, np.minimum(length, 150 * MINUTE), length)
    for moment in (acknowledged, remedied, np.where(late & plan.acted, behind, NEVER)):
        closed = np.where(moment < NEVER, np.maximum(closed, moment + 60), closed)
    known = plan.incident >= 0
    resolved = world.cases.resolved[np.maximum(plan.incident, 0)] + generator.integers(0, 10 * MINUTE, count)
    return Moments(acknowledged, ticketed, remedied, np.where(known, np.maximum(resolved, closed), closed))


def _ticketed(world: World, plan: Plan, generator: np.random.Generator) -> Integers:
    """Machines open incidents at once; what a user reported first in the records is linked minutes later."""
    cases, count = world.cases, len(plan.opened)
    incident = np.maximum(plan.incident, 0)
    after = np.where(_automatic(world, plan), 0, generator.integers(2 * MINUTE, 25 * MINUTE, count))
    return np.where(plan.incident >= 0, cases.opened[incident] + after, NEVER)


def _acknowledged(world: World, plan: Plan, weeks: Weeks, generator: np.random.Generator) -> Integers:
    """Serious ones that are in time by persons, few late ones, and some of the others.

    The logarithms of a week's times are moved so that its median is the one planned, whatever is late.
    """
    count = len(plan.opened)
    treated = np.isin(plan.outcome, (HEALED, FAILED))
    draw, share = generator.random(count), generator.standard_normal(count)
    in_time = plan.serious & plan.in_time & ~treated
    late = plan.serious & ~plan.in_time & ~treated & (draw < LATE)
    other = ~plan.serious & ~plan.maintenance & (plan.parent < 0) & ~treated & (plan.warned < 0)
    other &= (draw < ACKNOWLEDGED) & (plan.severity > 2)
    limit = LIMITS[np.minimum(plan.severity, 2)]
    wanted = USUAL + NOISE * weeks.at(plan.opened)
    serious = in_time | late
    middle = _medians(weeks.position(plan.opened), np.where(late, 9.0, share), serious)
    seconds = np.clip(wanted * np.exp(SPREAD * (share - middle)), 15, limit - 20)
    seconds = np.where(late, limit * (1.2 + 1.3 * generator.random(count)), seconds)
    slow = log_normal(9.0 * MINUTE, 0.9, count, generator)
    seconds = np.where(other, np.minimum(slow, 6 * HOUR), seconds)
    warning = plan.used & (plan.warned >= 0)
    before = world.cases.opened[np.maximum(plan.warned, 0)] - plan.opened
    seconds = np.where(warning, before * (0.1 + 0.6 * generator.random(count)), seconds)
    return np.where(serious | other | warning, plan.opened + seconds.astype(np.int64), NEVER)


def _medians(week: Integers, values: Floats, which: Flags) -> Floats:
    """Return for each alert the median of its week, 0 outside the year."""
    found = np.zeros(len(week))
    for number in range(int(week.max(initial=-1)) + 1):
        part = which & (week == number)
        if part.any():
            found[week == number] = np.median(values[part])
    return found


def _states(world: World, plan: Plan, moments: Moments) -> Columns:
    generator = world.stream("plant monitoring states")
    flapping = generator.poisson(0.3, len(plan.opened))
    closed = world.happened(moments.closed)
    last = between(plan.opened, np.minimum(moments.closed, plan.opened + DAY), generator.random(len(closed)))
    cleared = (plan.outcome == HEALED) | (generator.random(len(closed)) < 0.8)
    every = ((plan.opened, None), *((getattr(moments, name), None) for name in Moments.__annotations__))
    return {
        "opened_at": world.times(plan.opened),
        "acknowledged_at": world.times(moments.acknowledged),
        "ticketed_at": world.times(moments.ticketed),
        "remediated_at": world.times(moments.remedied),
        "last_event_at": world.times(last),
        "closed_at": world.times(moments.closed),
        "state": words(np.where(closed, "Closed", np.where(flapping > 1, "Flapping", "Open"))),
        "flap_count": words(flapping),
        "condition_cleared": words(closed & cleared),
        "updated_at": world.times(world.latest(*every)),
    }


def _work(world: World, plan: Plan, moments: Moments) -> Columns:
    generator = world.stream("plant monitoring work")
    person = world.members(plan.group, generator)
    taken = world.happened(moments.acknowledged)
    treated, worked = np.isin(plan.outcome, (HEALED, FAILED)), plan.outcome == WORKED
    closer = np.where(plan.outcome == HEALED, HEALER, MONITOR)
    closer = np.where(worked | (plan.outcome == FAILED), person, closer)
    shown = ~plan.maintenance & (plan.parent < 0)
    return {
        "maintenance": words(plan.maintenance),
        "shown": words(shown),
        "assignment_group": world.groups[plan.group],
        "assignee": words(person, taken),
        "acknowledged_by": words(person, taken),
        "closed_by": words(closer, world.happened(moments.closed)),
        "work_recorded": words(worked & (taken | world.happened(moments.closed))),
        "remediation": words(
            np.where(plan.outcome == HEALED, "successful", "failed"),
            treated & world.happened(moments.remedied),
        ),
    }


def _about(world: World, draft: Draft, plan: Plan, watched: Watched, asked: Asked) -> Columns:
    """Items: those of the incidents where there is one; bound as often as asked for.

    A healed alert and a warning are bound, or they could not be told; the others make up for it.
    """
    generator, count = world.stream("plant monitoring items"), len(plan.opened)
    recent = plan.opened >= world.period.end - QUIET_FROM
    service = _services(world, draft, plan, generator)
    item = watched.items(
        service, generator.integers(0, 6, count), recent, generator.integers(0, 1 << 30, count)
    )
    bound = _bound(plan, asked.share("mon-alert-ci-binding"), generator)
    ci, of_service = watched.ids[item], world.services[item // 6]
    warns = plan.warned >= 0
    target = np.maximum(plan.warned, 0)
    ci = np.where(warns, draft.words("incidents", "ci_id")[target], ci)
    of_service = np.where(warns, draft.words("incidents", "service_id")[target], of_service)
    metric = METRICS[generator.integers(0, len(METRICS), count)]
    special = HEALED_METRICS[generator.integers(0, len(HEALED_METRICS), count)]
    metric = np.where(plan.outcome == HEALED, special, metric)
    node = _nodes(draft, watched)[item]
    kinds = words(list(TYPES))[generator.choice(2, count, p=(0.6, 0.4))]
    return {
        "monitor": MONITORS[item % len(MONITORS)],
        "node": node,
        "resource": RESOURCES[generator.integers(0, len(RESOURCES), count)],
        "metric": metric,
        "message_key": node + "/" + metric,
        "type": words(np.where(warns, "anomaly", kinds)),
        "severity": words(plan.severity),
        "early_warning": words(warns),
        "ci_id": words(ci, bound),
        "service_id": words(of_service, bound),
    }


def _services(world: World, draft: Draft, plan: Plan, generator: np.random.Generator) -> Integers:
    """Return the services: of the incidents behind them where they are known, else any."""
    some = world.some_service(len(plan.opened), generator)
    named = draft.words("incidents", "service_id")[np.maximum(plan.incident, 0)]
    places = {name: place for place, name in enumerate(world.services.tolist())}
    found = np.array([places.get(name, -1) for name in named.tolist()], dtype=np.int64)
    return np.where((plan.incident >= 0) & (found >= 0), found, some)


def _bound(plan: Plan, share: float, generator: np.random.Generator) -> Flags:
    counted = plan.parent < 0
    must = (plan.outcome == HEALED) | (plan.warned >= 0)
    given = float(must[counted].mean())
    rest = (share - given) / max(1 - given, 0.01)
    return np.asarray(must | (generator.random(len(must)) < rest), dtype=np.bool_)


def _nodes(draft: Draft, watched: Watched) -> Words:
    """Return the names that monitoring knows the items by."""
    place = draft.position("configuration_items", watched.ids)
    names = draft.words("configuration_items", "name")
    return words(np.where(place >= 0, names[place], watched.ids))

"""Plans the alerts of an organisation whose monitoring is as good as asked for."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.intake import MONITORING, openings
from sandbox.organisation.numbers import Flags, Floats, Integers
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.teams import Rates, behind, rates_of
from sandbox.organisation.world import World

VOLUME, FEWEST = 2.0, 33.0
"""Alerts by incident, and by day at least: even a small organisation's windows have to hold enough."""
SEVERITIES = np.array([0.10, 0.25, 0.30, 0.26, 0.09])
WARNING_SEVERITY = 4
LIMITS = np.array([0, 15 * MINUTE, 60 * MINUTE])
NOTHING, LINKED, HEALED, FAILED, WORKED = range(5)
"""What came of an alert: nothing, an incident, a remediation that worked or did not, work of a person."""
FAILED_SHARE = 0.12
MAINTENANCE, GROUPED = 0.04, 0.15
LEVEL_FROM = 182 * DAY
"""Detection is level for so long; before it there is the trend."""
NOISE_FROM = 90 * DAY
MORE_NOISE, LESS_NOISE = 2.0, 0.55
"""Noise at the beginning, in noises of the last months, where it falls and where it rises."""
DETECTED_BEFORE = (-0.4, 0.2)
UNUSED_WARNINGS = 0.25
FLAT = 0.6
"""Alerts are spread over the teams more evenly than incidents."""
SMALLEST_TEAM = 45


@dataclass(frozen=True)
class Plan:
    """One element by alert, in the order they were opened."""

    opened: Integers
    severity: Integers
    outcome: Integers
    incident: Integers
    """Incident it led to, -1 for none."""
    warned: Integers
    """Incident it warns of, -1 where it is no early warning."""
    used: Flags
    """Somebody acted on the warning."""
    group: Integers
    in_time: Flags
    maintenance: Flags
    parent: Integers
    delay: Integers
    """Seconds from the alert to the incident it led to."""

    def at(self, positions: Integers | Flags) -> Plan:
        """Return the alerts at these positions; parents keep their old ones."""
        return Plan(*(getattr(self, field.name)[positions] for field in fields(self)))

    @property
    def serious(self) -> Flags:
        """Critical or major, and neither in maintenance nor grouped."""
        return np.asarray((self.severity <= 2) & ~self.maintenance & (self.parent < 0), dtype=np.bool_)

    @property
    def acted(self) -> Flags:
        """Something came of it."""
        return np.asarray(self.outcome != NOTHING, dtype=np.bool_)


@dataclass(frozen=True)
class Linked:
    """Which incidents alerts were behind, and which were warned of."""

    urgent: Flags
    detected: Flags
    born: Flags
    """Of the others, those that alerts gave birth to."""
    warned: Flags
    used: Flags


def plan_alerts(world: World, draft: Draft, asked: Asked, quiet: Flags) -> tuple[Plan, Rates]:
    """Plan alerts behind incidents, warnings, and all others, then teams and what is in time.

    `quiet` incidents are on services that nobody watches any more: nothing warns of them.
    """
    linked = _linked(world, draft, asked, quiet)
    parts = [_behind_incidents(world, draft, asked, linked), _warnings(world, linked)]
    led = _joined(parts)
    joined = _joined([led, _others(world, asked, led)])
    joined = _with_maintenance(world, _with_teams(world, joined))
    rates = _rates(world, asked, joined)
    draw = world.stream("plant monitoring response").random(len(joined.opened))
    joined = replace(joined, in_time=draw < rates.rates[joined.group])
    joined = _late_links(world, draft, joined)
    return _in_order(_joined([joined, _grouped(world, joined)])), rates


def by_day(world: World) -> float:
    """Return how many alerts a day are shown to persons towards the end of the period."""
    days = (world.period.end - world.period.start) / DAY
    return max(VOLUME * len(world.cases.ids) / days, FEWEST)


def _linked(world: World, draft: Draft, asked: Asked, quiet: Flags) -> Linked:
    cases = world.cases
    generator = world.stream("plant monitoring links")
    draw = generator.random((4, len(cases.ids)))
    urgent = cases.clean & (cases.priority <= 2)
    detected = urgent & (draw[0] < _detection(world, asked, cases.opened))
    born = _born(world, draft, asked, detected, draw[1])
    share = asked.share("mon-early-warning")
    placed = draft.known("incidents", "service_id") | draft.known("incidents", "ci_id")
    warned = urgent & placed & ~quiet & (draw[2] < share * (1 + UNUSED_WARNINGS))
    return Linked(urgent, detected, born, warned, warned & (draw[2] < share))


def _detection(world: World, asked: Asked, moments: Integers) -> Floats:
    """Probability that monitoring sees an urgent incident first: level at last, before it the trend."""
    share = asked.share("mon-monitoring-detected-share")
    improving = asked.improves("mon-detection-time-trend")
    start = min(0.97, max(0.03, share + DETECTED_BEFORE[0 if improving else 1]))
    return share + (start - share) * _back(world, moments, LEVEL_FROM)


def _back(world: World, moments: Integers, level: int) -> Floats:
    """Return 0 in the last `level` seconds and up to 1 at the beginning of the period."""
    end = world.period.end - level
    return np.clip((end - moments) / max(end - world.period.start, DAY), 0.0, 1.0)


def _born(world: World, draft: Draft, asked: Asked, detected: Flags, draw: Floats) -> Flags:
    """Choose the ordinary incidents of channel monitoring that an alert gave birth to.

    Item, group and hand-offs of incidents stand already, so the good ones (with an item and never
    reassigned) and the others are chosen with such probabilities that the share of the good comes out.
    """
    cases, share = world.cases, asked.share("mon-auto-ticketing-quality")
    by_monitor = cases.clean & (cases.channel == MONITORING)
    good = draft.known("incidents", "ci_id") & draft.known("incidents", "assignment_group")
    good &= draft.equal("incidents", "reassignment_count", 0)
    free = by_monitor & (cases.priority > 2)
    recent = world.happened(cases.opened) & (cases.opened >= world.period.end - 90 * DAY)
    given = [float((detected & by_monitor & recent & part).sum()) for part in (good, ~good)]
    ready = [float((free & recent & part).sum()) for part in (good, ~good)]
    if (given[0] + ready[0]) * (1 - share) >= share * (given[1] + ready[1]):
        chances = (share / (1 - share) * (given[1] + ready[1]) - given[0]) / max(ready[0], 1.0), 1.0
    else:
        chances = 1.0, ((1 - share) / share * (given[0] + ready[0]) - given[1]) / max(ready[1], 1.0)
    return np.asarray(free & (draw < np.where(good, *chances)), dtype=np.bool_)


def _behind_incidents(world: World, draft: Draft, asked: Asked, linked: Linked) -> Plan:
    """Alerts minutes before the incidents; critical ones as often as it fits their precision."""
    cases, generator = world.cases, world.stream("plant monitoring leading")
    which = np.flatnonzero(linked.detected | linked.born)
    delay = generator.integers(60, 5 * MINUTE, len(which))
    critical = SEVERITIES[0] * _critical_of_acted(asked)
    able = cases.priority[which] <= 3
    wanted = min(1.0, critical * len(which) / max(int(able.sum()), 1))
    severity = np.where(able & (generator.random(len(which)) < wanted), 1, _ordinary(generator, len(which)))
    plan = _plain(cases.opened[which] - delay, severity, np.full(len(which), LINKED))
    return replace(plan, incident=which, delay=delay)


def _critical_of_acted(asked: Asked) -> float:
    """How much more often something comes of a critical alert than of any."""
    return asked.share("mon-critical-alert-precision") / asked.share("mon-actionable-alert-rate")


def _ordinary(generator: np.random.Generator, count: int) -> Integers:
    """Draw severities below critical."""
    return np.asarray(2 + generator.choice(4, count, p=SEVERITIES[1:] / SEVERITIES[1:].sum()))


def _warnings(world: World, linked: Linked) -> Plan:
    generator = world.stream("plant monitoring warnings")
    which = np.flatnonzero(linked.warned)
    opened = world.cases.opened[which] - generator.integers(30 * MINUTE, 22 * HOUR, len(which))
    outcome = np.where(linked.used[which], WORKED, NOTHING)
    plan = _plain(opened, np.full(len(which), WARNING_SEVERITY), outcome)
    return replace(plan, warned=which, used=linked.used[which])


def _others(world: World, asked: Asked, led: Plan) -> Plan:
    """Alerts that no incident is behind, so many and so useful that together with those all comes out.

    What something came of is drawn at a steady pace, noise more or less of it in earlier months: a noise
    that was twice as loud is drawn twice as often.
    """
    generator, span = world.stream("plant monitoring others"), world.period.end - world.period.start
    improving = asked.improves("mon-noise-trend")
    peak = MORE_NOISE if improving else 1.0
    volumes, useful = _wanted(world, asked, led)
    count = round(volumes.sum() * span / DAY * peak)
    opened = openings(world.period.start, world.period.end, count, generator)
    critical = generator.random(count) < volumes[0] / volumes.sum()
    acted = generator.random(count) < np.where(critical, *useful)
    start = MORE_NOISE if improving else LESS_NOISE
    pace = np.where(acted, 1.0, 1 + (start - 1) * _back(world, opened, NOISE_FROM))
    kept = generator.random(count) < pace / peak
    severity = np.where(critical, 1, _ordinary(generator, count))
    outcome = np.where(acted, _outcomes(world, asked, led, volumes, useful, generator, count), NOTHING)
    return _plain(opened, severity, outcome).at(kept)


def _wanted(world: World, asked: Asked, led: Plan) -> tuple[Floats, Floats]:
    """Return the volume by day, and how much of it is useful, of other alerts: critical and not."""
    recent = led.opened >= world.period.end - 180 * DAY
    critical = led.severity == 1
    there = np.array([(recent & part).sum() for part in (critical, ~critical)]) / 180
    useful = np.array([(recent & part & led.acted).sum() for part in (critical, ~critical)]) / 180
    total = by_day(world) * np.array([SEVERITIES[0], 1 - SEVERITIES[0]])
    precise = asked.share("mon-critical-alert-precision") * total[0]
    wanted = np.array([precise, asked.share("mon-actionable-alert-rate") * by_day(world) - precise])
    volumes = np.maximum(total - there, 0.01)
    return volumes, np.clip((wanted - useful) / volumes, 0.0, 1.0)


def _outcomes(
    world: World,
    asked: Asked,
    led: Plan,
    volumes: Floats,
    useful: Floats,
    generator: np.random.Generator,
    count: int,
) -> Integers:
    """What came of useful alerts: healed ones are a share of all useful, incidents heal none."""
    by_incidents = float((led.acted & (led.opened >= world.period.end - 180 * DAY)).sum()) / 180
    others = float((volumes * useful).sum())
    healed = asked.share("mon-auto-remediation") * (others + by_incidents) / max(others, 0.01)
    draw = generator.random(count)
    healed = min(healed, 1.0)
    failed = healed + FAILED_SHARE * (1 - healed)
    return np.where(draw < healed, HEALED, np.where(draw < failed, FAILED, WORKED))


def _with_teams(world: World, plan: Plan) -> Plan:
    generator = world.stream("plant monitoring teams")
    weights = world.structure.weights**FLAT
    while True:
        weights = weights / weights.sum()
        small = (by_day(world) * 90 * SEVERITIES[:2].sum() * weights < SMALLEST_TEAM) & (weights > 0)
        if not small.any():
            break
        weights[np.flatnonzero(small)[-1]] = 0.0
    return replace(plan, group=generator.choice(len(weights), len(plan.opened), p=weights))


def _with_maintenance(world: World, plan: Plan) -> Plan:
    """Let some alerts that nothing came of fall into maintenance, in addition to those shown."""
    generator = world.stream("plant monitoring maintenance")
    count = round(MAINTENANCE * len(plan.opened))
    opened = openings(world.period.start, world.period.end, count, generator)
    severity = 1 + generator.choice(5, count, p=SEVERITIES)
    extra = replace(_plain(opened, severity, np.full(count, NOTHING)), maintenance=np.full(count, True))
    group = plan.group[generator.integers(0, len(plan.group), count)]
    return _joined([plan, replace(extra, group=group)])


def _rates(world: World, asked: Asked, plan: Plan) -> Rates:
    """Choose teams that respond clearly less often; all together respond as asked for."""
    recent = plan.serious & (plan.opened >= world.period.end - 90 * DAY)
    volumes = np.bincount(plan.group[recent], minlength=len(world.groups)).astype(np.float64)
    wanted = asked.share("mon-team-response-consistency")
    chosen = behind(volumes, wanted, world.stream("plant monitoring slow teams"), 70)
    every = np.bincount(plan.group[plan.serious], minlength=len(volumes)).astype(np.float64)
    return rates_of(every, chosen, asked.share("mon-alert-response"), gap=0.4, least=0.26)


def _late_links(world: World, draft: Draft, plan: Plan) -> Plan:
    """Let serious alerts that are not answered in time lead to their incidents only after the limit."""
    generator = world.stream("plant monitoring late links")
    limit = LIMITS[np.minimum(plan.severity, 2)]
    late = plan.serious & (plan.incident >= 0) & ~plan.in_time
    delay = np.where(late, limit + generator.integers(2 * MINUTE, 50 * MINUTE, len(limit)), plan.delay)
    opened = np.where(plan.incident >= 0, world.cases.opened[plan.incident] - delay, plan.opened)
    return replace(plan, delay=delay, opened=opened)


def _grouped(world: World, plan: Plan) -> Plan:
    """Alerts minutes after another one, grouped under it; nobody counts them."""
    generator = world.stream("plant monitoring grouped")
    count = round(GROUPED * len(plan.opened))
    parent = generator.integers(0, len(plan.opened), count)
    opened = plan.opened[parent] + generator.integers(1, 3 * MINUTE, count)
    past = opened < world.period.end
    severity = np.minimum(plan.severity[parent] + 1, 5)
    extra = replace(
        _plain(opened, severity, np.full(count, NOTHING)), parent=parent, group=plan.group[parent]
    )
    return extra.at(past)


def _plain(opened: Integers, severity: Integers, outcome: Integers) -> Plan:
    count = len(opened)
    none, no = np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    zero = np.zeros(count, dtype=np.int64)
    return Plan(opened, severity, outcome, none, none, no, zero, no, no, none, zero)


def _joined(parts: list[Plan]) -> Plan:
    return Plan(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Plan)))


def _in_order(plan: Plan) -> Plan:
    order = np.argsort(plan.opened, kind="stable")
    place = np.empty(len(plan.opened), dtype=np.int64)
    place[order] = np.arange(len(order))
    ordered = plan.at(order)
    return replace(ordered, parent=np.where(ordered.parent >= 0, place[ordered.parent], -1))

"""Generates an organisation: plans from the quality, records from the plan, and the truth beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from sandbox.organisation.anchors import ANCHORS, attribute_achievements, level_of
from sandbox.organisation.assumptions import Assumptions
from sandbox.organisation.clock import DAY, day_of, midnight, months_before
from sandbox.organisation.clocks import start_clocks
from sandbox.organisation.content import choose_resolvers, impact_and_urgency, leave_empty, windowed
from sandbox.organisation.further import grow
from sandbox.organisation.history import STATE, transition_table, write_history
from sandbox.organisation.intake import UNCOUNTED, Intake, take_in
from sandbox.organisation.nuisance import USUAL, Nuisance, disturb
from sandbox.organisation.numbers import Floats, Integers, Words, stream
from sandbox.organisation.outages import Causes, assign_causes, services_needed
from sandbox.organisation.planting import plant_practices
from sandbox.organisation.planting.draft import Draft, Snapshots
from sandbox.organisation.quality import Quality
from sandbox.organisation.records import Lives, incident_table, staff_of
from sandbox.organisation.routing import Routing, route
from sandbox.organisation.series import JUDGED, Period, Weekly, improves, plan_weekly
from sandbox.organisation.structure import DEPARTMENTS, Structure, build_structure
from sandbox.organisation.table import Columns, Table, times, words
from sandbox.organisation.timing import Effort, estimate, plant, respond, roughly_resolved, slow_teams
from sandbox.organisation.world import Cases, World
from storage.errors import UsageError

WARM_UP = 130 * DAY
FEWEST_MONTHS, FEWEST_INCIDENTS = 15, 1000
ORDINARY = Assumptions()


@dataclass(frozen=True)
class Organisation:
    """Records as an extract shows them at the end of the period, and what was planted in them.

    Columns are named and typed as the record kinds say, notes are in words; groups are referred to by
    name, everything else by id.
    """

    incidents: Table
    transitions: Table
    """History of the incidents."""
    service_levels: Table
    groups: Table
    departments: Table
    """No record kind: id, name, business unit, manager, how many groups and members."""
    problems: Table
    changes: Table
    releases: Table
    configuration_items: Table
    """Services are configuration items too; their id is their name."""
    ci_relationships: Table
    events: Table
    """One by one in the last week, before that counted by day, monitor and type."""
    alerts: Table
    requests: Table
    knowledge: Table
    knowledge_uses: Table
    surveys: Table
    outages: Table
    truth: dict[str, object]
    """`level`, `attributes`, `indicators` with `asked`, `achievement` and `value`, and where they stand.

    The same of every further practice that was planted stands under `practices`. `active_users`, where it
    is there, is what has to be configured as people.active_users: no record says it.
    """
    snapshots: Mapping[str, Snapshots] = field(default_factory=dict)
    """By indicator what assessments of earlier months would have kept, where records cannot tell it."""


@dataclass(frozen=True)
class _Plan:
    quality: Quality
    structure: Structure
    period: Period
    weekly: Weekly
    slow: tuple[Integers, float]
    seed: int
    assumptions: Assumptions
    nuisance: Nuisance


def generate(
    quality: Quality,
    *,
    seed: int,
    until: date,
    months: int = 24,
    incidents: int = 20000,
    groups: int = 12,
    departments: Sequence[str] = tuple(DEPARTMENTS),
    assumptions: Assumptions = ORDINARY,
    nuisance: Nuisance = USUAL,
) -> Organisation:
    """Generate `incidents` incidents of the `months` before `until`, the first day without records.

    The assignment groups are those of `departments`. `quality` is that of incident management, and of the
    practices it names; all others work as `assumptions` say. The same arguments give the same organisation.
    `nuisance` is what disturbs the records without saying anything about the work. Raises UsageError when
    there is too little to plant in.
    """
    if months < FEWEST_MONTHS or incidents < FEWEST_INCIDENTS:
        raise UsageError(
            f"{incidents} incidents in {months} months are too few to plant a level in.",
            hint=f"Ask for {FEWEST_INCIDENTS} incidents and {FEWEST_MONTHS} months at least.",
        )
    structure = build_structure(seed, groups, services_needed(incidents, months), departments)
    plan = _plan(quality, structure, seed, until, months, incidents, assumptions, nuisance)
    intake, resolved = _lives(plan, incidents)
    acknowledged = respond(quality, intake, resolved, seed)
    routing = route(quality, intake, resolved, acknowledged, plan.period, groups, seed)
    return _records(plan, intake, Lives(resolved, acknowledged, plan.period.end), routing)


def _plan(
    quality: Quality,
    structure: Structure,
    seed: int,
    until: date,
    months: int,
    incidents: int,
    assumptions: Assumptions,
    nuisance: Nuisance,
) -> _Plan:
    end, start = midnight(until), midnight(months_before(until, months))
    period = Period(start, end, start - WARM_UP)
    clean = incidents * (1 - sum(UNCOUNTED.values()))
    by_day = clean * DAY / (end - start)
    # half of what chance would give a weekly median, so that the plan shows through
    noise = float(np.clip(0.6 * 1.25 * 1.5 / np.sqrt(7 * by_day), 0.05, 0.25))
    weekly = plan_weekly(quality, period, noise, seed)
    slow = slow_teams(quality, structure, structure.weights * by_day * 90, seed)
    return _Plan(quality, structure, period, weekly, slow, seed, assumptions, nuisance)


def _lives(plan: _Plan, incidents: int) -> tuple[Intake, Integers]:
    """Open and resolve; keep what was resolved before the period out, and exactly `incidents` in."""
    period, seed = plan.period, plan.seed
    count = round(incidents * (period.end - period.earliest) / (period.end - period.start))
    intake = take_in(plan.quality, plan.structure, period, count, seed, uncounted=plan.nuisance.uncounted)
    effort = estimate(plan.quality, intake, plan.weekly, plan.slow, seed)
    kept = _kept(intake, roughly_resolved(intake, effort, plan.weekly), period, incidents, seed)
    effort = Effort(effort.logs[kept], effort.stalled[kept], effort.tail[kept])
    return plant(intake.at(kept), effort, plan.weekly, plan.slow[0], period)


def _kept(intake: Intake, resolved: Integers, period: Period, incidents: int, seed: int) -> Integers:
    within = (resolved >= period.start) | (intake.opened >= period.start)
    keys = np.where(within, stream(seed, "kept").random(len(resolved)), 2.0)
    return np.sort(np.argsort(keys, kind="stable")[:incidents])


def _records(plan: _Plan, intake: Intake, lives: Lives, routing: Routing) -> Organisation:
    quality, structure, period, seed = plan.quality, plan.structure, plan.period, plan.seed
    resolved = lives.resolved
    empty = leave_empty(quality, intake, resolved, period, len(structure.groups), seed)
    resolvers = choose_resolvers(quality, structure, intake, resolved, empty, period, seed)
    causes = assign_causes(quality, structure, intake, resolved, period, seed)
    matrix = impact_and_urgency(quality, intake, seed)
    ids = words([f"INC{number:07d}" for number in range(1, len(resolved) + 1)])
    staff = staff_of(structure, intake, routing, resolvers, empty, seed)
    clocks = start_clocks(quality, intake, resolved, lives.acknowledged, routing, ids, period, seed)
    changes = write_history(intake, resolved, lives.acknowledged, routing, staff, period.end)
    table = incident_table(structure, ids, intake, lives, routing, staff, empty, causes, matrix, seed)
    table = Table({**table.columns, **_last_changes(changes, len(resolved))})
    planted = {
        **routing.planted,
        "inc-record-completeness": empty.pooled,
        "inc-single-person-dependence": resolvers.dependence,
        "inc-team-record-consistency": empty.conforming,
        "inc-sla-attainment": clocks.attainment,
        **_of_series(plan, intake, resolved),
    }
    cases = _cases(ids, table, intake, lives, causes)
    world = World(structure, period, seed, plan.assumptions, cases)
    further = grow(world)
    truth = _truth(plan, planted, empty.careless, intake)
    draft = Draft(
        {
            "incidents": Table({**table.columns, **further.links}),
            "transitions": transition_table(ids, *changes),
            "service_levels": clocks.table,
            **further.tables,
        }
    )
    if quality.practices:
        truth["practices"] = plant_practices(world, draft, quality)
        if draft.active_users:
            truth["active_users"] = draft.active_users
    disturb(world, draft, plan.nuisance)
    if plan.nuisance.imported:
        truth["go_live"] = day_of(period.start).isoformat()
    return Organisation(truth=truth, snapshots=draft.snapshots, **draft.tables)


def _cases(ids: Words, table: Table, intake: Intake, lives: Lives, causes: Causes) -> Cases:
    return Cases(
        table=table,
        ids=ids,
        opened=intake.opened,
        acknowledged=lives.acknowledged,
        resolved=lives.resolved,
        clean=intake.clean,
        healed=intake.healed,
        priority=intake.priority,
        category=intake.category,
        channel=intake.channel,
        group=intake.group,
        service=causes.service,
        item=causes.item,
        healed_from=causes.healed_from,
        problem=causes.problem,
    )


def _last_changes(changes: tuple[Integers, Integers, Integers, Words, Words], count: int) -> Columns:
    """State and time of the last change; changes stand in order, so the last assignment wins."""
    incident, at, fields, value, _ = changes
    states = np.full(count, None, dtype=np.object_)
    states[incident[fields == STATE]] = value[fields == STATE]
    latest = np.zeros(count, dtype=np.int64)
    latest[incident] = at
    return {"state": states, "updated_at": times(latest)}


def _of_series(plan: _Plan, intake: Intake, resolved: Integers) -> dict[str, float]:
    """Planted values that hang on weeks, months and teams' speed."""
    volumes: Floats = np.bincount(
        intake.group[windowed(intake, resolved, plan.period, 90)], minlength=len(plan.structure.groups)
    ).astype(np.float64)
    tested = max(float(volumes[volumes >= 30].sum()), 1.0)
    return {
        "inc-team-resolution-consistency": 100 * (1 - float(volumes[plan.slow[0]].sum()) / tested),
        "inc-resolution-in-control": 100 * (1 - len(plan.weekly.bad) / JUDGED),
        **{
            name: 100.0 * improves(plan.quality, name)
            for name in ("inc-resolution-time-trend", "inc-handoff-trend")
        },
    }


def _truth(plan: _Plan, planted: dict[str, float], careless: Integers, intake: Intake) -> dict[str, object]:
    asked = {name: plan.quality.achievement(name) for name in ANCHORS}
    values = {name: planted.get(name, anchor.value(asked[name])) for name, anchor in ANCHORS.items()}
    achieved = {name: anchor.achievement(values[name]) for name, anchor in ANCHORS.items()}
    attributes = attribute_achievements(achieved)
    names = plan.structure.groups
    return {
        "seed": plan.seed,
        "level": level_of(attributes),
        "attributes": attributes,
        "indicators": {
            name: {
                "asked": round(asked[name], 9),
                "achievement": achieved[name],
                "value": round(values[name], 6),
            }
            for name in ANCHORS
        },
        "incomplete_groups": [names[group] for group in careless.tolist()],
        "slow_groups": [names[group] for group in plan.slow[0].tolist()],
        "uncounted": int((~intake.clean).sum()),
    }

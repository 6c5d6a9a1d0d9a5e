"""Plants service level management: services on tickets, promises, and what came of them."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.holds import plant_holds
from sandbox.organisation.planting.impact import rate_surveys, record_outages
from sandbox.organisation.planting.promises import RESOLUTION, TABLE, Promised, keep, promise
from sandbox.organisation.planting.risks import Risks, raise_priorities, take_risks
from sandbox.organisation.planting.service_names import covered, identified, name_services, rate_criticality
from sandbox.organisation.planting.stays import agree_internally
from sandbox.organisation.table import words
from sandbox.organisation.world import World

NEAR = 600
"""Seconds that a clock may start or stop beside the record."""


def prepare(world: World, draft: Draft, asked: Asked) -> None:
    """Settle which item and service stand on tickets and changes."""
    name_services(world, draft, asked)
    rate_criticality(world, draft, asked)


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator; return the raw values planted."""
    promised, with_target = promise(world, draft, asked)
    kept = keep(world, draft, asked, promised)
    risks = take_risks(world, draft, asked, promised, kept)
    _write(world, draft, promised, risks, kept.breached)
    raise_priorities(draft, promised, risks)
    paused = plant_holds(world, draft, asked)
    valid = _edit(world, draft, asked)
    met = _met(draft)
    return asked.planted(
        slm_urgent_target_coverage=with_target,
        slm_clock_validity=valid,
        slm_service_identified=identified(world, draft, asked),
        slm_service_target_coverage=covered(world, draft),
        slm_internal_target_coverage=agree_internally(world, draft, asked),
        slm_department_consistency=kept.conforming,
        slm_attainment=kept.attainment,
        slm_attainment_in_control=kept.weeks.in_control,
        slm_pause_share=paused,
        slm_business_impact_recorded=record_outages(world, draft, asked),
        slm_at_risk_intervention=risks.averted,
        slm_satisfaction_trend=rate_surveys(world, draft, asked, met),
    )


def _write(world: World, draft: Draft, promised: Promised, risks: Risks, breached: Flags) -> None:
    count = len(promised.record)
    past = world.happened(promised.stopped)
    running = np.where(past, promised.stopped, world.period.end)
    elapsed = np.maximum(running - promised.started, 1)
    target = np.where(past, risks.target, np.maximum(risks.target, elapsed + DAY))
    due = (promised.started + target).astype("datetime64[s]")
    stopped = np.where(past, promised.stopped, np.datetime64("NaT").astype(np.int64))
    draft.append(
        TABLE,
        count,
        id=promised.record + words(np.full(count, "-")) + promised.target,
        record_kind=promised.kind,
        record_id=promised.record,
        name=words([f"{kind} {target}" for kind, target in zip(promised.kind, promised.target, strict=True)]),
        type=words(np.full(count, "SLA")),
        target=promised.target,
        target_seconds=words(target),
        started_at=promised.started.astype("datetime64[s]"),
        stopped_at=stopped.astype("datetime64[s]"),
        due_at=due,
        original_due_at=due,
        breached=words(breached & past),
        cancelled=words(np.zeros(count, dtype=np.bool_)),
        elapsed_seconds=words(elapsed),
        paused_seconds=words(np.zeros(count, dtype=np.int64)),
        updated_at=np.where(past, promised.stopped, promised.started).astype("datetime64[s]"),
    )


def _ticket_moments(draft: Draft) -> tuple[Integers, Integers, Flags]:
    """Return opening and end of the record of every clock, and whether the record counts."""
    size = draft.size(TABLE)
    opened, ended = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    counts = np.zeros(size, dtype=np.bool_)
    for table, end in (("incidents", "resolved_at"), ("requests", "fulfilled_at")):
        place = draft.position(table, draft.words(TABLE, "record_id"))
        part = place >= 0
        opened[part] = draft.seconds(table, "opened_at")[place[part]]
        ended[part] = draft.seconds(table, end)[place[part]]
        counting = ~draft.known(table, "disposition") & ~draft.known(table, "incident_id")
        if table == "incidents":
            counting = ~draft.known(table, "disposition") & ~draft.known(table, "parent_id")
            counting &= ~draft.equal(table, "created_by", "import.user")
        counts[part] = counting[place[part]]
    return opened, ended, counts


def _edit(world: World, draft: Draft, asked: Asked) -> float:
    """Let clocks be edited so often that with those that are off anyway the share asked for stays valid."""
    opened, ended, counts = _ticket_moments(draft)
    started, stopped = draft.seconds(TABLE, "started_at"), draft.seconds(TABLE, "stopped_at")
    right = (np.abs(started - opened) <= NEAR) & (np.abs(stopped - ended) <= NEAR)
    settled = counts & world.happened(stopped) & draft.equal(TABLE, "target", RESOLUTION)
    settled &= ~draft.is_true(TABLE, "cancelled")
    recent = settled & (stopped >= world.period.end - 90 * DAY)
    natural = float(right[recent].mean()) if recent.any() else 1.0
    chance = max(0.0, 1 - asked.share("slm-clock-validity") / max(natural, 0.01))
    stopped_clock = world.happened(stopped) & ~draft.equal(TABLE, "type", "OLA")
    edited = stopped_clock & (world.stream("plant edited clocks").random(len(settled)) < chance)
    draft.put(TABLE, edited=words(edited))
    return 100 * natural * (1 - chance)


def _met(draft: Draft) -> Flags:
    """Say of each survey whether the target of its record was met."""
    which = draft.equal(TABLE, "target", RESOLUTION) & ~draft.is_true(TABLE, "cancelled")
    which &= draft.known(TABLE, "breached")
    with_clock = set(draft.words(TABLE, "record_id")[which].tolist())
    broken = set(draft.words(TABLE, "record_id")[which & draft.is_true(TABLE, "breached")].tolist())
    fulfilled, due = (draft.seconds("requests", name) for name in ("fulfilled_at", "due_at"))
    delivered = draft.words("requests", "id")[fulfilled <= due]
    kept = (with_clock | set(delivered.tolist()) - with_clock) - broken
    return np.array(
        [record in kept for record in draft.words("surveys", "record_id").tolist()], dtype=np.bool_
    )

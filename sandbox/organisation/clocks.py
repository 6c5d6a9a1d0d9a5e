"""Service levels: which incidents have a target, and how long it is so that as many are met as planned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.anchors import ANCHORS
from sandbox.organisation.clock import DAY, HOUR, business_moment, business_seconds
from sandbox.organisation.content import windowed
from sandbox.organisation.intake import Intake
from sandbox.organisation.numbers import Flags, Integers, Words, pick, stream
from sandbox.organisation.quality import Quality
from sandbox.organisation.routing import Routing
from sandbox.organisation.series import Period
from sandbox.organisation.table import Columns, Table, times, words
from sandbox.organisation.timing import RESPONSE_TARGETS

WEIGHTS = {1: 4, 2: 3, 3: 2, 4: 1}
LATE, CANCELLED = 0.2, 0.05
FALLBACK = np.array([0, 8 * HOUR, 24 * HOUR, 5 * DAY, 7 * DAY, 10 * DAY])


@dataclass(frozen=True)
class Clocks:
    """The clocks, the targets by priority, and the attainment planted in percent."""

    table: Table
    attainment: float


@dataclass(frozen=True)
class _Resolution:
    """Resolution clocks: one element by incident that has one."""

    incident: Integers
    started: Integers
    cancelled: Flags
    elapsed: Integers
    """Without pauses, until the stop; as if it ran on where it has not stopped yet."""


def start_clocks(
    quality: Quality,
    intake: Intake,
    resolved: Integers,
    acknowledged: Integers,
    routing: Routing,
    ids: Words,
    period: Period,
    seed: int,
) -> Clocks:
    """Attach clocks and set each priority's target where the share met comes out."""
    covered = _covered(quality, intake, seed)
    clocks = _resolution(intake, resolved, routing, covered, seed)
    targets, attainment = _targets(quality, intake, resolved, clocks, period)
    target = targets[intake.priority[clocks.incident]]
    parts = [
        _resolution_columns(intake, resolved, routing, clocks, target, ids, period),
        _response_columns(intake, acknowledged, covered, ids, period),
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["id"], kind="stable")
    return Clocks(Table({name: values[order] for name, values in columns.items()}), attainment)


def _covered(quality: Quality, intake: Intake, seed: int) -> Flags:
    anchor = ANCHORS["inc-sla-coverage"]
    share = anchor.value(quality.achievement(anchor.indicator)) / 100
    chosen = pick(share, intake.clean, intake.order, stream(seed, "covered"))
    return chosen | ~intake.clean


def _resolution(
    intake: Intake, resolved: Integers, routing: Routing, covered: Flags, seed: int
) -> _Resolution:
    """Clocks of covered incidents start at once; of the others some start too late, some are cancelled."""
    generator = stream(seed, "clocks")
    draw, delay = generator.random(len(covered)), generator.uniform(2, 40, len(covered)) * HOUR
    started = intake.opened + generator.integers(0, 45, len(covered))
    behind = (intake.opened + delay).astype(np.int64)
    free = np.where(routing.held, routing.pause[:, 0], resolved) > behind + HOUR
    late = ~covered & (draw < LATE) & free
    cancelled = ~covered & (draw > 1 - CANCELLED)
    incident = np.flatnonzero(covered | late | cancelled)
    started = np.where(late, behind, started)
    paused = np.where(routing.held, routing.pause[:, 1] - routing.pause[:, 0], 0)
    elapsed = resolved - started - paused
    return _Resolution(incident, started[incident], cancelled[incident], elapsed[incident])


def _targets(
    quality: Quality, intake: Intake, resolved: Integers, clocks: _Resolution, period: Period
) -> tuple[Integers, float]:
    """Targets between two elapsed times, so that the weighted share of the last 90 days is met.

    Small strata cannot hit the share exactly; the ones after them make up for it.
    """
    anchor = ANCHORS["inc-sla-attainment"]
    share = anchor.value(quality.achievement(anchor.indicator)) / 100
    recent = windowed(intake, resolved, period, 90)[clocks.incident] & ~clocks.cancelled
    stratum = np.minimum(intake.priority[clocks.incident], 4)
    counted = {part: weight for part, weight in WEIGHTS.items() if (recent & (stratum == part)).sum() >= 10}
    owed, weight_left = share * sum(counted.values()), float(sum(counted.values()))
    targets, met = FALLBACK.copy(), 0.0
    for part, weight in counted.items():
        elapsed = np.sort(clocks.elapsed[recent & (stratum == part)])
        wanted = min(1.0, max(0.0, owed / weight_left))
        number = min(max(round(wanted * len(elapsed)), 1), len(elapsed))
        targets[part] = _between(elapsed, number)
        got = weight * float((elapsed <= targets[part]).mean())
        owed, weight_left, met = owed - got, weight_left - weight, met + got
    targets[5] = targets[4]
    return targets, 100 * met / max(sum(counted.values()), 1)


def _between(elapsed: Integers, number: int) -> int:
    """Return a duration that the `number` shortest keep, on a whole minute if there is one."""
    low = int(elapsed[number - 1])
    high = int(elapsed[number]) if number < len(elapsed) else low + HOUR
    middle = (low + high) // 2
    whole = middle // 60 * 60
    return whole if whole >= low else middle


def _resolution_columns(
    intake: Intake,
    resolved: Integers,
    routing: Routing,
    clocks: _Resolution,
    target: Integers,
    ids: Words,
    period: Period,
) -> Columns:
    which = clocks.incident
    stopped = resolved[which]
    ended = (stopped < period.end) & ~clocks.cancelled
    pause = np.where(routing.held[which][:, None], np.minimum(routing.pause[which], period.end), 0)
    paused = pause[:, 1] - pause[:, 0]
    elapsed = np.minimum(stopped, period.end) - clocks.started - paused
    return _columns(
        ids[which],
        intake.priority[which],
        "resolution",
        target=target,
        started=clocks.started,
        stopped=(stopped, ended),
        due=(clocks.started + target + paused, clocks.started + target),
        cancelled=clocks.cancelled,
        elapsed=elapsed,
        paused=paused,
        keep=clocks.started < period.end,
    )


def _response_columns(
    intake: Intake,
    acknowledged: Integers,
    covered: Flags,
    ids: Words,
    period: Period,
) -> Columns:
    """Response clocks of covered urgent incidents, on business hours."""
    which = np.flatnonzero(covered & (intake.priority <= 2))
    started, stopped = intake.opened[which], acknowledged[which]
    target = RESPONSE_TARGETS[intake.priority[which]]
    begun = business_seconds(started)
    due = business_moment(begun + target)
    return _columns(
        ids[which],
        intake.priority[which],
        "response",
        target=target,
        started=started,
        stopped=(stopped, stopped < period.end),
        due=(due, due),
        cancelled=np.zeros(len(which), dtype=np.bool_),
        elapsed=business_seconds(np.minimum(stopped, period.end)) - begun,
        paused=np.zeros(len(which), dtype=np.int64),
        keep=np.ones(len(which), dtype=np.bool_),
    )


def _columns(
    ids: Words,
    priority: Integers,
    promise: str,
    *,
    target: Integers,
    started: Integers,
    stopped: tuple[Integers, Flags],
    due: tuple[Integers, Integers],
    cancelled: Flags,
    elapsed: Integers,
    paused: Integers,
    keep: Flags,
) -> Columns:
    count = len(ids)
    columns: Columns = {
        "id": ids + f"-{promise}",
        "record_kind": words(np.full(count, "incident", dtype=np.object_)),
        "record_id": ids,
        "name": words([f"P{number} {promise}" for number in priority.tolist()]),
        "type": words(np.full(count, "SLA", dtype=np.object_)),
        "target": words(np.full(count, promise, dtype=np.object_)),
        "target_seconds": words(target),
        "started_at": times(started),
        "stopped_at": times(stopped[0], stopped[1]),
        "due_at": times(due[0]),
        "original_due_at": times(due[1]),
        "breached": words((elapsed > target) & ~cancelled),
        "cancelled": words(cancelled),
        "elapsed_seconds": words(elapsed),
        "paused_seconds": words(paused),
        "updated_at": times(np.where(stopped[1], stopped[0], started)),
    }
    return {name: values[keep] for name, values in columns.items()}

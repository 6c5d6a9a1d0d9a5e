"""How near promises on requests came to be broken, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.promises import RESOLUTION, TABLE, Kept, Promised
from sandbox.organisation.table import words
from sandbox.organisation.world import World

AT_RISK = 0.75
INTERVENING = ("assignment_group", "assignee")
NATURAL = 0.03
"""Of the requests delivered in time: nearly late with nobody doing anything."""


@dataclass(frozen=True)
class Risks:
    """Of the promised clocks: target in seconds, and when somebody raised the priority (0 for never)."""

    target: Integers
    raised: Integers
    averted: float
    """Share of the tickets at risk in percent."""


def take_risks(world: World, draft: Draft, asked: Asked, promised: Promised, kept: Kept) -> Risks:
    """Bring so many requests near their target, with an intervention or without, that the share comes out.

    Incidents stand as they are: which of them were at risk, and where a hand-over came in time.
    """
    generator = world.stream("plant risks")
    stopped, request = world.happened(promised.stopped), promised.of_requests
    recent = request & stopped & (promised.stopped >= world.period.end - 90 * DAY)
    dropped = draft.words("requests", "id")[draft.known("requests", "disposition")]
    recent &= ~among(promised.record, dropped)
    in_time = request & stopped & ~kept.breached
    risky, averted = _incidents(world, draft)
    late, good = float((recent & kept.breached).sum()), float((recent & in_time).sum())
    acted, left = _numbers(asked.share("slm-at-risk-intervention"), risky, averted, late, good)
    draw = generator.random(len(stopped))
    near = in_time & (draw < (acted + left) / max(good, 1.0))
    helped = near & (draw < acted / max(good, 1.0))
    ratio = np.where(near, generator.uniform(0.82, 0.98, len(near)), generator.uniform(0.1, 0.7, len(near)))
    ratio = np.where(kept.breached, generator.uniform(1.05, 2.5, len(near)), ratio)
    elapsed = np.where(stopped, promised.stopped - promised.started, 30 * DAY)
    target = np.maximum((np.maximum(elapsed, 1) / ratio).astype(np.int64), 1)
    target = np.where(kept.breached, np.minimum(target, elapsed - 1), target)
    at_risk = promised.started + np.ceil(AT_RISK * target).astype(np.int64)
    raised = at_risk + ((promised.stopped - at_risk) * generator.uniform(0.1, 0.9, len(near))).astype(
        np.int64
    )
    share = (averted + acted) / max(risky + late + acted + left, 1.0)
    return Risks(target, np.where(helped, raised, 0), 100 * share)


def _numbers(share: float, risky: float, averted: float, late: float, good: float) -> tuple[float, float]:
    """Return how many requests shall come near with an intervention, and how many without."""
    left = NATURAL * good
    acted = (share * (risky + late + left) - averted) / (1 - share)
    if acted < 0:
        acted, left = 0.0, averted / share - risky - late
    acted = min(acted, 0.9 * good - left)
    return acted, min(max(left, 0.0), 0.9 * good)


def _incidents(world: World, draft: Draft) -> tuple[float, float]:
    """Count incidents of the last 90 days at risk, and those that somebody kept from being late."""
    which = draft.equal(TABLE, "record_kind", "incident") & draft.equal(TABLE, "target", RESOLUTION)
    which &= draft.known(TABLE, "stopped_at") & ~draft.is_true(TABLE, "cancelled")
    place = draft.position("incidents", draft.words(TABLE, "record_id"))
    ended = draft.seconds("incidents", "resolved_at")
    recent = world.cases.clean & (ended >= world.period.end - 90 * DAY) & world.happened(ended)
    which &= (place >= 0) & recent[place]
    rows = np.flatnonzero(which)
    elapsed = draft.words(TABLE, "elapsed_seconds")[rows].astype(np.int64)
    target = draft.words(TABLE, "target_seconds")[rows].astype(np.int64)
    breached = draft.is_true(TABLE, "breached")[rows]
    risky = breached | (4 * elapsed >= 3 * target)
    started, due = draft.seconds(TABLE, "started_at")[rows], draft.seconds(TABLE, "due_at")[rows]
    until = np.minimum(draft.seconds(TABLE, "stopped_at")[rows], due)
    since = started + (AT_RISK * (due - started)).astype(np.int64)
    helped = _helped(world, draft, place[rows], since, until)
    return float(risky.sum()), float((risky & helped & ~breached).sum())


def _helped(world: World, draft: Draft, place: Integers, since: Integers, until: Integers) -> Flags:
    """Say of which incidents a group or a person took over between two moments."""
    table, count = "transitions", len(world.cases.ids)
    changes = np.isin(draft.words(table, "field"), INTERVENING) & draft.known(table, "new_value")
    changes &= draft.equal(table, "record_kind", "incident")
    owner = draft.position("incidents", draft.words(table, "record_id")[changes])
    at = draft.seconds(table, "at")[changes]
    first, last = np.full(count, 1 << 50), np.zeros(count, dtype=np.int64)
    first[place], last[place] = since, until
    hits = np.zeros(count, dtype=np.bool_)
    hits[owner[(at >= first[owner]) & (at < last[owner])]] = True
    return np.asarray(hits[place], dtype=np.bool_)


def raise_priorities(draft: Draft, promised: Promised, risks: Risks) -> None:
    """Write the interventions: the priority was raised to what it is now."""
    which = np.flatnonzero(risks.raised > 0)
    place = draft.position("requests", promised.record[which])
    now = draft.words("requests", "priority")[place]
    now = np.where(now == None, 3, now).astype(np.int64)  # noqa: E711 - by element
    count, at = len(which), risks.raised[which].astype("datetime64[s]")
    draft.append(
        "transitions",
        count,
        id=promised.record[which] + words(np.full(count, "-raised")),
        record_kind=words(np.full(count, "request")),
        record_id=promised.record[which],
        field=words(np.full(count, "priority")),
        old_value=words([str(value + 1) for value in now.tolist()]),
        new_value=words([str(value) for value in now.tolist()]),
        at=at,
        sequence=words(np.zeros(count, dtype=np.int64)),
        actor=draft.words("requests", "assignee")[place],
        updated_at=at,
    )

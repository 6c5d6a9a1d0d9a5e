"""What disturbs every measurement and says nothing about the work: records that do not count, wrong clocks.

Seasons, weekends, log-normal durations and groups of unequal size belong to the work and are always there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.history import CLOSES_AFTER
from sandbox.organisation.numbers import Flags, Integers, Words, log_normal
from sandbox.organisation.planting.draft import Draft
from sandbox.organisation.structure import MIGRATION
from sandbox.organisation.table import times, words
from sandbox.organisation.world import NEVER, World, numbered


@dataclass(frozen=True)
class Nuisance:
    """How much of it there is."""

    uncounted: bool = True
    """Cancelled, duplicate, test and spam records, children, imported ones, noise of monitoring, and a few
    resolved before they were opened."""
    wrong_clocks: float = 0.0
    """Share of the resolved incidents that are closed before they are resolved, by a wrong clock."""
    imported: float = 0.0
    """Incidents that a go-live at the start of the period imports in one night, per incident."""


USUAL = Nuisance()
NONE = Nuisance(uncounted=False)
FULL = Nuisance(wrong_clocks=0.015, imported=0.01)
"""All that section 8.1 of the model names."""


def disturb(world: World, draft: Draft, nuisance: Nuisance) -> None:
    """Disturb the incidents; what counts keeps all that was planted in it."""
    if not nuisance.uncounted:
        _set_right(world, draft)
    if nuisance.wrong_clocks:
        _close_too_early(world, draft, nuisance.wrong_clocks)
    if nuisance.imported:
        _import_old(world, draft, world.volume(nuisance.imported))


def _set_right(world: World, draft: Draft) -> None:
    """Let nothing be resolved before it was opened."""
    resolved = draft.known("incidents", "resolved_at")
    draft.put_seconds("incidents", resolved_at=np.where(resolved, world.cases.resolved, NEVER))


def _close_too_early(world: World, draft: Draft, share: float) -> None:
    generator = world.stream("wrong clocks")
    closed, resolved = (draft.seconds("incidents", name) for name in ("closed_at", "resolved_at"))
    wrong = (closed < NEVER) & (resolved < NEVER) & (generator.random(len(closed)) < share)
    early = resolved - generator.integers(60, HOUR, len(closed))
    draft.put_seconds("incidents", closed_at=np.where(wrong, early, closed))


def _import_old(world: World, draft: Draft, count: int) -> None:
    """Add what the tool before had, all stamped with the night of the go-live."""
    generator, period = world.stream("go-live"), world.period
    opened = np.sort(period.start + generator.integers(0, 2 * HOUR, count))
    resolved = opened + log_normal(3 * DAY, 1.0, count, generator)
    ended: Flags = resolved < period.end
    closed = resolved + CLOSES_AFTER
    ids = numbered("OLD", count)
    model = generator.integers(0, len(world.cases.ids), count)
    same = ("priority", "impact", "urgency", "category", "channel", "assignment_group", "caller")
    draft.append(
        "incidents",
        count,
        **{name: draft.words("incidents", name)[model] for name in same},
        id=ids,
        opened_at=times(opened),
        resolved_at=times(resolved, ended),
        closed_at=times(closed, closed < period.end),
        state=np.where(ended, "Resolved", "New"),
        created_by=np.full(count, MIGRATION),
        major=np.zeros(count, dtype=np.bool_),
        reassignment_count=np.zeros(count, dtype=np.int64),
        reopen_count=np.zeros(count, dtype=np.int64),
        updated_at=times(np.where(ended, resolved, opened)),
    )
    _tell_of(draft, ids, opened, resolved, ended)


def _tell_of(draft: Draft, ids: Words, opened: Integers, resolved: Integers, ended: Flags) -> None:
    """Add the history of imported incidents: there, and resolved."""
    step = np.concatenate([np.zeros(len(ids), np.int64), np.ones(int(ended.sum()), np.int64)])
    owner, at = np.concatenate([ids, ids[ended]]), np.concatenate([opened, resolved[ended]])
    order = np.argsort(owner.astype(str), kind="stable")
    owner, at, step = owner[order], at[order], step[order]
    names = words(["New", "Resolved"])
    draft.append(
        "transitions",
        len(owner),
        id=owner + words([f"-{number:02d}" for number in step.tolist()]),
        record_kind=np.full(len(owner), "incident"),
        record_id=owner,
        field=np.full(len(owner), "state"),
        old_value=words(np.full(len(owner), "New"), step == 1),
        new_value=names[step],
        at=times(at),
        sequence=step,
        actor=np.full(len(owner), MIGRATION),
        updated_at=times(at),
    )

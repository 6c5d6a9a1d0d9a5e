"""Waiting states of incidents, such that they take as much of the open time as asked for."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.history import FIELDS, STATE
from sandbox.organisation.numbers import Flags, Integers, rank_within
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import words
from sandbox.organisation.world import World

WAITING, WORKING = "On Hold", "In Progress"
LONGEST = 0.97
SPREAD = 0.25


def plant_holds(world: World, draft: Draft, asked: Asked) -> float:
    """Replace the holds of incidents by longer or shorter ones; return the pooled share in percent.

    Every incident that persons worked on and that was not reopened waits for a share of the time between
    taking up and resolving, drawn around one mean: the one at which the sums of 90 days come out.
    """
    cases = world.cases
    generator = world.stream("plant holds")
    reopened = draft.words("incidents", "reopen_count") != 0
    span = cases.resolved - cases.acknowledged
    able = ~cases.healed & ~reopened & (span > HOUR)
    recent = cases.clean & (cases.resolved >= world.period.end - 90 * DAY) & world.happened(cases.resolved)
    open_time = float((cases.resolved - cases.opened)[recent].sum())
    room = float(span[recent & able].sum())
    share = float(np.clip(asked.share("slm-pause-share") * open_time / max(room, 1.0), 0.02, 0.9))
    waits = np.clip(share * (1 + SPREAD * generator.standard_normal(len(span))), 0.0, LONGEST)
    begin = cases.acknowledged + (span * (1 - waits) * 0.6).astype(np.int64)
    end = begin + (span * waits).astype(np.int64)
    _rewrite(world, draft, able, begin, end)
    return 100 * float((end - begin)[recent & able].sum()) / max(open_time, 1.0)


def _rewrite(world: World, draft: Draft, able: Flags, begin: Integers, end: Integers) -> None:
    """Take out the old holds of these incidents, put in the new ones, and number all changes anew."""
    table = "transitions"
    place = draft.position("incidents", draft.words(table, "record_id"))
    about = draft.equal(table, "record_kind", "incident") & (place >= 0)
    state = about & draft.equal(table, "field", FIELDS[STATE])
    values, old = draft.words(table, "new_value"), draft.words(table, "old_value")
    held = state & (values == WAITING)
    resumed = state & (values == WORKING) & (old == WAITING)
    draft.keep(table, ~((held | resumed) & able[place]))
    actor = draft.words("incidents", "assignee")
    for moment, value in ((begin, WAITING), (end, WORKING)):
        which = np.flatnonzero(able & world.happened(moment))
        _append(world, draft, which, moment, value, actor)
    renumber(draft)


def _append(
    world: World,
    draft: Draft,
    which: Integers,
    moment: Integers,
    value: str,
    actor: np.ndarray[tuple[int, ...], np.dtype[np.object_]],
) -> None:
    count = len(which)
    draft.append(
        "transitions",
        count,
        id=words([f"new-{value}-{number}" for number in range(count)]),
        record_kind=words(np.full(count, "incident")),
        record_id=world.cases.ids[which],
        field=words(np.full(count, FIELDS[STATE])),
        new_value=words(np.full(count, value)),
        at=moment[which].astype("datetime64[s]"),
        sequence=words(np.full(count, 50)),
        actor=actor[which],
        updated_at=moment[which].astype("datetime64[s]"),
    )


def renumber(draft: Draft) -> None:
    """Order the history of every record by time, and let ids, numbers and old values follow."""
    table = "transitions"
    at = draft.seconds(table, "at")
    sequence = draft.words(table, "sequence").astype(np.int64)
    _, record = np.unique(draft.words(table, "record_id").astype(str), return_inverse=True)
    draft.keep(table, np.lexsort((sequence, at, record)))
    owner = draft.words(table, "record_id")
    _, record = np.unique(owner.astype(str), return_inverse=True)
    sequence = rank_within(record)
    draft.put(
        table,
        id=owner + words([f"-{number:02d}" for number in sequence.tolist()]),
        sequence=words(sequence),
        old_value=_old_values(draft, record),
    )


def _old_values(draft: Draft, record: Integers) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    """Return the value before of every change of state; of others what they say."""
    table = "transitions"
    values, old = draft.words(table, "new_value"), draft.words(table, "old_value")
    state = np.flatnonzero(draft.equal(table, "field", FIELDS[STATE]))
    same = np.flatnonzero(record[state][1:] == record[state][:-1]) + 1
    old[state[same]] = values[state[same - 1]]
    return old

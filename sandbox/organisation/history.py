"""State, assignment and assignee history: what changed on which incident, when and by whom."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.intake import CANCELLED, Intake
from sandbox.organisation.numbers import Integers, Words, rank_within
from sandbox.organisation.routing import LONGEST_PATH, Routing
from sandbox.organisation.structure import CLOSER, HEALER
from sandbox.organisation.table import Table, times, words

STATE, GROUP, ASSIGNEE = range(3)
FIELDS = np.array(["state", "assignment_group", "assignee"], dtype=np.object_)
CLOSES_AFTER = 5 * DAY


@dataclass(frozen=True)
class Staff:
    """Who worked on each incident: names, None where nobody is recorded."""

    creator: Words
    groups: Words
    """Names of all groups; a path holds positions in it."""
    assignees: Words
    """By incident and position in its path."""
    last: Words
    """Assignee in the last group."""
    resolver: Words


@dataclass
class _Events:
    """Columns of changes, collected part by part."""

    parts: list[tuple[Integers, Integers, Integers, Integers, Words, Words]] = field(default_factory=list)

    def add(
        self, which: Integers, at: Integers, rank: int, field_: int, value: object, actor: object
    ) -> None:
        """Add one change to each of some incidents; `rank` orders what happens in the same second."""
        count = len(which)
        self.parts.append(
            (
                which,
                at,
                np.full(count, rank),
                np.full(count, field_),
                np.broadcast_to(words(value), (count,)),
                np.broadcast_to(words(actor), (count,)),
            )
        )

    def joined(self) -> tuple[Integers, Integers, Integers, Integers, Words, Words]:
        """Return all changes as columns."""
        incident, at, rank, fields, value, actor = (
            np.concatenate([part[column] for part in self.parts]) for column in range(6)
        )
        return incident, at, rank, fields, value, actor


def write_history(
    intake: Intake, resolved: Integers, acknowledged: Integers, routing: Routing, staff: Staff, end: int
) -> tuple[Integers, Integers, Integers, Words, Words]:
    """Return incident, second, field, new value and actor of every change before `end`, in order."""
    events = _Events()
    every = np.arange(len(resolved))
    events.add(every, intake.opened, 0, STATE, "New", staff.creator)
    events.add(every, intake.opened, 1, GROUP, staff.groups[routing.path[:, 0]], staff.creator)
    _taken_up(events, intake, acknowledged, staff)
    _handed_on(events, routing, staff)
    _interrupted(events, routing, staff)
    _ended(events, intake, resolved, staff)
    incident, at, rank, fields, value, actor = events.joined()
    order = np.lexsort((rank, at, incident))
    order = order[at[order] < end]
    return incident[order], at[order], fields[order], value[order], actor[order]


def transition_table(
    ids: Words, incident: Integers, at: Integers, fields: Integers, value: Words, actor: Words
) -> Table:
    """Return changes as transition records; the old value is that of the change of the field before."""
    order = np.lexsort((np.arange(len(incident)), fields, incident))
    key = incident[order] * 3 + fields[order]
    old = np.full(len(order), None, dtype=np.object_)
    same = np.flatnonzero(key[1:] == key[:-1]) + 1
    old[order[same]] = value[order[same - 1]]
    sequence = rank_within(incident)
    owner = ids[incident]
    return Table(
        {
            "id": owner + words([f"-{number:02d}" for number in sequence.tolist()]),
            "record_kind": np.full(len(owner), "incident", dtype=np.object_),
            "record_id": owner,
            "field": FIELDS[fields],
            "old_value": old,
            "new_value": value,
            "at": times(at),
            "sequence": words(sequence),
            "actor": actor,
            "updated_at": times(at),
        }
    )


def _taken_up(events: _Events, intake: Intake, acknowledged: Integers, staff: Staff) -> None:
    people, healed = np.flatnonzero(~intake.healed), np.flatnonzero(intake.healed)
    first = staff.assignees[people, 0]
    events.add(people, acknowledged[people], 2, ASSIGNEE, first, first)
    events.add(people, acknowledged[people], 3, STATE, "In Progress", first)
    events.add(healed, acknowledged[healed], 3, STATE, "In Progress", HEALER)


def _handed_on(events: _Events, routing: Routing, staff: Staff) -> None:
    for step in range(1, LONGEST_PATH):
        which = np.flatnonzero(routing.moves >= step)
        at, before = routing.moved[which, step - 1], staff.assignees[which, step - 1]
        events.add(which, at, 4, GROUP, staff.groups[routing.path[which, step]], before)
        events.add(which, at, 5, ASSIGNEE, staff.assignees[which, step], before)


def _interrupted(events: _Events, routing: Routing, staff: Staff) -> None:
    for chosen, state in ((routing.held, "On Hold"), (routing.reopened, "Resolved")):
        which = np.flatnonzero(chosen)
        events.add(which, routing.pause[which, 0], 6, STATE, state, staff.last[which])
        events.add(which, routing.pause[which, 1], 7, STATE, "In Progress", staff.last[which])


def _ended(events: _Events, intake: Intake, resolved: Integers, staff: Staff) -> None:
    kept = np.flatnonzero(intake.reason != CANCELLED)
    given_up = np.flatnonzero(intake.reason == CANCELLED)
    events.add(kept, resolved[kept], 8, STATE, "Resolved", staff.resolver[kept])
    events.add(kept, resolved[kept] + CLOSES_AFTER, 9, STATE, "Closed", CLOSER)
    events.add(given_up, resolved[given_up], 8, STATE, "Canceled", staff.last[given_up])

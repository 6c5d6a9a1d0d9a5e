"""Puts the incidents together as an extract shows them at the end of the period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.organisation.clock import HOUR
from sandbox.organisation.content import NOTE, RESOLVER, SERVICE, Completeness, Resolvers
from sandbox.organisation.history import CLOSES_AFTER, Staff
from sandbox.organisation.intake import (
    CANCELLED,
    CHILD,
    DUPLICATE,
    MIGRATED,
    NOISE,
    PHONE,
    SPAM,
    TEST,
    Intake,
)
from sandbox.organisation.numbers import Flags, Integers, Words, stream
from sandbox.organisation.outages import Causes
from sandbox.organisation.routing import Routing
from sandbox.organisation.structure import (
    CATEGORIES,
    CHANNELS,
    CLOSE_CODES,
    CREATORS,
    HEALER,
    MIGRATION,
    Structure,
)
from sandbox.organisation.table import Columns, Table, times, words
from sandbox.organisation.vocabulary import CHECKS, THINGS, VERBS

DISPOSITIONS = {CANCELLED: "cancelled", DUPLICATE: "duplicate", TEST: "test", SPAM: "spam"}
NEGATIVE_OF_SHORT = 0.06
_SHORT = ("done", "fixed", "ok, solved", "see call")


@dataclass(frozen=True)
class Lives:
    """Times of the incidents."""

    resolved: Integers
    acknowledged: Integers
    end: int

    @property
    def ended(self) -> Flags:
        """Resolved before the end of the period."""
        return np.asarray(self.resolved < self.end, dtype=np.bool_)


def staff_of(
    structure: Structure,
    intake: Intake,
    routing: Routing,
    resolvers: Resolvers,
    empty: Completeness,
    seed: int,
) -> Staff:
    """Name creator, assignees and resolver of each incident."""
    generator = stream(seed, "staff")
    people = words([name for members in structure.people for name in members])
    sizes = np.array([len(members) for members in structure.people])
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    path = np.maximum(routing.path, 0)
    members = generator.integers(0, 1 << 30, path.shape) % sizes[path]
    members[np.arange(len(path)), routing.moves] = resolvers.member
    assignees = np.asarray(people[starts[path] + members], dtype=np.object_)
    last = assignees[np.arange(len(path)), routing.moves]
    creator = words([CREATORS.get(channel) for channel in CHANNELS])[intake.channel]
    phone = np.flatnonzero(intake.channel == PHONE)
    creator[phone] = people[generator.integers(0, sizes[0], len(phone))]
    creator[intake.reason == MIGRATED] = MIGRATION
    resolver = np.where(intake.healed | resolvers.assisted, HEALER, last)
    resolver[empty.empty[:, RESOLVER] & ~intake.healed] = None
    return Staff(creator, words(list(structure.groups)), assignees, last, resolver)


def incident_table(
    structure: Structure,
    ids: Words,
    intake: Intake,
    lives: Lives,
    routing: Routing,
    staff: Staff,
    empty: Completeness,
    causes: Causes,
    matrix: npt.NDArray[np.int64],
    seed: int,
) -> Table:
    """Return the incidents as they stand at the end of the period."""
    resolved_at, has_resolved = _resolved_at(intake, lives, seed)
    columns = _times(intake, lives, resolved_at, has_resolved)
    columns |= _classification(intake, matrix, ids, seed)
    columns |= _objects(structure, intake, lives, empty, causes)
    columns |= _assignment(structure, intake, lives, routing, staff, seed)
    columns |= _closing(intake, lives, empty, causes, seed)
    return Table({"id": ids, **columns})


def _resolved_at(intake: Intake, lives: Lives, seed: int) -> tuple[Integers, Flags]:
    """Resolution as recorded: never of cancelled ones, and of a few before the opening (a wrong clock)."""
    draw = stream(seed, "negative").random(len(lives.resolved))
    short = (lives.resolved - intake.opened < 3 * HOUR) & (intake.priority > 2) & ~intake.healed
    wrong = intake.clean & short & (draw < NEGATIVE_OF_SHORT)
    back = intake.opened - 60 - (draw * 1e5).astype(np.int64) % 600
    recorded = np.where(wrong, back, lives.resolved)
    return recorded, lives.ended & (intake.reason != CANCELLED)


def _times(intake: Intake, lives: Lives, resolved_at: Integers, has_resolved: Flags) -> Columns:
    closed = lives.resolved + np.where(intake.reason == CANCELLED, 0, CLOSES_AFTER)
    taken = lives.acknowledged < lives.end
    return {
        "opened_at": times(intake.opened),
        "acknowledged_at": times(lives.acknowledged, taken),
        "resolved_at": times(resolved_at, has_resolved),
        "closed_at": times(closed, closed < lives.end),
    }


def _classification(intake: Intake, matrix: npt.NDArray[np.int64], ids: Words, seed: int) -> Columns:
    names = [DISPOSITIONS.get(reason) for reason in range(NOISE + 1)]
    # a child follows the last incident before it that counts
    before = np.maximum.accumulate(np.where(intake.clean, intake.order, 0))
    children = intake.reason == CHILD
    draw = stream(seed, "major").random(len(ids))
    return {
        "disposition": words(names)[intake.reason],
        "priority": words(intake.priority),
        "impact": words(matrix[:, 0]),
        "urgency": words(matrix[:, 1]),
        "major": words((intake.priority == 1) & intake.clean & (draw < 0.4)),
        "category": words(list(CATEGORIES))[intake.category],
        "channel": words(list(CHANNELS))[intake.channel],
        "parent_id": words(ids[before], children),
    }


def _objects(
    structure: Structure, intake: Intake, lives: Lives, empty: Completeness, causes: Causes
) -> Columns:
    known = ~(empty.empty[:, SERVICE] & lives.ended)
    columns = (causes.item - causes.healed_from, causes.item, intake.healed)
    items = [f"JOB{n:05d}" if h else f"CI{i:05d}" for n, i, h in zip(*columns, strict=True)]
    return {
        "service_id": words(words(list(structure.services))[causes.service], known),
        "ci_id": words(items, known & (intake.healed | (causes.item % 5 > 0))),
        "problem_id": words([f"PRB{n:07d}" for n in causes.problem.tolist()], causes.problem >= 0),
    }


def _assignment(
    structure: Structure, intake: Intake, lives: Lives, routing: Routing, staff: Staff, seed: int
) -> Columns:
    """Group, assignee and counts as they are at the end of the period."""
    moved = ((routing.moved > 0) & (routing.moved < lives.end)).sum(axis=1)
    rows = np.arange(len(moved))
    draw = stream(seed, "callers").integers(0, len(structure.callers), len(moved))
    taken = (lives.acknowledged < lives.end) & ~intake.healed
    reopened = routing.reopened & (routing.pause[:, 1] < lives.end)
    return {
        "assignment_group": staff.groups[routing.path[rows, moved]],
        "assignee": words(staff.assignees[rows, moved], taken),
        "caller": words(words(list(structure.callers))[draw], intake.reason != NOISE),
        "created_by": staff.creator,
        "resolver": words(staff.resolver, lives.ended & (intake.reason != CANCELLED)),
        "reassignment_count": words(moved),
        "reopen_count": words(reopened.astype(np.int64)),
    }


def _closing(intake: Intake, lives: Lives, empty: Completeness, causes: Causes, seed: int) -> Columns:
    filled = lives.ended & (intake.reason != CANCELLED)
    missing = empty.empty[:, NOTE]
    return {
        "close_code": words(words(list(CLOSE_CODES))[causes.code], filled & ~missing),
        "resolution_note": _notes(filled, missing, seed),
    }


def _notes(filled: Flags, missing: Flags, seed: int) -> Words:
    """Return notes in words: most of the filled ones, of the missing ones at most a word."""
    generator = stream(seed, "notes")
    count = len(filled)
    parts = [words(part)[generator.integers(0, len(part), count)] for part in (VERBS, THINGS, CHECKS)]
    sentence = parts[0] + " " + parts[1] + ", " + parts[2]
    short = words(list(_SHORT))[generator.integers(0, len(_SHORT), count)]
    draw = generator.random(count)
    notes = np.where(missing, words(short, draw < 0.4), words(sentence, draw < 0.85))
    return words(notes, filled)

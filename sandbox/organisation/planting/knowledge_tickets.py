"""Tickets as knowledge management sees them: incidents and requests read as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.numbers import Flags, Integers, Words
from sandbox.organisation.planting.draft import Draft
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World

BOTH = ("incidents", "requests")


@dataclass(frozen=True)
class Tickets:
    """One element by incident, then by request."""

    incidents: int
    """How many there are; requests follow."""
    id: Words
    service: Words
    category: Words
    priority: Words
    group: Words
    person: Words
    """Who asked."""
    opened: Integers
    resolved: Integers
    """NEVER where it is still to come, and for contacts that turned into an incident."""
    counts: Flags
    known: Flags
    """Not cancelled, a duplicate, test, spam or child, and no contact that turned into an incident."""
    human: Flags
    """A person ended it."""

    @property
    def ended(self) -> Flags:
        """Those that count and are resolved."""
        return self.counts & (self.resolved < NEVER)

    @property
    def request(self) -> Flags:
        """Say which are requests."""
        return np.arange(len(self.id)) >= self.incidents

    @property
    def cell(self) -> Words:
        """Return service and category in one, None where one of them is not known."""
        return joined(self.service, self.category)


def joined(*parts: Words) -> Words:
    """Return some columns as one, None where a part of it is."""
    rows = zip(*(part.tolist() for part in parts), strict=True)
    return words([None if None in row else "\n".join(map(str, row)) for row in rows])


def numbers_of(names: Words) -> Integers:
    """Return a number for each different name, -1 for None."""
    known = np.asarray(names != None, dtype=np.bool_)  # noqa: E711 - by element
    _, number = np.unique(np.where(known, names, "").astype(str), return_inverse=True)
    return np.where(known, number, -1).astype(np.int64)


def read_tickets(world: World, draft: Draft) -> Tickets:
    """Read both tables as they are now."""
    turned = draft.known("requests", "incident_id")
    resolved = draft.seconds("incidents", "resolved_at"), draft.seconds("requests", "fulfilled_at")
    cancelled = draft.known("requests", "disposition")
    known = ~draft.known("incidents", "disposition") & ~draft.known("incidents", "parent_id")
    by_person = _by_person(draft, "incidents", "resolver"), _by_person(draft, "requests", "fulfiller")
    return Tickets(
        incidents=draft.size("incidents"),
        id=_both(draft, "id"),
        service=_both(draft, "service_id"),
        category=_both(draft, "category"),
        priority=_both(draft, "priority"),
        group=_both(draft, "assignment_group"),
        person=np.concatenate([draft.words("incidents", "caller"), draft.words("requests", "requester")]),
        opened=np.concatenate([draft.seconds(table, "opened_at") for table in BOTH]),
        resolved=np.concatenate([resolved[0], np.where(turned, NEVER, resolved[1])]),
        counts=np.concatenate([world.cases.clean, ~cancelled]),
        known=np.concatenate([known, ~cancelled & ~turned]),
        human=np.concatenate(by_person),
    )


def _both(draft: Draft, column: str) -> Words:
    return np.concatenate([draft.words(table, column) for table in BOTH])


def _by_person(draft: Draft, table: str, column: str) -> Flags:
    return np.array([not str(name).startswith("svc_") for name in draft.words(table, column).tolist()])

"""When contacts are answered: within five minutes where somebody is waiting, else within a business day."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import BUSINESS_DAY, DAY, HOUR, MINUTE, business_moment, business_seconds
from sandbox.organisation.numbers import Flags, Integers, between
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.request_contacts import AROUND, Contacts
from sandbox.organisation.world import NEVER, World

LIVE = ("phone", "chat")
WAITS = 5 * MINUTE
TALK = 20 * MINUTE


def answer(world: World, draft: Draft, asked: Asked, contacts: Contacts) -> float:
    """Answer a share of all contacts in time; return which share that makes of the last quarter.

    What is delivered, or settled at once, before an answer is due is answered in time whatever is asked.
    """
    generator, count = world.stream("plant contact answers"), draft.size("requests")
    opened = draft.seconds("requests", "opened_at")
    live = np.isin(draft.words("requests", "channel"), LIVE)
    due = np.where(live, opened + WAITS, business_moment(business_seconds(opened) + BUSINESS_DAY))
    until = np.minimum(draft.seconds("requests", "fulfilled_at"), draft.seconds("requests", "closed_at"))
    forced = (until <= due) | contacts.machine | (contacts.at_once & ~live)
    counts = ~draft.known("requests", "disposition")
    rate, planted = _rates(world, asked.share("req-contact-response"), opened, forced, counts)
    in_time = forced | (generator.random(count) < rate)
    draw = generator.random(count)
    soon = np.where(contacts.machine, opened + MINUTE, np.where(contacts.at_once, opened + TALK, until))
    early = between(opened, np.minimum(due, soon), 0.02 + 0.9 * draw)
    late = between(due, np.minimum(until, due + np.where(live, HOUR, DAY)), 0.05 + 0.9 * draw)
    answered = np.where(in_time, early, late)
    _write(world, draft, contacts, answered, live, generator)
    _ask_before(world, draft, contacts.of_incident, in_time, live, draw)
    return planted


def _rates(
    world: World, wanted: float, opened: Integers, forced: Flags, counts: Flags
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], float]:
    """Return how likely each of the others is answered in time, and what comes out in the last quarter."""
    bucket = (world.period.end - 1 - opened) // AROUND
    size = int(bucket.max()) + 1
    every = np.bincount(bucket[counts], minlength=size).astype(np.float64)
    sure = np.bincount(bucket[counts & forced], minlength=size).astype(np.float64)
    rate = np.clip((wanted * every - sure) / np.maximum(every - sure, 1), 0, 1)
    planted = (sure[0] + rate[0] * (every[0] - sure[0])) / max(every[0], 1.0)
    return np.asarray(rate[bucket], dtype=np.float64), float(planted)


def _write(
    world: World,
    draft: Draft,
    contacts: Contacts,
    answered: Integers,
    live: Flags,
    generator: np.random.Generator,
) -> None:
    """Write answers, and when contacts that led to no incident are settled: at once, or days later."""
    end, settled = world.period.end, contacts.settled
    fulfilled, closed = (draft.seconds("requests", name) for name in ("fulfilled_at", "closed_at"))
    talk = generator.integers(2 * MINUTE, TALK, len(settled))
    days = generator.integers(2 * DAY, 6 * DAY, len(settled))
    length = np.where(contacts.at_once[settled] | contacts.machine[settled], talk, days)
    fulfilled[settled] = closed[settled] = answered[settled] + length

    def past(moments: Integers) -> Integers:
        return np.where(moments < end, moments, NEVER)

    draft.put_seconds(
        "requests", acknowledged_at=past(answered), fulfilled_at=past(fulfilled), closed_at=past(closed)
    )
    fulfiller = draft.words("requests", "fulfiller")
    fulfiller[fulfilled >= end] = None
    draft.put("requests", fulfiller=fulfiller)


def _ask_before(
    world: World,
    draft: Draft,
    which: Integers,
    in_time: Flags,
    live: Flags,
    draw: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    """Let people have asked before their incident was opened, which was when they were answered."""
    names = ("opened_at", "acknowledged_at", "closed_at")
    opened, answered, closed = (draft.seconds("requests", name) for name in names)
    incident = draft.position("incidents", draft.words("requests", "incident_id")[which])
    at, soon, part = world.cases.opened[incident], in_time[which], draw[which]
    waited = np.where(soon, 0.05 + 0.85 * part, 1.2 + 3 * part)
    business = business_moment(business_seconds(at) - (waited * BUSINESS_DAY).astype(np.int64))
    opened[which] = np.where(
        live[which], at - (waited * WAITS).astype(np.int64), np.minimum(business, at - MINUTE)
    )
    answered[which] = closed[which] = at
    draft.put_seconds("requests", opened_at=opened, acknowledged_at=answered, closed_at=closed)

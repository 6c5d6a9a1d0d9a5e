"""Contacts with the service desk, of incidents or of what is settled by talking; channels and fates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import BUSINESS_DAY, DAY, business_seconds
from sandbox.organisation.intake import openings
from sandbox.organisation.numbers import Flags, Floats, Integers, drawn
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.request_items import desks
from sandbox.organisation.structure import CHANNELS
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World

VOLUME = 0.8
"""Contacts that are settled without an incident or an item, per incident."""
MACHINE = "svc_bot"
FEW, MANY = 0.1, 0.7
"""Share of them that a machine settles, before and after demand has shifted."""
PORTAL, HUMAN = "portal", {"email": 0.4, "phone": 0.35, "chat": 0.25}
AROUND = 90 * DAY


@dataclass(frozen=True)
class Contacts:
    """One element by request, items first, then contacts of incidents, then those settled without one."""

    of_incident: Integers
    """Positions."""
    settled: Integers
    machine: Flags
    """Answered and settled by a machine."""
    at_once: Flags
    """Settled by the first group within a business day."""
    self_service: float
    """Share that came so."""
    first_contact: float
    """Share of all that the desk receives, incidents included, which it settles at once."""


def add_contacts(world: World, draft: Draft, asked: Asked) -> Contacts:
    """Add contacts and draw the channels of all requests.

    An incident that a person reported has a contact of its own, which came as the incident says.
    """
    items = draft.size("requests")
    draft.put("requests", incident_id=draft.words("requests", "incident_id"))
    _add_of_incidents(world, draft)
    before = draft.size("requests")
    at_once, machine, first_contact = _add_settled(world, draft, asked, items)
    rest = np.zeros(before, dtype=np.bool_)
    of_incident = np.arange(items, before)
    return Contacts(
        of_incident,
        np.arange(before, before + len(machine)),
        np.concatenate([rest, machine]),
        np.concatenate([rest, at_once]),
        _choose_channels(world, draft, asked, of_incident),
        first_contact,
    )


def _add_of_incidents(world: World, draft: Draft) -> None:
    cases, incidents = world.cases, draft.tables["incidents"].columns
    reported = cases.clean & (cases.opened >= world.period.start) & draft.known("incidents", "caller")
    reported &= ~draft.equal("incidents", "channel", CHANNELS[-1])
    which = np.flatnonzero(reported)
    same = ("service_id", "ci_id", "channel", "priority")
    count, desk = len(which), np.full(len(which), desks(world)[0])
    person = world.members(desk, world.stream("plant contact agents"))
    draft.append(
        "requests",
        count,
        id=words([f"CIN{number:07d}" for number in range(1, count + 1)]),
        type=words(np.full(count, "contact")),
        incident_id=cases.ids[which],
        requester=words(incidents["caller"])[which],
        opened_at=incidents["opened_at"][which],
        acknowledged_at=incidents["opened_at"][which],
        receiving_group=world.groups[desk],
        assignment_group=world.groups[desk],
        assignee=person,
        updated_at=incidents["opened_at"][which],
        state=words(np.full(count, "Closed")),
        reassignment_count=words(np.zeros(count, dtype=np.int64)),
        reopen_count=words(np.zeros(count, dtype=np.int64)),
        **{name: words(incidents[name])[which] for name in same},
    )


def _add_settled(world: World, draft: Draft, asked: Asked, items: int) -> tuple[Flags, Flags, float]:
    """Add contacts that ended without an incident; their first group settles so many that all add up.

    Return which it settles, which a machine settles, and the share that comes out.
    """
    generator, count = world.stream("plant contacts"), world.volume(VOLUME)
    opened = openings(world.period.start, world.period.end, count, generator)
    settled, planted = _settled_at_once(world, draft, asked, opened, generator)
    machine = generator.random(count) < _by_machine(world, asked, opened)
    places = desks(world)
    weights = world.structure.weights[places] / world.structure.weights[places].sum()
    desk = places[generator.choice(len(places), count, p=weights)]
    others = np.setdiff1d(np.arange(len(world.groups)), places)
    handed_on = ~settled & ~machine & (generator.random(count) < 0.6)
    group = np.where(handed_on, others[generator.integers(0, len(others), count)], desk)
    like = generator.integers(0, items, count)
    person = world.members(group, generator)
    draft.append(
        "requests",
        count,
        id=words([f"CST{number:07d}" for number in range(1, count + 1)]),
        type=words(np.full(count, "contact")),
        requester=world.callers(count, generator),
        opened_at=opened.astype("datetime64[s]"),
        receiving_group=world.groups[desk],
        assignment_group=world.groups[group],
        assignee=words(person, ~machine),
        fulfiller=words(np.where(machine, MACHINE, person)),
        updated_at=opened.astype("datetime64[s]"),
        state=words(np.full(count, "Closed")),
        reassignment_count=words(handed_on.astype(np.int64)),
        # what a machine said was no help to those who came back
        reopen_count=words((machine & ~settled).astype(np.int64)),
        **{name: draft.words("requests", name)[like] for name in ("service_id", "ci_id", "category")},
    )
    return settled, machine, planted


def _by_machine(world: World, asked: Asked, opened: Integers) -> Floats:
    way = (opened - world.period.start) / (world.period.end - world.period.start)
    before, after = (FEW, MANY) if asked.improves("req-demand-shift-trend") else (MANY, FEW)
    return np.asarray(before + (after - before) * way, dtype=np.float64)


def _settled_at_once(
    world: World, draft: Draft, asked: Asked, opened: Integers, generator: np.random.Generator
) -> tuple[Flags, float]:
    """Draw which contacts the desk settles at once, and what share of all it receives that makes lately.

    Incidents count as well, and are as they are; each quarter's contacts make up for them.
    """
    received, at_once, bucket = _incidents_of_desk(world, draft)
    place = (world.period.end - 1 - opened) // AROUND
    size = int(place.max()) + 1
    own = np.bincount(place, minlength=size).astype(np.float64)
    known = received & (bucket >= 0) & (bucket < size)
    every = np.bincount(bucket[known], minlength=size).astype(np.float64)
    good = np.bincount(bucket[known & at_once], minlength=size).astype(np.float64)
    wanted = asked.share("req-first-contact-resolution") * (every + own) - good
    rate = np.clip(wanted / np.maximum(own, 1), 0, 1)
    planted = (good[0] + rate[0] * own[0]) / (every[0] + own[0])
    return generator.random(len(opened)) < rate[place], float(planted)


def _incidents_of_desk(world: World, draft: Draft) -> tuple[Flags, Flags, Integers]:
    """Say which incidents a desk had first and which it solved itself within a business day; and when."""
    cases = world.cases
    first: dict[object, object] = {}
    moved: set[object] = set()
    names = ("record_kind", "field", "record_id", "old_value", "new_value")
    for kind, field, record, old, new in zip(
        *(draft.words("transitions", name).tolist() for name in names), strict=True
    ):
        if kind == "incident" and field == "assignment_group" and new is not None:
            first.setdefault(record, old or new)
            if old is not None and old != new:
                moved.add(record)
    group = words([first.get(name) for name in cases.ids.tolist()])
    received = np.isin(group, world.groups[desks(world)]) & cases.clean & world.happened(cases.resolved)
    resolved = draft.seconds("incidents", "resolved_at")
    quick = business_seconds(resolved) - business_seconds(cases.opened) <= BUSINESS_DAY
    stayed = ~among(cases.ids, words(list(moved))) & (draft.words("incidents", "assignment_group") == group)
    at_once = quick & stayed & draft.equal("incidents", "reopen_count", 0)
    bucket = np.where(resolved < NEVER, (world.period.end - 1 - resolved) // AROUND, -1)
    return np.asarray(received), np.asarray(received & at_once, dtype=np.bool_), bucket


def _choose_channels(world: World, draft: Draft, asked: Asked, of_incident: Integers) -> float:
    """Draw the channel of what no incident says it of, so that all contacts have as much self-service."""
    generator, count = world.stream("plant contact channels"), draft.size("requests")
    channel = draft.words("requests", "channel")
    given = np.isin(np.arange(count), of_incident)
    themselves = int((channel[given] == CHANNELS[1]).sum())
    free = max(count - int(given.sum()), 1)
    share = np.clip((asked.share("req-self-service-share") * count - themselves) / free, 0.0, 1.0)
    some = np.where(generator.random(count) < share, PORTAL, drawn(HUMAN, count, generator))
    draft.put("requests", channel=words(np.where(given, channel, some)))
    return float((themselves + share * free) / count)

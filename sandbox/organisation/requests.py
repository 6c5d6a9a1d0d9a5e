"""Requests: items of the catalogue, ordered, approved and fulfilled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.intake import openings
from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn, log_normal
from sandbox.organisation.structure import CATEGORIES
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.world import LOCATIONS, NEVER, World, numbered, record_table


@dataclass(frozen=True)
class CatalogueItem:
    """What can be ordered; its target in seconds, its tasks, and whether somebody has to approve it."""

    name: str
    category: int
    target: int
    tasks: int
    approval: bool = False
    automated: bool = False
    generic: bool = False
    defined: bool = True


CATALOGUE = (
    CatalogueItem("Password reset", 1, 4 * HOUR, 1, automated=True),
    CatalogueItem("Access to an application", 1, 2 * DAY, 2, approval=True),
    CatalogueItem("Other request", 0, 5 * DAY, 1, generic=True, defined=False),
    CatalogueItem("New laptop", 2, 10 * DAY, 3, approval=True),
    CatalogueItem("Software installation", 0, 3 * DAY, 1, approval=True),
    CatalogueItem("Distribution list", 4, DAY, 1, automated=True),
    CatalogueItem("Mobile phone", 2, 7 * DAY, 2, approval=True),
    CatalogueItem("Shared mailbox", 4, 2 * DAY, 1, automated=True),
    CatalogueItem("New starter", 1, 5 * DAY, 5, approval=True),
    CatalogueItem("Leaver", 1, 2 * DAY, 4),
    CatalogueItem("Monitor", 2, 7 * DAY, 1),
    CatalogueItem("Network port", 3, 5 * DAY, 2),
    CatalogueItem("Shared folder", 5, 2 * DAY, 1, approval=True),
    CatalogueItem("Report", 5, 10 * DAY, 2, defined=False),
    CatalogueItem("Licence", 0, 5 * DAY, 1, approval=True),
    CatalogueItem("Remote access", 3, DAY, 1, approval=True, automated=True),
    CatalogueItem("Restore of data", 5, DAY, 1),
    CatalogueItem("Test server", 0, 3 * DAY, 1, approval=True, automated=True),
    CatalogueItem("Move of a workplace", 2, 14 * DAY, 3, defined=False),
    CatalogueItem("Certificate", 1, 3 * DAY, 1),
)
CHANNELS = {"portal": 0.62, "email": 0.15, "phone": 0.13, "chat": 0.1}
DELIVERED, CANCELLED, REJECTED = range(3)


@dataclass(frozen=True)
class Requests:
    """One element by item ordered, in that order; moments may lie after the period."""

    ids: Words
    item: Integers
    cart: Integers
    service: Integers
    group: Integers
    opened: Integers
    answered: Integers
    approval: Flags
    approved: Integers
    """When approval was decided."""
    fulfilled: Integers
    closed: Integers
    end: Integers
    """Delivered, cancelled or rejected."""
    automated: Flags
    requester: Words


def plan_requests(world: World) -> Requests:
    """Plan what is ordered, the first items of the catalogue more often, and how it goes on."""
    assumed, generator = world.assumptions.requests, world.stream("requests")
    count = world.volume(assumed.volume)
    opened = openings(world.period.start, world.period.end, count, generator)
    alone = generator.random(count) >= assumed.cart
    alone[0] = True
    first = np.maximum.accumulate(np.where(alone, np.arange(count), 0))
    opened = opened[first]  # what is ordered together is ordered at once
    weights = 1.0 / np.arange(1, len(CATALOGUE) + 1) ** 0.7
    item = generator.choice(len(CATALOGUE), count, p=weights / weights.sum())
    teams = world.some_group(len(CATALOGUE), generator)
    requester = world.callers(count, generator)[first]
    return _fulfilled(world, item, np.cumsum(alone), opened, teams[item], requester)


def _of(name: str) -> Integers:
    return np.array([getattr(item, name) for item in CATALOGUE]).astype(np.int64)


def _fulfilled(
    world: World, item: Integers, cart: Integers, opened: Integers, group: Integers, requester: Words
) -> Requests:
    assumed, generator, count = world.assumptions.requests, world.stream("fulfilment"), len(item)
    target, automated = _of("target")[item].astype(np.float64), _of("automated")[item] == 1
    automated &= generator.random(count) < 0.85
    needed = _of("approval")[item] == 1
    wait = np.where(needed, log_normal(float(assumed.approval_wait), 0.9, count, generator), 0)
    approved = opened + wait
    speed = np.where(automated, 0.05, assumed.duration_of_target) * target
    fulfilled = approved + 2 * MINUTE + log_normal(speed, 0.8, count, generator)
    draw = generator.random(count)
    end = np.where(draw < assumed.cancelled, CANCELLED, DELIVERED)
    end = np.where(needed & (draw > 1 - assumed.rejected), REJECTED, end)
    closed = fulfilled + generator.integers(0, 3 * DAY, count)
    closed = np.where(end == CANCELLED, between(approved, fulfilled, 0.5), closed)
    return Requests(
        numbered("RITM", count),
        item,
        cart,
        world.some_service(count, generator),
        group,
        opened,
        between(opened, fulfilled, 0.3 * generator.random(count) ** 2),
        needed,
        approved,
        np.where(end == DELIVERED, fulfilled, NEVER),
        np.where(end == REJECTED, approved, closed),
        end,
        automated,
        requester,
    )


def request_table(world: World, requests: Requests) -> Table:
    """Return the requests as records."""
    columns = _times_and_states(world, requests)
    columns |= _catalogue(world, requests)
    columns |= _people(world, requests)
    columns |= _effort(world, requests)
    return record_table("request", {"id": requests.ids, **columns})


def _times_and_states(world: World, requests: Requests) -> Columns:
    past, end = world.happened, requests.end
    closed, decided = past(requests.closed), past(requests.approved)
    answered = requests.answered < requests.closed
    waiting = requests.approval & ~decided
    stage = np.where(waiting, "Waiting for approval", "Fulfilment")
    stage = np.where(past(requests.fulfilled), "Completed", stage)
    stopped = words(["Completed", "Request cancelled", "Rejected"])
    state = np.where(past(requests.answered) & ~waiting, "Work in Progress", "Open")
    ended = words(["Closed Complete", "Closed Incomplete", "Closed Incomplete"])
    due = requests.opened + _of("target")[requests.item]
    granted = requests.approval & (end != REJECTED)
    return {
        "opened_at": world.times(requests.opened),
        "acknowledged_at": world.times(requests.answered, answered),
        "approval_requested_at": world.times(requests.opened, requests.approval),
        "approved_at": world.times(requests.approved, granted),
        "due_at": due.astype("datetime64[s]"),
        "fulfilled_at": world.times(requests.fulfilled),
        "closed_at": world.times(requests.closed),
        "state": words(np.where(closed, ended[end], state)),
        "stage": words(np.where(closed, stopped[end], stage)),
        "disposition": words(np.full(len(end), "cancelled"), closed & (end == CANCELLED)),
        "updated_at": world.times(
            world.latest(
                (requests.opened, None),
                (requests.answered, answered),
                (requests.approved, granted),
                (requests.fulfilled, None),
                (requests.closed, None),
            )
        ),
    }


def _catalogue(world: World, requests: Requests) -> Columns:
    generator, count = world.stream("request classes"), len(requests.ids)
    known = generator.random(count) < 0.85
    return {
        "type": words(np.full(count, "item")),
        "item": words([item.name for item in CATALOGUE])[requests.item],
        "generic": words(_of("generic")[requests.item] == 1),
        "category": words(list(CATEGORIES))[_of("category")[requests.item]],
        "channel": drawn(CHANNELS, count, generator),
        "priority": words(generator.choice((2, 3, 4), count, p=(0.05, 0.25, 0.7))),
        "service_id": words(world.services[requests.service], known),
        "ci_id": words(words([f"CI{number:05d}" for number in (requests.service * 6).tolist()]), known),
        "location": words(list(LOCATIONS))[generator.integers(0, len(LOCATIONS), count)],
        "target_seconds": words(_of("target")[requests.item]),
        "model_defined": words(_of("defined")[requests.item] == 1),
        "parent_id": words([f"REQ{number:07d}" for number in requests.cart.tolist()]),
    }


def _people(world: World, requests: Requests) -> Columns:
    generator, count = world.stream("request people"), len(requests.ids)
    assignee = world.members(requests.group, generator)
    other = generator.random(count) < 0.2
    desk = np.zeros(count, dtype=np.int64)
    received = np.where(requests.automated, requests.group, desk)
    taken = world.happened(requests.answered) & (requests.answered < requests.closed)
    worker = np.where(requests.automated, "svc_fulfilment", assignee)
    return {
        "receiving_group": world.groups[received],
        "assignment_group": world.groups[requests.group],
        "assignee": words(assignee, taken & ~requests.automated),
        "requester": requests.requester,
        "requested_for": words(np.where(other, world.callers(count, generator), requests.requester)),
        "created_by": words(np.where(generator.random(count) < 0.7, "svc_portal", assignee)),
        "fulfiller": words(worker, world.happened(requests.fulfilled)),
    }


def _effort(world: World, requests: Requests) -> Columns:
    assumed, generator, count = world.assumptions.requests, world.stream("effort"), len(requests.ids)
    tasks = _of("tasks")[requests.item]
    delivered = world.happened(requests.fulfilled)
    handed_on = ~requests.automated & (generator.random(count) < assumed.reassigned)
    reopened = delivered & (generator.random(count) < assumed.reopened)
    decided = requests.approval & world.happened(requests.approved)
    return {
        "task_count": words(tasks),
        "manual_task_count": words(np.where(requests.automated, 0, tasks)),
        "approval_count": words(requests.approval.astype(np.int64)),
        "approval_seconds": words(requests.approved - requests.opened, decided),
        "reassignment_count": words(handed_on.astype(np.int64)),
        "reopen_count": words(reopened.astype(np.int64)),
        "knowledge_used": words(delivered & (generator.random(count) < 0.08)),
    }

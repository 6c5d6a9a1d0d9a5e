"""Items that are ordered: which, on what terms, by which group, how fast, how far by machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.numbers import Flags, Floats, Integers, Words, between, subset
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.requests import CATALOGUE, CatalogueItem
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World

SPECIFIC = tuple(item for item in CATALOGUE if not item.generic)
OFFERED, UNDEFINED = SPECIFIC[:15], SPECIFIC[15:]
"""What has a target and a flow, and what lacks the flow."""
GENERIC, GENERAL = CATALOGUE[2], CatalogueItem("General request", 0, 5 * DAY, 1, generic=True)
"""Without a flow, and with one."""
SHELF = (*OFFERED, *UNDEFINED, GENERIC, GENERAL)
MEDIAN = (90 * MINUTE, 4 * HOUR)
"""Range of the items' medians."""
SHORTEST, LONGEST = 3 * MINUTE, 28 * DAY
"""What is delivered at all is delivered within 30 days."""
WINDOW = 180 * DAY
SLOWER = 0.7
"""How much longer (in logarithms) deliveries took at the beginning of the period, or how much shorter."""
TESTED = 30
MOST = 0.47
"""Share of the volume above which the slow would become the rule."""


@dataclass(frozen=True)
class Teams:
    """Groups that fulfil items, their shares, and which of them are slow."""

    groups: Integers
    weights: Floats
    slow: Integers


@dataclass(frozen=True)
class Delivery:
    """One element by item that is ordered; cancelled ones are not delivered."""

    opened: Integers
    item: Integers
    group: Integers
    seconds: Integers
    """What the delivery takes, or would."""
    done: Flags
    given_up: Integers
    """When those that are never delivered are closed."""
    machine: Flags

    @property
    def fulfilled(self) -> Integers:
        """When it is delivered."""
        return np.where(self.done, self.opened + self.seconds, NEVER)


def desks(world: World) -> Integers:
    """Return the groups that take contacts first: the largest one where there is no service desk."""
    found = np.flatnonzero(np.array(world.structure.departments) == "Service Desk")
    return found if len(found) else np.zeros(1, dtype=np.int64)


def deliver_items(world: World, draft: Draft, asked: Asked) -> float:
    """Write all items anew, but when they were opened and for what service; return the conforming volume."""
    generator, count = world.stream("plant request items"), draft.size("requests")
    opened, teams = draft.seconds("requests", "opened_at"), _teams(world, asked)
    item = _choose(asked, count, generator)
    group = teams.groups[generator.choice(len(teams.groups), count, p=teams.weights)]
    cancelled = draft.known("requests", "disposition")
    seconds = _durations(world, asked, item, np.isin(group, teams.slow), opened, teams)
    done = ~cancelled & (generator.random(count) < asked.share("req-fulfilled-within-30-days"))
    given_up = between(opened, opened + seconds, 0.2 + 0.7 * generator.random(count))
    machine = generator.random(count) < asked.share("req-automated-fulfilment")
    delivery = Delivery(opened, item, group, seconds, done, given_up, machine)
    _write_terms(world, draft, asked, delivery)
    _write_course(world, draft, delivery)
    _write_approval(world, draft, asked, delivery)
    _write_people(world, draft, delivery)
    return _conforming(world, delivery, teams)


def _teams(world: World, asked: Asked) -> Teams:
    """Choose slow groups with the volume that is not to conform; desks fulfil no items."""
    groups = np.setdiff1d(np.arange(len(world.groups)), desks(world))
    weights = world.structure.weights[groups] / world.structure.weights[groups].sum()
    behind = 1 - asked.share("req-team-fulfilment-consistency")
    slow = subset(weights, behind, world.stream("plant request teams"), MOST)
    return Teams(groups, np.asarray(weights, dtype=np.float64), groups[slow])


def _choose(asked: Asked, count: int, generator: np.random.Generator) -> Integers:
    """Draw items: specific or not, with a flow or not, each as often as asked for."""
    specific = generator.random(count) < asked.share("req-catalogue-use")
    defined = generator.random(count) < asked.share("req-item-model-coverage")
    weights = 1.0 / np.arange(1, len(OFFERED) + 1) ** 0.5
    offered = generator.choice(len(OFFERED), count, p=weights / weights.sum())
    undefined = len(OFFERED) + generator.integers(0, len(UNDEFINED), count)
    general = len(SPECIFIC) + defined
    return np.where(specific, np.where(defined, offered, undefined), general).astype(np.int64)


def _durations(
    world: World, asked: Asked, item: Integers, slow: Flags, opened: Integers, teams: Teams
) -> Integers:
    """Draw log-normal durations around each item's median; slow groups, and the past, take longer or less."""
    generator, period = world.stream("plant request durations"), world.period
    share = float(teams.weights[np.isin(teams.groups, teams.slow)].sum())
    sigma, distance = spread(asked.value("req-fulfilment-predictability"), share)
    low, high = MEDIAN
    middle = np.log(generator.uniform(low, high, len(SHELF)))
    back = np.clip((period.end - WINDOW - opened) / (period.end - WINDOW - period.start), 0, 1)
    sign = 1 if asked.improves("req-lead-time-trend") else -1
    logs = middle[item] + sigma * generator.standard_normal(len(item)) + distance * slow
    seconds = np.exp(logs + sign * SLOWER * back)
    return np.asarray(np.clip(seconds, SHORTEST, LONGEST), dtype=np.int64)


def spread(ratio: float, slow: float) -> tuple[float, float]:
    """Return sigma, and how slow (in logarithms) the share `slow` is, so that P90 / P50 is `ratio`.

    The slow have to stand 1.5 times above a median that they raise themselves, the more clearly the more
    durations scatter by themselves.
    """
    low, high = 0.05, 3.0
    for _ in range(40):
        sigma = (low + high) / 2
        distance = _distance(sigma, slow)
        found = _quantile(0.9, sigma, distance, slow) - _quantile(0.5, sigma, distance, slow)
        low, high = (sigma, high) if found < math.log(ratio) else (low, sigma)
    return low, _distance(low, slow)


def _distance(sigma: float, slow: float) -> float:
    distance = 1.0
    for _ in range(25):
        distance = 0.65 + 0.45 * sigma + _quantile(0.5, sigma, distance, slow)
    return distance


def _quantile(share: float, sigma: float, distance: float, slow: float) -> float:
    """Quantile of two normal distributions, the second `distance` above the first."""
    low, high = -6 * sigma, 6 * sigma + distance
    for _ in range(40):
        middle = (low + high) / 2
        below = (1 - slow) * _normal(middle / sigma) + slow * _normal((middle - distance) / sigma)
        low, high = (middle, high) if below < share else (low, middle)
    return low


def _normal(value: float) -> float:
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def _of(name: str) -> Words:
    return words([getattr(item, name) for item in SHELF])


def _write_terms(world: World, draft: Draft, asked: Asked, delivery: Delivery) -> None:
    """Promise each item a moment after its delivery, or shortly before it; what is given up ends before."""
    generator, count = world.stream("plant request promises"), len(delivery.item)
    kept = generator.random(count) < asked.share("req-on-time-fulfilment")
    draw, end = generator.random(count), delivery.opened + delivery.seconds
    due = np.where(
        kept, end + MINUTE + draw * delivery.seconds, end - (0.01 + 0.07 * draw) * delivery.seconds
    )
    due = np.where(delivery.done, due, delivery.given_up + HOUR + 2 * DAY * draw)
    draft.put_seconds("requests", due_at=due.astype(np.int64))
    tasks = _of("tasks")[delivery.item]
    draft.put(
        "requests",
        item=_of("name")[delivery.item],
        generic=words(np.isin(delivery.item, (len(SPECIFIC), len(SPECIFIC) + 1))),
        target_seconds=_of("target")[delivery.item],
        model_defined=words(~np.isin(delivery.item, range(len(OFFERED), len(SPECIFIC) + 1))),
        task_count=tasks,
        manual_task_count=np.where(delivery.machine, 0, tasks),
    )


def _write_course(world: World, draft: Draft, delivery: Delivery) -> None:
    generator, end = world.stream("plant request course"), world.period.end
    fulfilled = delivery.fulfilled
    cancelled = draft.known("requests", "disposition")
    closed = fulfilled + generator.integers(0, 3 * DAY, len(fulfilled))
    closed = np.where(delivery.done, closed, delivery.given_up)
    past = closed < end
    state = np.where(
        past, np.where(delivery.done, "Closed Complete", "Closed Incomplete"), "Work in Progress"
    )
    stage = np.where(fulfilled < end, "Completed", "Fulfilment")
    stage = np.where(past & ~delivery.done, np.where(cancelled, "Request cancelled", "Rejected"), stage)
    draft.put_seconds(
        "requests",
        fulfilled_at=np.where(fulfilled < end, fulfilled, NEVER),
        closed_at=np.where(past, closed, NEVER),
    )
    draft.put(
        "requests",
        state=words(state),
        stage=words(stage),
        disposition=words(np.full(len(past), "cancelled"), cancelled & past),
        reopen_count=words(((fulfilled < end) & (generator.random(len(past)) < 0.02)).astype(np.int64)),
        knowledge_used=words((fulfilled < end) & (generator.random(len(past)) < 0.08)),
    )


def _write_approval(world: World, draft: Draft, asked: Asked, delivery: Delivery) -> None:
    """Let approval take a share of each delivery, whatever that takes: so the totals have that ratio, too."""
    generator, share = world.stream("plant request approvals"), asked.share("req-approval-wait-share")
    needed = np.asarray(_of("approval")[delivery.item] == True, dtype=np.bool_)  # noqa: E712 - by element
    part = generator.beta(6 * share, 6 * (1 - share), len(needed))
    wait = (part * delivery.seconds).astype(np.int64)
    decided = needed & delivery.done & (delivery.opened + wait < world.period.end)
    draft.put_seconds(
        "requests",
        approval_requested_at=np.where(needed, delivery.opened, NEVER),
        approved_at=np.where(decided, delivery.opened + wait, NEVER),
    )
    draft.put(
        "requests",
        approval_count=words(needed.astype(np.int64)),
        approval_seconds=words(wait, decided),
    )


def _write_people(world: World, draft: Draft, delivery: Delivery) -> None:
    generator, count = world.stream("plant request people"), len(delivery.item)
    groups = np.setdiff1d(np.arange(len(world.groups)), desks(world))
    handed_on = ~delivery.machine & (generator.random(count) < 0.12)
    received = np.where(handed_on, groups[generator.integers(0, len(groups), count)], delivery.group)
    person = world.members(delivery.group, generator)
    delivered = delivery.fulfilled < world.period.end
    draft.put(
        "requests",
        receiving_group=world.groups[received],
        assignment_group=world.groups[delivery.group],
        assignee=words(person, ~delivery.machine),
        fulfiller=words(np.where(delivery.machine, "svc_fulfilment", person), delivered),
        reassignment_count=words((received != delivery.group).astype(np.int64)),
    )


def _conforming(world: World, delivery: Delivery, teams: Teams) -> float:
    """Share of the deliveries of the last half year by groups that are large enough to test and not slow."""
    end = world.period.end
    recent = (delivery.fulfilled >= end - WINDOW) & (delivery.fulfilled < end)
    volumes = np.bincount(delivery.group[recent], minlength=len(world.groups))
    volumes = np.where(volumes >= TESTED, volumes, 0)
    return 1 - float(volumes[teams.slow].sum()) / max(float(volumes.sum()), 1.0)

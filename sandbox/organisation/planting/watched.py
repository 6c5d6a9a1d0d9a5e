"""Which services are watched, and which items monitoring may name so that the others stay unseen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers, Words
from sandbox.organisation.outages import ITEMS_BY_SERVICE
from sandbox.organisation.planting.draft import Draft
from sandbox.organisation.table import words
from sandbox.organisation.world import World

FEWEST_CRITICAL = 8
QUIET_FROM = 35 * DAY
"""For how long nobody has heard of the services that are not watched."""
DEPTH = 3
CRITICAL = "critical"


@dataclass(frozen=True)
class Watched:
    """Services by position; items are the six of each service that incidents are about."""

    quiet: Flags
    """Critical services that are not watched."""
    usable: Flags
    """Items that no such service depends on."""
    ids: Words
    """Items by position, in the order of their services."""

    def items(self, service: Integers, turn: Integers, recent: Flags, draw: Integers) -> Integers:
        """Return an item of each service; lately only one that may be named."""
        item = service * ITEMS_BY_SERVICE + turn % ITEMS_BY_SERVICE
        free = np.flatnonzero(self.usable)
        return np.where(recent & ~self.usable[item], free[draw % len(free)], item)


def watch(world: World, draft: Draft, share: float) -> Watched:
    """Choose which of the critical services are watched, each with the probability asked for."""
    critical = _critical(world, draft)
    draw = world.stream("plant monitoring coverage").random(len(world.services))
    quiet = np.isin(world.services, critical) & (draw >= share)
    below = _below(draft, set(world.services[quiet].tolist()))
    count = len(world.services) * ITEMS_BY_SERVICE
    ids = words([f"CI{number:05d}" for number in range(count)])
    hidden = np.array([name in below for name in ids.tolist()]) | np.repeat(quiet, ITEMS_BY_SERVICE)
    return Watched(quiet, ~hidden, ids)


def _critical(world: World, draft: Draft) -> list[str]:
    """Return the critical services; make more of them critical where they are too few to count."""
    table = "configuration_items"
    criticality = draft.words(table, "criticality")
    live = draft.is_true(table, "service") & draft.is_true(table, "operational")
    found = np.flatnonzero(live & (criticality == CRITICAL))
    more = np.flatnonzero(live & (criticality != CRITICAL))[: max(0, FEWEST_CRITICAL - len(found))]
    criticality[more] = CRITICAL
    draft.put(table, criticality=criticality)
    return [str(name) for name in draft.words(table, "id")[np.concatenate([found, more])].tolist()]


def _below(draft: Draft, services: set[str]) -> set[str]:
    """Return everything that these services depend on, three steps down."""
    children: dict[str, list[str]] = defaultdict(list)
    pairs = zip(
        draft.words("ci_relationships", "parent_id").tolist(),
        draft.words("ci_relationships", "child_id").tolist(),
        strict=True,
    )
    for parent, child in pairs:
        children[parent].append(child)
    found, edge = set(services), set(services)
    for _ in range(DEPTH):
        edge = {child for parent in edge for child in children[parent]} - found
        found |= edge
    return found

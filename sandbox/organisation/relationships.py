"""Relationships between configuration items: services above applications above servers."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.items import APPLICATION, DATABASE, NETWORK_DEVICE, SERVER, SERVICE, Items
from sandbox.organisation.numbers import Flags, Integers
from sandbox.organisation.table import Table, words
from sandbox.organisation.world import World, numbered, record_table

LAYERS = (
    (SERVICE, APPLICATION, 2, "Depends on"),
    (APPLICATION, SERVER, 2, "Runs on"),
    (APPLICATION, DATABASE, 1, "Uses"),
    (DATABASE, SERVER, 1, "Runs on"),
    (SERVER, NETWORK_DEVICE, 1, "Connects to"),
)
"""Class that depends, class it depends on, how many of them each has, and what it does with them."""
TYPES = words([layer[3] for layer in LAYERS])


def relate(world: World, items: Items) -> Table:
    """Relate each layer of the mapped services to the one below, so that nothing depends on itself."""
    generator = world.stream("relationships")
    mapped = generator.random(items.services) < world.assumptions.items.services_mapped
    usable = mapped[items.service]
    parts = [_own_applications(items, usable)]
    for number, (parent, child, each, _) in enumerate(LAYERS):
        if parent != SERVICE:
            parts.append(_layer(items, usable, number, (parent, child, each), generator))
    edges = np.concatenate(parts)
    wanted = world.volume(world.assumptions.items.relationships)
    edges = _filled(items, edges, usable, wanted, generator)
    return _table(world, items, edges)


def _own_applications(items: Items, usable: Flags) -> Integers:
    """Every application below its service."""
    below = np.flatnonzero((items.kind == APPLICATION) & usable)
    return np.stack([items.service[below], below, np.zeros_like(below)], axis=1)


def _layer(
    items: Items, usable: Flags, number: int, layer: tuple[int, int, int], generator: np.random.Generator
) -> Integers:
    """Some items of the class below for every item: of the same service where it is one that lasts."""
    parent, child, each = layer
    above = np.repeat(np.flatnonzero((items.kind == parent) & usable), each)
    below = _of_service(items, child, items.service[above], generator)
    return np.stack([above, below, np.full(len(above), number)], axis=1)


def _of_service(items: Items, kind: int, service: Integers, generator: np.random.Generator) -> Integers:
    """Draw an item of a class that belongs to each service; every service has one."""
    members = np.flatnonzero(items.kind == kind)
    members = members[np.argsort(items.service[members], kind="stable")]
    owners = items.service[members]
    first, after = np.searchsorted(owners, service), np.searchsorted(owners, service, side="right")
    turn = generator.integers(0, 1 << 30, len(service)) % (after - first)
    return np.asarray(members[first + turn], dtype=np.int64)


def _filled(
    items: Items, edges: Integers, usable: Flags, wanted: int, generator: np.random.Generator
) -> Integers:
    """Add dependencies across services until there are as many as wanted."""
    kept = _distinct(edges)
    for _ in range(4):
        missing = wanted - len(kept)
        if missing <= 0:
            break
        number = generator.integers(1, len(LAYERS), missing)
        above, below = np.zeros(missing, dtype=np.int64), np.zeros(missing, dtype=np.int64)
        for position, (parent, child, _, _) in enumerate(LAYERS):
            which = np.flatnonzero(number == position)
            above[which] = generator.choice(np.flatnonzero((items.kind == parent) & usable), len(which))
            below[which] = generator.choice(np.flatnonzero(items.kind == child), len(which))
        kept = _distinct(np.concatenate([kept, np.stack([above, below, number], axis=1)]))
    return kept


def _distinct(edges: Integers) -> Integers:
    """Keep the first of each pair, in the order given."""
    _, first = np.unique(edges[:, 0] << 32 | edges[:, 1], return_index=True)
    return np.asarray(edges[np.sort(first)], dtype=np.int64)


def _table(world: World, items: Items, edges: Integers) -> Table:
    generator = world.stream("relationship origin")
    above, below, number = edges.T
    born = np.maximum(items.created[above], items.created[below])
    created = np.minimum(born + generator.integers(0, 30 * DAY, len(born)), world.period.end - 1)
    found = generator.random(len(born)) < world.assumptions.items.discovered
    return record_table(
        "ci_relationship",
        {
            "id": numbered("REL", len(edges)),
            "parent_id": items.ids[above],
            "child_id": items.ids[below],
            "type": TYPES[number],
            "discovery_source": words(np.where(found, "dependency mapping", "manual entry")),
            "created_at": world.times(created),
            "created_by": words(
                np.where(found, "svc_discovery", world.members(items.group[above], generator))
            ),
            "updated_at": world.times(created),
        },
    )

"""Ordinary incidents: those that may be moved to another item without touching what was planted before."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.numbers import Flags, Integers
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Draft
from sandbox.organisation.world import World

OBJECTS = ("ci_id", "service_id")


def movable(world: World, draft: Draft) -> Flags:
    """Say which incidents may change item and service, and stand on an item that is in operation."""
    working = draft.is_true("configuration_items", "operational")
    return _ordinary(world, draft) & _on(draft, working)


def outdated(world: World, draft: Draft) -> Flags:
    """Say which incidents may change item and service, and stand on an item that is out of operation.

    Where they move, fewer tickets name something that is gone (cfg-used-in-operations counts what is left).
    """
    working = draft.is_true("configuration_items", "operational")
    return _ordinary(world, draft) & _on(draft, ~working)


def _ordinary(world: World, draft: Draft) -> Flags:
    """Say on which incidents nothing hangs that other practices were planted with.

    They count, a person solves them, their service is one that exists, so that moving them identifies no more
    services than before, and item and service have no history of corrections.
    """
    cases = world.cases
    corrected = np.isin(draft.words("transitions", "field"), OBJECTS)
    corrected &= draft.equal("transitions", "record_kind", "incident")
    owners = draft.words("transitions", "record_id")[corrected]
    ordinary = cases.clean & ~cases.healed & (cases.priority > 2) & ~among(cases.ids, owners)
    existing = draft.words("configuration_items", "id")
    return np.asarray(ordinary & among(draft.words("incidents", "service_id"), existing), dtype=np.bool_)


def _on(draft: Draft, which: Flags) -> Flags:
    """Say which incidents stand on one of these items."""
    items = draft.words("configuration_items", "id")[which]
    return np.asarray(among(draft.words("incidents", "ci_id"), items), dtype=np.bool_)


def spare_items(world: World, draft: Draft) -> Integers:
    """Return positions of items that no incident and no problem is about, in operation all the time.

    Those with the fewest changes come first, so that incidents on them say little about changes.
    """
    items = draft.words("configuration_items", "id")
    used = np.concatenate([draft.words(table, "ci_id") for table in ("incidents", "problems")])
    free = draft.is_true("configuration_items", "operational")
    free &= ~draft.is_true("configuration_items", "service")
    free &= draft.seconds("configuration_items", "created_at") < world.period.earliest
    free &= ~draft.known("configuration_items", "duplicate_of_id")
    free &= ~among(items, used[used != None])  # noqa: E711 - by element
    changed = np.bincount(
        np.maximum(draft.position("configuration_items", draft.words("changes", "ci_id")), 0),
        minlength=len(items),
    )
    able = world.stream("plant spare items").permutation(np.flatnonzero(free))
    return np.asarray(able[np.argsort(changed[able], kind="stable")], dtype=np.int64)

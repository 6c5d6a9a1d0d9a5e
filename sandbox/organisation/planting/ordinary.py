"""Ordinary incidents: those that may be moved to another item without touching what was planted before."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.numbers import Flags, Integers
from sandbox.organisation.planting.draft import Draft
from sandbox.organisation.world import World

OBJECTS = ("ci_id", "service_id")


def movable(world: World, draft: Draft) -> Flags:
    """Say which incidents may change item and service.

    They count, a person solves them, nothing hangs on them that incident management was planted with, and
    item and service stand in the record, in operation and without a history of corrections.
    """
    cases = world.cases
    corrected = np.isin(draft.words("transitions", "field"), OBJECTS)
    corrected &= draft.equal("transitions", "record_kind", "incident")
    owners = draft.words("transitions", "record_id")[corrected]
    working = draft.words("configuration_items", "id")[draft.is_true("configuration_items", "operational")]
    ordinary = cases.clean & ~cases.healed & (cases.priority > 2)
    ordinary &= draft.known("incidents", "service_id") & ~np.isin(cases.ids, owners)
    return np.asarray(ordinary & np.isin(draft.words("incidents", "ci_id"), working), dtype=np.bool_)


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
    free &= ~np.isin(items, used[used != None])  # noqa: E711 - by element
    changed = np.bincount(
        np.maximum(draft.position("configuration_items", draft.words("changes", "ci_id")), 0),
        minlength=len(items),
    )
    able = world.stream("plant spare items").permutation(np.flatnonzero(free))
    return np.asarray(able[np.argsort(changed[able], kind="stable")], dtype=np.int64)

"""When items were found, checked and touched: fresh or stale, checked against reality, discovered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers
from sandbox.organisation.planting.configuration_items import HARDWARE, ITEMS
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.world import NEVER, World

SOURCES = ("network scan", "agent", "cloud interface")
ENTERED = "manual entry"
DISCOVERED, FRESH, CHECKED_LATELY, CHECKED_ONCE, LONG_AGO = range(5)
AGES = {
    DISCOVERED: (1, 25),
    FRESH: (33, 55),
    CHECKED_LATELY: (64, 86),
    CHECKED_ONCE: (64, 350),
    LONG_AGO: (380, 620),
}
"""Days: found within 30, confirmed within 60, checked within 90 where critical, within 365 otherwise."""
SAFE = 66 * DAY
"""Nobody touched a stale item since."""


@dataclass(frozen=True)
class Dated:
    """Which items are fresh, and what share of those in operation is fresh and checked in expectation."""

    fresh: Flags
    fresh_share: float
    checked_share: float


def date_items(world: World, draft: Draft, asked: Asked) -> Dated:
    """Date every item in operation.

    What was discovered lately is fresh and checked; of the rest so many are fresh, and independently of that
    checked, that all together come to the shares asked for.
    """
    generator, count = world.stream("plant item dates"), draft.size(ITEMS)
    working = draft.is_true(ITEMS, "operational")
    machine = working & np.isin(draft.words(ITEMS, "class"), HARDWARE)
    found = machine & (generator.random(count) < asked.share("cfg-discovery-share"))
    part = asked.share("cfg-discovery-share") * machine.sum() / working.sum()
    fresh_share, fresh_rest = _beyond(asked.share("cfg-freshness"), part)
    checked_share, checked_rest = _beyond(asked.share("cfg-verified-share"), part)
    fresh = found | (generator.random(count) < fresh_rest)
    checked = found | (generator.random(count) < checked_rest)
    _write(world, draft, working, machine, _classes(draft, found, fresh, checked), fresh)
    return Dated(fresh, fresh_share, checked_share)


def _beyond(wanted: float, part: float) -> tuple[float, float]:
    """Return the share that comes out and the chance of the others, where a part has it anyway."""
    share = max(wanted, part)
    return share, (share - part) / (1 - part)


def _classes(draft: Draft, found: Flags, fresh: Flags, checked: Flags) -> Integers:
    """Say for each item how long ago it was checked."""
    critical = draft.equal(ITEMS, "criticality", "critical")
    late = np.where(critical, CHECKED_LATELY, CHECKED_ONCE)
    seldom = np.where(checked, np.where(fresh, FRESH, late), LONG_AGO)
    return np.where(found, DISCOVERED, seldom)


def _write(
    world: World, draft: Draft, working: Flags, machine: Flags, classes: Integers, fresh: Flags
) -> None:
    generator, count = world.stream("plant item checks"), draft.size(ITEMS)
    low, high = (np.array([AGES[number][end] for number in range(5)])[classes] for end in (0, 1))
    at = world.period.end - (low * DAY + (generator.random(count) * (high - low) * DAY).astype(np.int64))
    by_machine = (classes == DISCOVERED) | (machine & (generator.random(count) < 0.5))
    created = draft.seconds(ITEMS, "created_at")
    before = np.minimum(created, world.period.end - SAFE)
    before = np.where(classes == LONG_AGO, before, np.minimum(before, at - DAY))
    known = (classes != LONG_AGO) | (at > before)
    found = np.where(by_machine & known, at, NEVER)
    verified = np.where(~by_machine & known, at, NEVER)
    touched = _touched(world, draft, before, fresh & (classes == LONG_AGO), fresh)
    first = np.minimum(np.maximum(draft.seconds(ITEMS, "first_discovered_at") % NEVER, before), found)
    moments = {
        "created_at": (created, before),
        "first_discovered_at": (draft.seconds(ITEMS, "first_discovered_at"), first),
        "last_discovered_at": (draft.seconds(ITEMS, "last_discovered_at"), found),
        "verified_at": (draft.seconds(ITEMS, "verified_at"), verified),
        "changed_by_person_at": (draft.seconds(ITEMS, "changed_by_person_at"), touched),
    }
    draft.put_seconds(ITEMS, **{name: np.where(working, new, old) for name, (old, new) in moments.items()})
    latest = np.max([np.where(new < NEVER, new, 0) for _, new in moments.values()], axis=0)
    draft.put_seconds(ITEMS, updated_at=np.where(working, latest, draft.seconds(ITEMS, "updated_at")))
    _sign(world, draft, working, found, touched)


def _touched(world: World, draft: Draft, born: Integers, lately: Flags, fresh: Flags) -> Integers:
    """Say when a person last changed each item: lately where nothing else makes it fresh, else some time."""
    generator, count = world.stream("plant item touches"), len(born)
    ago = np.where(lately, generator.integers(2, 55, count), generator.integers(70, 700, count))
    at = world.period.end - ago * DAY - generator.integers(0, DAY, count)
    done = lately | ((at > born) & (generator.random(count) < 0.5))
    return np.where(done, at, NEVER)


def _sign(world: World, draft: Draft, working: Flags, found: Integers, touched: Integers) -> None:
    """Name what found each item and who changed it last."""
    generator, count = world.stream("plant item sources"), len(found)
    source, changer = draft.words(ITEMS, "discovery_source"), draft.words(ITEMS, "changed_by")
    automatic = working & (found < NEVER)
    source[automatic] = np.array(SOURCES, dtype=np.object_)[generator.integers(0, 3, count)][automatic]
    source[working & ~automatic] = ENTERED
    person = world.members(world.some_group(count, generator), generator)
    by_hand = working & (touched < NEVER) & ((touched > found) | ~automatic)
    changer[automatic & ~by_hand] = "svc_discovery"
    changer[by_hand] = person[by_hand]
    draft.put(ITEMS, discovery_source=source, changed_by=changer)

"""How items are kept: who owns them, whether essential facts are filled, whether they are listed twice."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Words, subset
from sandbox.organisation.planting.configuration_references import rest
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import times, words
from sandbox.organisation.world import LOCATIONS, World

ITEMS = "configuration_items"
DISSOLVED = {
    "Infrastructure Mainframe": 0,
    "Workplace Fax": 1,
    "Applications Terminal": 0,
    "Infrastructure Tape": 1,
}
"""Groups that nobody or one person alone is left of."""
KEYS = ("serial_number", "host_name", "ip_address", "cloud_id", "correlation_id")
HARDWARE = ("server", "database", "network device")
LARGE = 60
"""Items of a team of which the records tell for certain that it falls behind."""
WIDEST_GAP = 0.4


def own(world: World, draft: Draft, asked: Asked) -> None:
    """Leave items to groups that are gone, in the share that nobody active owns or supports."""
    _dissolve(world, draft)
    generator, count = world.stream("plant owners"), draft.size(ITEMS)
    working, service = draft.is_true(ITEMS, "operational"), draft.is_true(ITEMS, "service")
    kept, whole = int((working & service).sum()), int(working.sum())
    chance = rest(asked.share("cfg-ownership"), whole, kept, whole - kept)
    orphaned = working & ~service & (generator.random(count) >= chance)
    owner, support = draft.words(ITEMS, "owner_group"), draft.words(ITEMS, "support_group")
    nobody = (owner == None) & (support == None)  # noqa: E711 - by element
    support[nobody] = world.groups[world.some_group(count, generator)][nobody]
    gone = words(list(DISSOLVED))[generator.integers(0, len(DISSOLVED), count)]
    owner[orphaned] = gone[orphaned]
    support[orphaned] = words(gone, generator.random(count) < 0.5)[orphaned]
    draft.put(ITEMS, owner_group=owner, support_group=support)


def _dissolve(world: World, draft: Draft) -> None:
    count, founded = len(DISSOLVED), np.full(len(DISSOLVED), world.period.earliest - 900 * DAY)
    departments = [name.split(" ")[0] for name in DISSOLVED]
    left = words(list(DISSOLVED.values()))
    draft.append(
        "groups",
        count,
        id=words([f"GRPX{number:02d}" for number in range(1, count + 1)]),
        name=words(list(DISSOLVED)),
        type=np.full(count, "support"),
        department=words(departments),
        business_unit=np.full(count, "Operations"),
        location=words(LOCATIONS[:count]),
        active=left > 0,
        member_count=np.full(count, 1),
        active_member_count=left,
        created_at=times(founded),
        updated_at=times(founded),
    )


def complete(world: World, draft: Draft, asked: Asked) -> tuple[Flags, float]:
    """Leave essential facts of items empty, in some teams far more often; return which have all of them.

    Teams that fall behind own as much as shall not conform, as nearly as teams add up to it, which is
    returned in percent. The gap to the others is far above the ten points that are tolerated, and such
    that the share of all together is the one asked for.
    """
    generator, count = world.stream("plant essential facts"), draft.size(ITEMS)
    working, team = draft.is_true(ITEMS, "operational"), _teams(draft)
    behind, conforming = _behind(world, team[working], asked.share("cfg-owner-consistency"))
    share = asked.share("cfg-required-completeness")
    most = min((1 - share) / max(1 - conforming, 0.01), share / conforming)
    gap = min(WIDEST_GAP, 0.98 * most)
    low = np.isin(team, behind)
    chance = np.where(low, share - conforming * gap, share + (1 - conforming) * gap)
    filled = ~working | (generator.random(count) < chance)
    # what is critical decides what belongs to critical services: there the status is empty instead
    ordinary = ~draft.equal(ITEMS, "criticality", "critical") & ~draft.is_true(ITEMS, "service")
    vague = ~filled & ordinary & (generator.random(count) < 0.4)
    draft.put(
        ITEMS,
        status=words(draft.words(ITEMS, "status"), filled | vague),
        environment=words(draft.words(ITEMS, "environment"), ~vague),
        criticality=words(draft.words(ITEMS, "criticality"), ~vague),
    )
    return filled, 100 * conforming


def _teams(draft: Draft) -> Words:
    owner = draft.words(ITEMS, "owner_group")
    return np.where(owner == None, draft.words(ITEMS, "support_group"), owner)  # noqa: E711 - by element


def _behind(world: World, team: Words, conforming: float) -> tuple[Words, float]:
    """Choose the teams that fall behind; return them and the share of items of all others."""
    names, volumes = np.unique(team.astype(str), return_counts=True)
    large = volumes >= LARGE
    names, sizes = names[large], volumes[large].astype(np.float64)
    chosen = subset(sizes, (1 - conforming) * len(team), world.stream("plant slack teams"), 0.49 * len(team))
    return words(names[chosen]), 1 - float(sizes[chosen].sum()) / len(team)


def repeat(world: World, draft: Draft, asked: Asked) -> Flags:
    """List some hardware twice under the same keys, and nothing else; return which items are in a pair."""
    generator, count = world.stream("plant duplicates"), draft.size(ITEMS)
    keys = {name: draft.words(ITEMS, name) for name in KEYS}
    _tell_apart(draft, keys)
    working, kind = draft.is_true(ITEMS, "operational"), draft.words(ITEMS, "class")
    marked, pairs = np.full(count, None, dtype=np.object_), np.zeros(count, dtype=np.bool_)
    able = np.flatnonzero(working & np.isin(kind, HARDWARE))
    chance = (1 - asked.share("cfg-duplicate-free")) / 2 * working.sum() / len(able)
    names = draft.words(ITEMS, "id")
    for place in HARDWARE:
        own_class = generator.permutation(able[kind[able] == place])
        half = len(own_class) // 2
        # each item of one half may have a copy in the other, twice as likely because two are counted
        hit = np.flatnonzero(generator.random(half) < 2 * chance)
        first, copy = own_class[:half][hit], own_class[half : 2 * half][hit]
        for values in keys.values():
            values[copy] = values[first]
        pairs[first] = pairs[copy] = True
        said = generator.random(len(copy)) < 0.5
        marked[copy[said]] = names[first[said]]
    draft.put(ITEMS, duplicate_of_id=marked, **keys)
    return pairs


def _tell_apart(draft: Draft, keys: dict[str, Words]) -> None:
    """Give items that repeat an earlier one keys of their own."""
    copies = np.zeros(draft.size(ITEMS), dtype=np.bool_)
    for values in keys.values():
        named = np.flatnonzero(values != None)  # noqa: E711 - by element
        _, first = np.unique(values[named].astype(str), return_index=True)
        copies[np.delete(named, first)] = True
    which = np.flatnonzero(copies)
    for name, pattern in zip(
        KEYS, ("SNX{0:06d}", "host-{0}.example.org", "172.{1}.{2}.{3}", "", "srcx-{0:06d}"), strict=True
    ):
        fresh = [pattern.format(n, 16 + (n >> 16), n >> 8 & 255, n & 255) or None for n in which.tolist()]
        keys[name][which] = words(fresh)

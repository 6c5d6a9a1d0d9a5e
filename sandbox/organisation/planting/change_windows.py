"""Places and windows of changes: planned as carried out or not, and some of them in each other's way."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from sandbox.organisation.clock import DAY, MINUTE
from sandbox.organisation.numbers import Flags, Floats, Integers, Words
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.change_gaps import HARMFUL, gaps_of
from sandbox.organisation.planting.change_plan import Work
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World

FARTHEST = DAY
"""Windows so far apart are not made to overlap."""
NEAREST = 12
"""So many of the changes before are looked at for one of another group."""
TAKING_PART = 1.8
"""Changes that are in the way of a colliding one, or collide, for each that collides: several share one."""


def place_and_schedule(world: World, draft: Draft, asked: Asked, work: Work) -> None:
    """Give every change an item, and a window that its work keeps to, or misses by hours."""
    generator, count = world.stream("plant change windows"), len(work.going)
    item, service = draft.words("changes", "ci_id"), draft.words("changes", "service_id")
    lasting = draft.words("incidents", "ci_id")[world.cases.clean & ~world.cases.healed]
    lasting = np.unique(lasting[lasting != None].astype(str)).astype(np.object_)  # noqa: E711 - by element
    working = draft.words("configuration_items", "id")[draft.is_true("configuration_items", "operational")]
    lasting = lasting[among(lasting, working)]
    unknown = work.going & ~among(item, working)
    item[unknown] = lasting[generator.integers(0, len(lasting), int(unknown.sum()))]
    empty = work.going & (service == None)  # noqa: E711 - by element
    service[empty] = world.services[world.some_service(int(empty.sum()), generator)]
    draft.put("changes", ci_id=item, service_id=service)
    kept = generator.random(count) < asked.share("chg-schedule-adherence")
    length = np.where(work.done, work.ended - work.started, 0)
    before, after = generator.random((2, count))
    early = np.where(kept, 0.5 * before * length, 20 * MINUTE + (0.5 + before) * length)
    late = np.where(kept, 0.5 * after * length, -early)
    begin = np.where(work.done, work.started - early.astype(np.int64), work.started)
    end = np.where(work.done, work.ended + late.astype(np.int64), work.ended)
    held = draft.seconds("changes", "planned_start_at"), draft.seconds("changes", "planned_end_at")
    draft.put_seconds(
        "changes",
        planned_start_at=np.where(work.done, begin, held[0]),
        planned_end_at=np.where(work.done, end, held[1]),
    )


def collide(world: World, draft: Draft, asked: Asked, work: Work) -> Flags:
    """Let a share of the changes with item and window overlap one of another group on the same item.

    Each is moved to the item of a change that began shortly before, whose window grows until it is met. That
    one, and whatever else overlaps, has its conflict accepted, so that every change that counts was drawn by
    itself. Return which changes take part: their item, window, group and type have to stay.
    """
    generator = world.stream("plant change collisions")
    begin, end = draft.seconds("changes", "planned_start_at"), draft.seconds("changes", "planned_end_at")
    item, service = draft.words("changes", "ci_id"), draft.words("changes", "service_id")
    group = draft.words("changes", "assignment_group")
    some = world.groups[world.some_group(len(group), generator)]
    group = np.where(work.going & (group == None), some, group)  # noqa: E711 - by element
    pairs = _meeting(work, begin, end, group, generator.random(len(group)), colliding_share(asked))
    colliding, pinned = np.zeros((2, len(group)), dtype=np.bool_)
    for one, other in pairs:
        colliding[one] = pinned[one] = pinned[other] = True
        item[one], service[one] = item[other], service[other]
        end[other] = max(end[other], begin[one] + 10 * MINUTE)
    draft.put("changes", ci_id=item, service_id=service, assignment_group=group)
    draft.put_seconds("changes", planned_end_at=end)
    accepted = _overlapping(draft, item, begin, end, work.going) & ~colliding
    status = draft.words("changes", "conflict_status")
    status = np.where(status == "Conflict", "No Conflict", status)
    draft.put(
        "changes",
        conflict_acknowledged=accepted,
        conflict_status=words(np.where(accepted | colliding, "Conflict", status)),
    )
    return pinned


def _meeting(
    work: Work, begin: Integers, end: Integers, group: Words, draw: Floats, share: float
) -> list[tuple[int, int]]:
    """Pair as large a share of the changes with one of another group that they are in the way of."""
    able = work.done & (begin < end)
    order = np.flatnonzero(able)
    order = order[np.argsort(begin[order], kind="stable")]
    pairs: list[tuple[int, int]] = []
    found = 1.0
    for _ in range(2):
        # not every one finds another to collide with: the second time that many more are chosen
        chosen = able & (draw < share / found)
        kept = work.done & ~chosen & (begin <= work.started) & (end >= work.ended)
        pairs = _pairs(order, chosen, kept, begin, group)
        found = len(pairs) / max(int(chosen.sum()), 1) or 1.0
    return pairs


def _pairs(
    order: Integers, chosen: Flags, kept: Flags, begin: Integers, group: Words
) -> list[tuple[int, int]]:
    """Find for each chosen change one of another group that began before it, rather one already met."""
    pairs: list[tuple[int, int]] = []
    met: set[int] = set()
    for place, one in enumerate(order.tolist()):
        if not chosen[one]:
            continue
        able = [
            other
            for other in reversed(order[max(place - NEAREST, 0) : place].tolist())
            if kept[other] and group[other] != group[one] and begin[one] < begin[other] + FARTHEST
        ]
        if able:
            other = next((each for each in able if each in met), able[0])
            met.add(other)
            pairs.append((one, other))
    return pairs


def colliding_share(asked: Asked) -> float:
    """Return which share of all changes has to collide.

    Those without item or window are left out of the indicator, so that less than the share asked for does.
    """
    wanted, colliding = asked.share("chg-collision-rate"), 0.0
    harmful = HARMFUL * (1 - asked.share("chg-success-rate"))
    for _ in range(8):
        pinned = min(0.95, 1 - (1 - TAKING_PART * colliding) * (1 - harmful))
        gaps, _ = gaps_of(asked, pinned=pinned)
        left = (1 - gaps.window / (1 - pinned)) * (1 - gaps.of_all_places / (1 - pinned))
        colliding = wanted * (pinned + (1 - pinned) * left)
    return colliding


def _overlapping(draft: Draft, item: Words, begin: Integers, end: Integers, going: Flags) -> Flags:
    """Say which windows overlap another on the same item or a directly related one, whatever the group."""
    related: dict[str, set[str]] = defaultdict(set)
    above, below = (draft.words("ci_relationships", name).tolist() for name in ("parent_id", "child_id"))
    for one, other in zip(above, below, strict=True):
        related[one].add(other)
        related[other].add(one)
    on_item: dict[str, list[int]] = defaultdict(list)
    planned = going & (begin < NEVER) & (end < NEVER)
    for position in np.flatnonzero(planned).tolist():
        on_item[item[position]].append(position)
    found = np.zeros(len(item), dtype=np.bool_)
    for position in np.flatnonzero(planned).tolist():
        for name in (item[position], *related[item[position]]):
            others = np.array([each for each in on_item.get(name, []) if each != position], dtype=np.int64)
            if len(others) and bool(
                ((begin[others] < end[position]) & (begin[position] < end[others])).any()
            ):
                found[position] = True
                break
    return found

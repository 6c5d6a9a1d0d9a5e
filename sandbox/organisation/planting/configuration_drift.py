"""What history tells of items: values that drifted, explained or not, and items corrected on incidents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import HOUR
from sandbox.organisation.numbers import Flags, Integers, Words, between, rank_within
from sandbox.organisation.planting.configuration_items import ITEMS
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.table import times, words
from sandbox.organisation.world import NEVER, World

VOLUME = 0.12
"""Drifts by incident."""
AROUND = 25 * HOUR
"""Work within 24 hours explains a drift; what is unexplained stays a little further away."""
ATTEMPTS = 8
MANY, FEW = 0.22, 0.06
"""Share of the incidents whose item is corrected, at the two ends of the period."""
TRANSITIONS = "transitions"


@dataclass(frozen=True)
class _Work:
    """Authorised work on items: position of the item, begin and end."""

    item: Integers
    began: Integers
    ended: Integers


def drift(world: World, draft: Draft, asked: Asked) -> None:
    """Let models of controlled items in production change: with the work on them, or far from any.

    Each drift is explained with the chance asked for; those of changes stand where changes are, which are as
    evenly spread over the period as the others.
    """
    generator, wanted = world.stream("plant drift"), world.volume(VOLUME)
    work, controlled = _work(draft), _controlled(draft)
    explained = generator.random(wanted) < asked.share("cfg-drift-explained")
    usable = np.flatnonzero(controlled[work.item] & (work.began < world.period.end - HOUR))
    count = int(explained.sum()) if len(usable) else 0
    of_work = usable[generator.integers(0, max(len(usable), 1), count)]
    until = np.minimum(work.ended[of_work], world.period.end - 60)
    at = between(work.began[of_work], until, generator.random(count))
    alone, moments = _unexplained(world, draft, work, controlled, wanted - count)
    _drifted(draft, np.concatenate([work.item[of_work], alone]), np.concatenate([at, moments]))


def _controlled(draft: Draft) -> Flags:
    return draft.is_true(ITEMS, "controlled") & draft.equal(ITEMS, "environment", "production")


def _work(draft: Draft) -> _Work:
    """Return changes that were approved, or need no approval, and deployments."""
    free = ~draft.known("changes", "disposition") & ~draft.is_true("changes", "unauthorised")
    free &= (
        draft.known("changes", "approved_at")
        | draft.equal("changes", "type", "standard")
        | draft.is_true("changes", "gate_passed")
    )
    began, ended = (draft.seconds("changes", f"actual_{name}_at") for name in ("start", "end"))
    planned, until = (draft.seconds("changes", f"planned_{name}_at") for name in ("start", "end"))
    began = np.where(began < NEVER, began, planned)
    ended = np.where(ended < NEVER, ended, np.where(until < NEVER, until, began))
    deployed = draft.equal("releases", "type", "deployment")
    item = np.concatenate([draft.words("changes", "ci_id")[free], draft.words("releases", "ci_id")[deployed]])
    runs = [draft.seconds("releases", name)[deployed] for name in ("started_at", "released_at")]
    place, begin, end = (
        draft.position(ITEMS, item),
        np.append(began[free], runs[0]),
        np.append(ended[free], runs[1]),
    )
    known = (place >= 0) & (begin < NEVER) & (end < NEVER)
    return _Work(place[known], begin[known], end[known])


def _unexplained(
    world: World, draft: Draft, work: _Work, controlled: Flags, wanted: int
) -> tuple[Integers, Integers]:
    """Draw items and moments without work around them."""
    generator, busy = world.stream("plant unexplained drift"), defaultdict(list)
    for item, began, ended in zip(work.item.tolist(), work.began.tolist(), work.ended.tolist(), strict=True):
        busy[item].append((began - AROUND, ended + AROUND))
    able = np.flatnonzero(controlled)
    item = able[generator.integers(0, len(able), wanted)]
    span = generator.integers(world.period.start, world.period.end - 60, (ATTEMPTS, wanted))
    found = np.full(wanted, NEVER, dtype=np.int64)
    for number, place in enumerate(item.tolist()):
        for at in span[:, number].tolist():
            if not any(began <= at <= ended for began, ended in busy[place]):
                found[number] = at
                break
    return item[found < NEVER], found[found < NEVER]


def _drifted(draft: Draft, item: Integers, at: Integers) -> None:
    """Write the drifts as changes of the model, the last of which is the one that the item has now."""
    order = np.lexsort((at, item))
    item, at = item[order], at[order]
    number = rank_within(item)
    model, ids = draft.words(ITEMS, "model"), draft.words(ITEMS, "id")
    base = words(np.where(model == None, "Model", model))[item]  # noqa: E711 - by element
    new = base + words([f", revision {n + 2}" for n in number.tolist()])
    old = base + words([f", revision {n + 1}" for n in number.tolist()])
    model[item] = new
    draft.put(ITEMS, model=model)
    draft.append(
        TRANSITIONS,
        len(item),
        id=ids[item] + words([f"-{n:02d}" for n in number.tolist()]),
        record_kind=np.full(len(item), "configuration_item"),
        record_id=ids[item],
        field=np.full(len(item), "model"),
        old_value=old,
        new_value=new,
        at=times(at),
        sequence=number,
        actor=np.full(len(item), "svc_discovery"),
        updated_at=times(at),
    )


def correct(world: World, draft: Draft, asked: Asked) -> None:
    """Tell that the item of some incidents was another one first: ever fewer of them, or ever more."""
    generator, cases = world.stream("plant corrections"), world.cases
    opened, resolved = draft.seconds("incidents", "opened_at"), draft.seconds("incidents", "resolved_at")
    way = np.clip((resolved - world.period.start) / (world.period.end - world.period.start), 0.0, 1.0)
    first, last = (MANY, FEW) if asked.improves("cfg-ci-correction-trend") else (FEW, MANY)
    ordinary = cases.clean & ~cases.healed & (cases.priority > 2) & draft.known("incidents", "ci_id")
    ordinary &= (resolved < world.period.end) & (resolved - opened > 600)
    which = np.flatnonzero(ordinary & (generator.random(len(way)) < first + (last - first) * way))
    at = between(opened[which], resolved[which], 0.2 + 0.6 * generator.random(len(which)))
    ids = draft.words(ITEMS, "id")[draft.is_true(ITEMS, "operational")]
    now = draft.words("incidents", "ci_id")[which]
    before = ids[generator.integers(0, len(ids), len(which))]
    before = np.where(before == now, ids[0], before)
    wrong = np.flatnonzero(before != now)
    _corrected(draft, cases.ids[which[wrong]], at[wrong], before[wrong], now[wrong])


def _corrected(draft: Draft, owner: Words, at: Integers, before: Words, now: Words) -> None:
    """Add the corrections where they belong in time in the history of each incident."""
    draft.append(
        TRANSITIONS,
        len(owner),
        id=owner + "-CI",
        record_kind=np.full(len(owner), "incident"),
        record_id=owner,
        field=np.full(len(owner), "ci_id"),
        old_value=before,
        new_value=now,
        at=times(at),
        sequence=np.full(len(owner), 1 << 20),
        actor=np.full(len(owner), "svc_portal"),
        updated_at=times(at),
    )
    record, sequence = (
        draft.words(TRANSITIONS, "record_id"),
        draft.words(TRANSITIONS, "sequence").astype(np.int64),
    )
    _, first, number = np.unique(record.astype(str), return_index=True, return_inverse=True)
    order = np.lexsort((sequence, draft.seconds(TRANSITIONS, "at"), first[number]))
    draft.keep(TRANSITIONS, order)
    draft.put(TRANSITIONS, sequence=rank_within(first[number][order]))

"""Which problems there are: of urgent incidents, recurring, found before they hurt, and old ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers, Words
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.configuration_references import retire
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.ordinary import movable, outdated, spare_items
from sandbox.organisation.structure import CATEGORIES
from sandbox.organisation.table import words
from sandbox.organisation.world import World, numbered

RECURRING = 0.011
"""Problems of recurring ordinary incidents, per incident of the period."""
QUIET = 31 * DAY
"""So long no urgent incident hit the service of a problem that was found before it hurt."""
LEGACY = (250 * DAY, 900 * DAY)
"""How long before the period problems were opened that nobody has solved since."""


@dataclass(frozen=True)
class Book:
    """One element by problem."""

    counts: Flags
    opened: Integers
    proactive: Flags
    recurring: Flags
    legacy: Flags


def open_book(world: World, draft: Draft, asked: Asked) -> Book:
    """Add recurring and proactive problems, and twenty or more that are older than the period."""
    reactive = draft.known("problems", "first_incident_id") | draft.known("problems", "duplicate_of_id")
    reactive |= among(draft.words("problems", "id"), _linked(draft))
    recurring = _add(world, draft, "recurring", _moments(world, world.volume(RECURRING), "recurring"))
    free, counts = _padded(draft, ~reactive), ~draft.known("problems", "disposition")
    free &= ~recurring & counts
    share = asked.share("prb-proactive-share")
    recent = draft.seconds("problems", "opened_at") >= world.period.start
    hurtful = int((counts & ~free & recent).sum())
    # of all problems of the period `share` is proactive: what is there, and as many more as are missing
    total = max(hurtful + int(free.sum()), round(hurtful / (1 - share)))
    missing = total - hurtful - int(free.sum())
    added = _add(world, draft, "proactive", _moments(world, missing, "proactive"))
    free = _padded(draft, free) | added
    chosen = world.stream("plant problem proactive").permutation(np.flatnonzero(free))
    proactive = np.zeros(len(free), dtype=np.bool_)
    proactive[chosen[: round(share * total)]] = True
    _found_before_they_hurt(world, draft, proactive)
    draft.put("problems", origin=words(np.where(proactive, _origins(world, len(proactive)), "incident")))
    recurring = _padded(draft, recurring)
    _give_items(world, draft, recurring)
    return Book(
        _counting(draft),
        draft.seconds("problems", "opened_at"),
        proactive,
        recurring,
        np.zeros(len(proactive), dtype=np.bool_),
    )


def add_legacy(world: World, draft: Draft, book: Book, count: int) -> Book:
    """Add problems from before the period that are still open."""
    low, high = LEGACY
    moments = world.period.start - world.stream("plant problem legacy").integers(low, high, count)
    legacy = _add(world, draft, "legacy", np.asarray(np.sort(moments), dtype=np.int64))
    return Book(
        _counting(draft),
        np.concatenate([book.opened, draft.seconds("problems", "opened_at")[len(book.opened) :]]),
        _padded(draft, book.proactive),
        _padded(draft, book.recurring),
        legacy,
    )


def _linked(draft: Draft) -> Words:
    found = draft.words("incidents", "problem_id")
    return np.asarray(found[found != None], dtype=np.object_)  # noqa: E711 - by element


def _counting(draft: Draft) -> Flags:
    return ~draft.known("problems", "disposition")


def _padded(draft: Draft, flags: Flags) -> Flags:
    return np.concatenate([flags, np.zeros(draft.size("problems") - len(flags), dtype=np.bool_)])


def _moments(world: World, count: int, purpose: str) -> Integers:
    return world.moments(count, world.stream(f"plant problem moments {purpose}"))


def _origins(world: World, count: int) -> Words:
    kinds = words(["trend", "event", "review", "vendor"])
    return kinds[world.stream("plant problem origins").integers(0, 4, count)]


def _add(world: World, draft: Draft, purpose: str, opened: Integers) -> Flags:
    """Add problems on services drawn like those of incidents; say which of all are new."""
    before, count, generator = draft.size("problems"), len(opened), world.stream(f"plant problem {purpose}")
    letter = purpose[0].upper()
    group = world.some_group(count, generator)
    person = world.members(group, generator)
    draft.append(
        "problems",
        count,
        id=words([f"PRB{letter}{number:06d}" for number in range(1, count + 1)]),
        opened_at=opened.astype("datetime64[s]"),
        updated_at=opened.astype("datetime64[s]"),
        origin=words(np.full(count, "incident")),
        priority=words(np.full(count, 3)),
        impact=words(np.full(count, 3)),
        urgency=words(np.full(count, 3)),
        major=words(np.zeros(count, dtype=np.bool_)),
        category=words(list(CATEGORIES))[generator.integers(0, len(CATEGORIES), count)],
        service_id=world.services[world.some_service(count, generator)],
        assignment_group=world.groups[group],
        assignee=person,
        created_by=person,
        incident_count=words(np.zeros(count, dtype=np.int64)),
        reassignment_count=words(np.zeros(count, dtype=np.int64)),
        reopen_count=words(np.zeros(count, dtype=np.int64)),
    )
    return np.arange(draft.size("problems")) >= before


def _found_before_they_hurt(world: World, draft: Draft, which: Flags) -> None:
    """Put proactive problems on services that no urgent incident hit in the month before."""
    generator = world.stream("plant problem quiet services")
    urgent = (world.cases.priority <= 2) & world.cases.service_known
    moments = np.sort(world.cases.opened[urgent])
    hit = draft.words("incidents", "service_id")[urgent][
        np.argsort(world.cases.opened[urgent], kind="stable")
    ]
    service, item = draft.words("problems", "service_id"), draft.words("problems", "ci_id")
    opened = draft.seconds("problems", "opened_at")
    for position in np.flatnonzero(which).tolist():
        low, high = np.searchsorted(moments, [opened[position] - QUIET, opened[position]])
        quiet = sorted(set(world.services.tolist()) - set(hit[low:high].tolist()))
        service[position] = quiet[int(generator.integers(0, len(quiet)))]
        item[position] = None
    draft.put("problems", service_id=service, ci_id=item)


def _give_items(world: World, draft: Draft, recurring: Flags) -> None:
    """Give every recurring problem an item of its own, which its incidents will be about.

    As many of these items are out of operation as incidents are on such, so that there are enough of both.
    """
    valid, gone = movable(world, draft).sum(), outdated(world, draft).sum()
    generator = world.stream("plant problem retired items")
    old = recurring & (generator.random(len(recurring)) * (valid + gone) < gone)
    item, ids = draft.words("problems", "ci_id"), numbered("OLDP", int(old.sum()))
    item[old] = ids
    retire(world, draft, ids, ids, "application")
    which = np.flatnonzero(recurring & ~old)
    spare = spare_items(world, draft)[: len(which)]
    item[which[: len(spare)]] = draft.words("configuration_items", "id")[spare]
    draft.put("problems", ci_id=item)

"""What problems have to do with incidents: urgent ones covered, others recurring, repeating, linked."""

from __future__ import annotations

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Floats, Integers, Words
from sandbox.organisation.planting.among import among
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.ordinary import movable, outdated, spare_items
from sandbox.organisation.planting.problem_lives import Lives
from sandbox.organisation.structure import CATEGORIES
from sandbox.organisation.table import words
from sandbox.organisation.world import World

SOON = 13 * DAY
AROUND = 90 * DAY
OFTEN = 5
CONCENTRATED = 0.9
"""Share of the ordinary incidents on one item of their service, where repeating is worst."""


def cover_urgent(world: World, draft: Draft, asked: Asked) -> None:
    """Tie a share of the P1 and major incidents to a problem opened in time, and the others to none."""
    generator, cases = world.stream("plant problem coverage"), world.cases
    urgent = (cases.priority == 1) | draft.is_true("incidents", "major")
    covered = urgent & (generator.random(len(urgent)) < asked.share("prb-major-incident-coverage"))
    wait = (SOON * generator.random(len(urgent))).astype(np.int64)
    tied = draft.words("incidents", "problem_id")
    tied[urgent & ~covered] = None
    new = np.flatnonzero(covered & (tied == None))  # noqa: E711 - by element
    tied[new] = words([f"PRBM{number:06d}" for number in range(1, len(new) + 1)])
    draft.put("incidents", problem_id=tied)
    first = draft.words("problems", "first_incident_id")
    first[np.isin(first, cases.ids[urgent & ~covered])] = None
    draft.put("problems", first_incident_id=first)
    _add_problems(world, draft, new)
    _open_in_time(world, draft, np.flatnonzero(covered), wait)


def _add_problems(world: World, draft: Draft, incidents: Integers) -> None:
    cases, count, generator = world.cases, len(incidents), world.stream("plant problem urgent")
    opened = cases.opened[incidents].astype("datetime64[s]")
    person = world.members(cases.group[incidents], generator)
    urgency = words(np.minimum(cases.priority[incidents], 3))
    draft.append(
        "problems",
        count,
        id=words([f"PRBM{number:06d}" for number in range(1, count + 1)]),
        opened_at=opened,
        updated_at=opened,
        origin=words(np.full(count, "incident")),
        priority=words(cases.priority[incidents]),
        impact=urgency,
        urgency=urgency,
        major=draft.words("incidents", "major")[incidents],
        category=words(list(CATEGORIES))[cases.category[incidents]],
        service_id=draft.words("incidents", "service_id")[incidents],
        ci_id=draft.words("incidents", "ci_id")[incidents],
        assignment_group=world.groups[cases.group[incidents]],
        assignee=person,
        created_by=person,
        first_incident_id=cases.ids[incidents],
        incident_count=words(np.ones(count, dtype=np.int64)),
        reassignment_count=words(np.zeros(count, dtype=np.int64)),
        reopen_count=words(np.zeros(count, dtype=np.int64)),
    )


def _open_in_time(world: World, draft: Draft, incidents: Integers, wait: Integers) -> None:
    """Open the problems of these incidents within two weeks of the resolution, and let them count."""
    cases = world.cases
    which = draft.position("problems", draft.words("incidents", "problem_id")[incidents])
    latest = np.maximum(cases.resolved[incidents] + wait[incidents], cases.opened[incidents])
    latest = np.minimum(latest, (cases.opened[incidents] + world.period.end) // 2)
    opened, disposition = draft.seconds("problems", "opened_at"), draft.words("problems", "disposition")
    asked_new = np.char.startswith(draft.words("problems", "id").astype(str), "PRBM")
    opened[which[asked_new[which]]] = latest[asked_new[which]]
    np.minimum.at(opened, which, latest)
    disposition[which] = None
    draft.put_seconds("problems", opened_at=opened)
    draft.put("problems", disposition=disposition)


def repeat(world: World, draft: Draft, asked: Asked) -> None:
    """Gather ordinary incidents on one item of their service: ever less, or ever more, over the period."""
    generator, cases, period = world.stream("plant problem repeats"), world.cases, world.period
    way = np.clip((cases.opened - period.start) / (period.end - period.start), 0.0, 1.0)
    improving = asked.improves("prb-repeat-incident-trend")
    share = CONCENTRATED * (1 - way if improving else way)
    gathered = movable(world, draft) & (generator.random(len(share)) < share)
    spare = spare_items(world, draft)[: len(world.services)]
    names = draft.words("configuration_items", "id")[spare]
    places = {name: number for number, name in enumerate(world.services.tolist())}
    services = draft.words("incidents", "service_id").tolist()
    place = np.array([places.get(name, 0) for name in services], dtype=np.int64)
    item = draft.words("incidents", "ci_id")
    item[gathered] = names[place[gathered] % len(names)]
    draft.put("incidents", ci_id=item)


def recur(world: World, draft: Draft, asked: Asked, lives: Lives) -> None:
    """Move incidents to the items of recurring problems: some before the fix, as many or none after it."""
    generator = world.stream("plant problem fixes")
    effective = generator.random(len(lives.book.counts)) < asked.share("prb-fix-effectiveness")
    gone, opened = outdated(world, draft), world.cases.opened
    free, working = gone | movable(world, draft), draft.is_true("configuration_items", "operational")
    item, service = draft.words("incidents", "ci_id"), draft.words("incidents", "service_id")
    own, of_service = draft.words("problems", "ci_id"), draft.words("problems", "service_id")
    category = draft.words("problems", "category")
    retired = ~among(own, draft.words("configuration_items", "id")[working])
    by_category = {
        (name, old): np.flatnonzero(free & (gone == old) & (world.cases.category == number))
        for number, name in enumerate(CATEGORIES)
        for old in (False, True)
    }
    count = np.zeros(draft.size("problems"), dtype=np.int64)
    for position in np.flatnonzero(
        lives.book.recurring & lives.book.counts & (lives.resolved < world.period.end + AROUND)
    ):
        able = by_category[str(category[position]), bool(retired[position])]
        fixed = int(lives.resolved[position])
        before = 1 + OFTEN + int(generator.poisson(1.0))
        for low, high, wanted in (
            (fixed - AROUND, fixed, before),
            (fixed, fixed + AROUND, 0 if effective[position] else before),
        ):
            inside = able[np.searchsorted(opened[able], low + 60) : np.searchsorted(opened[able], high - 60)]
            inside = inside[free[inside]]
            # of a stretch that the period cuts off, only as many as fall into the rest of it
            past = np.clip((world.period.end - low) / AROUND, 0.0, 1.0)
            chosen = generator.permutation(inside)[: int(generator.binomial(wanted, past))]
            item[chosen] = own[position]
            if not retired[position]:
                service[chosen] = of_service[position]
            free[chosen] = False
            count[position] += len(chosen)
    draft.put("incidents", ci_id=item, service_id=service)
    held = draft.words("problems", "incident_count")
    draft.put("problems", incident_count=words(np.where(count > 0, count, held)))


def link_recurring(world: World, draft: Draft, asked: Asked, lives: Lives) -> None:
    """Link a share of the incidents that recur to an unsolved problem, urgent ones as they are.

    A recurring problem's own incidents are linked to it; all others to problems that stay open, since links
    decide in which cluster the effect of a fix is looked for.
    """
    generator, cases = world.stream("plant problem links"), world.cases
    cell = _cells(world, draft)
    often = _often(world, cell)
    tied = draft.words("incidents", "problem_id")
    urgent = cases.priority <= 2
    active = _active(world, draft, tied, lives)
    free = often & ~urgent
    bucket = (world.period.end - cases.opened) // AROUND
    all_, tied_already, others = (
        np.bincount(bucket[flags]) for flags in (often, often & urgent & active, free)
    )
    size = int(bucket.max()) + 1
    wanted = asked.share("prb-repeat-incident-coverage") * _sized(all_, size) - _sized(tied_already, size)
    share = np.clip(wanted / np.maximum(_sized(others, size), 1.0), 0.0, 1.0)
    chosen = cases.clean & ~urgent & (cell >= 0) & (generator.random(len(cell)) < share[bucket])
    tied[~urgent] = None
    stays = np.flatnonzero(lives.open_at(world.period.end) & ~lives.book.recurring)
    stays = stays[np.argsort(lives.book.opened[stays], kind="stable")]
    known = np.searchsorted(lives.book.opened[stays], cases.opened)
    pick = (generator.random(len(known)) * np.maximum(known, 1)).astype(np.int64)
    ids = draft.words("problems", "id")
    tied[chosen] = ids[stays[pick[chosen]]]
    own = {
        name: n for n, name in enumerate(draft.words("problems", "ci_id").tolist()) if lives.book.recurring[n]
    }
    items = draft.words("incidents", "ci_id")
    for position in np.flatnonzero(chosen).tolist():
        problem = own.get(items[position], -1)
        if problem >= 0 and lives.resolved[problem] >= cases.opened[position]:
            tied[position] = ids[problem]
    draft.put("incidents", problem_id=tied)


def _cells(world: World, draft: Draft) -> Integers:
    """Number the clusters of incidents: item, or service, and category; -1 where there is no place."""
    item, service = draft.words("incidents", "ci_id"), draft.words("incidents", "service_id")
    place = np.where(item == None, service, item)  # noqa: E711 - by element
    known = place != None  # noqa: E711 - by element
    _, number = np.unique(np.where(known, place, "").astype(str), return_inverse=True)
    return np.where(known, number * len(CATEGORIES) + world.cases.category, -1)


def _often(world: World, cell: Integers) -> Flags:
    """Say which incidents that count share their cluster with four others of their 90 days."""
    bucket = (world.period.end - world.cases.opened) // AROUND
    able = world.cases.clean & (cell >= 0)
    _, number, sizes = np.unique(
        np.where(able, cell * 1000 + bucket, -1), return_inverse=True, return_counts=True
    )
    return np.asarray(able & (sizes[number] >= OFTEN), dtype=np.bool_)


def _sized(counts: Integers, size: int) -> Floats:
    return np.pad(counts, (0, size - len(counts))).astype(np.float64)


def _active(world: World, draft: Draft, tied: Words, lives: Lives) -> Flags:
    """Say which incidents are tied to a problem that was unsolved when they were opened."""
    which = draft.position("problems", tied)
    unsolved = lives.book.counts[which] & (lives.resolved[which] >= world.cases.opened)
    return np.asarray((which >= 0) & unsolved, dtype=np.bool_)

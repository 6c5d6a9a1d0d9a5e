"""Articles: on what, by whom, who looks after them, when they were last revised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY
from sandbox.organisation.numbers import Flags, Integers, between, subset
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.knowledge_tickets import Tickets
from sandbox.organisation.planting.knowledge_topics import Topics, new_issues
from sandbox.organisation.table import words
from sandbox.organisation.world import NEVER, World

HALF_YEAR, YEAR = 180 * DAY, 365 * DAY
BEFORE = (200 * DAY, 900 * DAY)
"""How long before the period the articles were published that are there all the time."""
DRAFTS = 0.06


@dataclass(frozen=True)
class Library:
    """Articles that are put to use, and the groups that wrote them."""

    shelves: dict[tuple[int, bool], Integers]
    """Positions by group of the author, and whether they were revised within a year."""
    authors: Integers
    contributing: float
    """Share of the tickets of the last half year that these groups resolved."""


def write_articles(world: World, draft: Draft, asked: Asked, tickets: Tickets, topics: Topics) -> Library:
    """Write the articles of all topics anew; the first ones are the topics' own, and valid."""
    generator, cells = world.stream("plant knowledge articles"), topics.cells()
    authors, contributing = _authors(world, asked, tickets)
    needed = max(len(cells), 2 * len(authors)) - draft.size("knowledge")
    _append(draft, world, max(needed, 0) + 2 * len(authors), "T")
    count = draft.size("knowledge")
    place = np.concatenate([np.arange(len(cells)), generator.integers(0, len(cells), count - len(cells))])
    order = np.arange(count)
    group = authors[order % len(authors)]
    revised = (order // len(authors)) % 2 == 0
    sketch = (order >= len(cells)) & (generator.random(count) < DRAFTS)
    published = world.period.start - generator.integers(*BEFORE, count)
    _write_dates(world, draft, published, revised, sketch, generator)
    draft.put(
        "knowledge",
        service_id=words([cells[n][0] for n in place.tolist()]),
        category=words([cells[n][1] for n in place.tolist()]),
        author_group=world.groups[group],
        author=world.members(group, generator),
        problem_id=np.full(count, None, dtype=np.object_),
        origin_kind=np.full(count, None, dtype=np.object_),
        origin_id=np.full(count, None, dtype=np.object_),
    )
    shelves = {
        (int(author), new): np.flatnonzero((group == author) & (revised == new) & ~sketch)
        for author in authors.tolist()
        for new in (True, False)
    }
    return Library(shelves, authors, contributing)


def _authors(world: World, asked: Asked, tickets: Tickets) -> tuple[Integers, float]:
    """Choose groups whose articles are used, with the part of the tickets that is asked for."""
    recent = tickets.ended & (tickets.resolved >= world.period.end - HALF_YEAR)
    volumes = np.array([float((tickets.group[recent] == name).sum()) for name in world.groups.tolist()])
    total = max(float(recent.sum()), 1.0)
    wanted = asked.share("knw-contribution-breadth") * total
    chosen = subset(volumes, wanted, world.stream("plant knowledge authors"))
    chosen = chosen if len(chosen) else np.array([int(np.argmin(volumes))])
    return chosen, float(volumes[chosen].sum()) / total


def _append(draft: Draft, world: World, count: int, letter: str) -> None:
    opened = np.full(count, world.period.start).astype("datetime64[s]")
    generator = world.stream(f"plant knowledge {letter}")
    bodies = draft.words("knowledge", "body")
    draft.append(
        "knowledge",
        count,
        id=words([f"KB{letter}{number:06d}" for number in range(1, count + 1)]),
        created_at=opened,
        updated_at=opened,
        knowledge_base=words(np.full(count, "IT")),
        type=words(np.full(count, "how-to")),
        version=words(np.full(count, "1.0")),
        flagged=words(np.zeros(count, dtype=np.bool_)),
        body=bodies[generator.integers(0, len(bodies), count)],
    )


def _write_dates(
    world: World,
    draft: Draft,
    published: Integers,
    revised: Flags,
    sketch: Flags,
    generator: np.random.Generator,
) -> None:
    """Let articles be revised or confirmed within a year, or not for longer than that."""
    end, count = world.period.end, len(published)
    lately = end - generator.integers(2 * DAY, YEAR - 10 * DAY, count)
    earlier = between(published, np.full(count, end - YEAR - 10 * DAY), generator.random(count))
    moment = np.where(revised, lately, earlier)
    confirmed = generator.random(count) < 0.4
    draft.put_seconds(
        "knowledge",
        created_at=published - 4 * DAY,
        published_at=np.where(sketch, NEVER, published),
        revised_at=np.where(confirmed | sketch, NEVER, moment),
        confirmed_at=np.where(confirmed & ~sketch, moment, NEVER),
        retired_at=np.full(count, NEVER),
        updated_at=np.where(sketch, published, moment),
    )
    draft.put(
        "knowledge",
        published=words(~sketch),
        state=words(np.where(sketch, "draft", "published")),
    )


def close_gaps(world: World, draft: Draft, asked: Asked, tickets: Tickets, topics: Topics) -> None:
    """Publish a used article within 30 days on a share of the new issues; it is retired when all is over."""
    generator, end = world.stream("plant knowledge gaps"), world.period.end
    issues = [each for each in new_issues(tickets, topics) if each[2] >= world.period.start]
    closed = [each for each in issues if generator.random() < asked.share("knw-gap-closure")]
    before, count = draft.size("knowledge"), len(closed)
    _append(draft, world, count, "G")
    opened = np.array([each[2] for each in closed], dtype=np.int64)
    published = opened + generator.integers(DAY, 25 * DAY, count)
    retired = np.minimum(published + generator.integers(10 * DAY, 40 * DAY, count), end - DAY // 2)
    happened = published < end - DAY
    group = world.some_group(count, generator)
    own = {
        "service_id": words([each[0] for each in closed]),
        "category": words([each[1] for each in closed]),
        "author_group": world.groups[group],
        "author": world.members(group, generator),
        "state": words(np.where(happened, "retired", "draft")),
        "published": words(np.zeros(count, dtype=np.bool_)),
    }
    _fill(draft, before, own)
    moments = {
        "created_at": np.minimum(published - DAY // 2, end - DAY),
        "published_at": np.where(happened, published, NEVER),
        "retired_at": np.where(happened, retired, NEVER),
    }
    _fill_seconds(draft, before, moments)


def describe_known_errors(world: World, draft: Draft, asked: Asked, topics: Topics) -> None:
    """Publish an article on a share of the known errors; of others it is a draft, or there is none."""
    generator = world.stream("plant knowledge known errors")
    if "problem" not in asked.quality.practices:
        _find_known_errors(world, draft, generator)
    which = np.flatnonzero(draft.is_true("problems", "known_error"))
    told = generator.random(len(which)) < asked.share("knw-known-error-published")
    written = told | (generator.random(len(which)) < 0.4)
    known, told = which[written], told[written]
    before, count = draft.size("knowledge"), len(known)
    _append(draft, world, count, "E")
    marked = np.minimum(draft.seconds("problems", "known_error_at")[known], world.period.end - 3 * DAY)
    published = marked + generator.integers(1, 2 * DAY, count)
    service, group = (draft.words("problems", name)[known] for name in ("service_id", "assignment_group"))
    place = [name if name in topics.covered else None for name in service.tolist()]
    own = {
        "type": words(np.full(count, "known error")),
        "problem_id": draft.words("problems", "id")[known],
        # on a topic that has an article anyway, so that no other one gets covered by it
        "service_id": words(place),
        "category": words([topics.covered[name][0] if name else "Software" for name in place]),
        "author_group": group,
        "author": draft.words("problems", "assignee")[known],
        "state": words(np.where(told, "published", "draft")),
        "published": words(told),
    }
    _fill(draft, before, own)
    _fill_seconds(draft, before, {"created_at": marked, "published_at": np.where(told, published, NEVER)})
    named = draft.words("problems", "knowledge_id")
    named[which] = None
    named[known] = draft.words("knowledge", "id")[before:]
    draft.put("problems", knowledge_id=named)


def _find_known_errors(world: World, draft: Draft, generator: np.random.Generator) -> None:
    """Where problems are as is assumed of them, take most of those that are open for known errors."""
    opened = draft.seconds("problems", "opened_at")
    still = ~draft.known("problems", "resolved_at") & ~draft.known("problems", "closed_at")
    still &= ~draft.known("problems", "disposition") & ~draft.is_true("problems", "known_error")
    still &= generator.random(len(still)) < 0.8
    marked = draft.seconds("problems", "known_error_at")
    within = between(
        opened, np.full(len(opened), world.period.end), 0.1 + 0.8 * generator.random(len(opened))
    )
    note = draft.words("problems", "workaround_note")
    note[still & (note == None)] = "until it is fixed: to be restarted every day"  # noqa: E711 - by element
    draft.put_seconds("problems", known_error_at=np.where(still, within, marked))
    draft.put(
        "problems", known_error=words(draft.is_true("problems", "known_error") | still), workaround_note=note
    )


def look_after(world: World, draft: Draft, asked: Asked, topics: Topics) -> None:
    """Let a share of the articles have an owner who is there, and be valid; most others lack the owner.

    Only what is not the first article of its topic may have run out, or have no category.
    """
    generator, count = world.stream("plant knowledge owners"), draft.size("knowledge")
    good = generator.random(count) < asked.share("knw-article-ownership")
    group = world.some_group(count, generator)
    person = world.members(group, generator)
    further = np.arange(count) >= len(topics.cells())
    reason = np.where(further, generator.integers(0, 4, count), 0)
    owned = good | (reason > 1)
    expired, nameless = ~good & (reason == 2), ~good & (reason == 3)
    end = world.period.end
    until = np.where(
        expired,
        end - generator.integers(3 * DAY, 200 * DAY, count),
        end + generator.integers(3 * DAY, 300 * DAY, count),
    )
    limited = expired | (generator.random(count) < 0.7)
    by_group = owned & (generator.random(count) < 0.5)
    gone = generator.random(count) < 0.6
    draft.put_seconds("knowledge", valid_until=np.where(limited, until, NEVER))
    draft.put(
        "knowledge",
        owner_group=words(world.groups[group], by_group),
        owner=words(person, owned | gone),
        owner_active=words(owned & ~(by_group & gone), owned | gone),
        category=words(draft.words("knowledge", "category"), ~nameless),
    )


def _fill(
    draft: Draft, before: int, columns: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.object_]]]
) -> None:
    for name, values in columns.items():
        held = draft.words("knowledge", name)
        held[before:] = values
        draft.put("knowledge", **{name: held})


def _fill_seconds(draft: Draft, before: int, columns: dict[str, Integers]) -> None:
    for name, values in columns.items():
        held = draft.seconds("knowledge", name)
        held[before:] = values
        draft.put_seconds("knowledge", **{name: held})

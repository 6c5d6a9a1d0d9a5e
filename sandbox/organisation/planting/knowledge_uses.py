"""Uses of articles: on tickets, in sessions on the portal, and votes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.numbers import Flags, Integers, Words, between
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.knowledge_articles import Library
from sandbox.organisation.planting.knowledge_links import Links
from sandbox.organisation.planting.knowledge_tickets import Tickets, numbers_of
from sandbox.organisation.table import Columns, words
from sandbox.organisation.world import World, numbered, record_table

SESSIONS, VOTES = 0.4, 0.12
"""Per incident."""
READ = 30
"""Seconds from which on an article counts as read."""
TRIES = 40
"""So often another person is drawn for a session after which the first one asked."""
PORTAL, DESK = "portal", "agent desk"


@dataclass(frozen=True)
class Uses:
    """Columns of the same length."""

    columns: Columns

    def __len__(self) -> int:
        """Return the number of uses."""
        return len(self.columns["used_at"])


def write_uses(
    world: World, draft: Draft, asked: Asked, tickets: Tickets, links: Links, library: Library
) -> None:
    """Write all uses anew, and what tickets and articles say of them."""
    parts = [
        _on_tickets(world, draft, asked, tickets, links, library),
        _sessions(world, draft, asked, tickets, library),
        _votes(world, draft, asked, library),
    ]
    names = parts[0].columns
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in names}
    order = np.argsort(columns["used_at"], kind="stable")
    moments = columns.pop("used_at")[order].astype("datetime64[s]")
    held: Columns = {name: values[order] for name, values in columns.items()}
    held |= {"id": numbered("USE", len(order)), "used_at": moments, "updated_at": moments}
    draft.tables["knowledge_uses"] = record_table("knowledge_use", held)
    _count(draft)
    used = links.linked
    draft.put("incidents", knowledge_used=words(used[: tickets.incidents]))
    draft.put("requests", knowledge_used=words(used[tickets.incidents :]))


def _uses(count: int, **columns: object) -> Uses:
    names = ("record_kind", "record_id", "user_group", "session", "reading_seconds", "helpful")
    held: Columns = {name: np.full(count, None, dtype=np.object_) for name in names}
    for name, values in columns.items():
        array = np.asarray(values)
        held[name] = array if name == "used_at" else words(array)
    return Uses(held)


def _on_tickets(
    world: World, draft: Draft, asked: Asked, tickets: Tickets, links: Links, library: Library
) -> Uses:
    """Link, open or write articles on tickets, while these are open."""
    generator = world.stream("plant knowledge uses")
    which = np.flatnonzero(links.linked | links.written | links.opened)
    # what an article was written from may have been opened on as well: then it is two uses
    both = np.flatnonzero(links.written & links.opened)
    written = np.concatenate([links.written[which], np.zeros(len(both), dtype=np.bool_)])
    which = np.concatenate([which, both])
    linked, count = links.linked[which], len(which)
    user, author = _groups(world, asked, tickets, which, library, generator)
    user = np.where(written, author, user)
    solved = generator.random(count) < 0.6
    type_ = np.where(linked, np.where(solved, "solved", "linked"), np.where(written, "created", "viewed"))
    article = _articles(asked, author, library, generator)
    at = between(tickets.opened[which], tickets.resolved[which], 0.05 + 0.9 * generator.random(count))
    return _uses(
        count,
        used_at=at,
        type=type_,
        article_id=draft.words("knowledge", "id")[article],
        record_kind=np.where(tickets.request[which], "request", "incident"),
        record_id=tickets.id[which],
        user=world.members(user, generator),
        user_group=world.groups[user],
        channel=np.full(count, DESK),
        reading_seconds=words(generator.integers(10, 300, count), type_ == "viewed"),
    )


def _groups(
    world: World,
    asked: Asked,
    tickets: Tickets,
    which: Integers,
    library: Library,
    generator: np.random.Generator,
) -> tuple[Integers, Integers]:
    """Draw whose article is used and by whom: as often as asked for by another group than the author's.

    A group without articles of its own that shall not use those of another one is helped by another one.
    """
    names = {name: place for place, name in enumerate(world.groups.tolist())}
    some = world.some_group(len(which), generator)
    user = np.array(
        [
            names.get(name, other)
            for name, other in zip(tickets.group[which].tolist(), some.tolist(), strict=True)
        ]
    )
    authors, count = library.authors, len(which)
    author = authors[generator.integers(0, len(authors), count)]
    across = generator.random(count) < asked.share("knw-cross-team-reuse")
    own = ~across & np.isin(user, authors)
    author = np.where(own, user, author)
    user = np.where(across, user, author)
    step = 1 + generator.integers(0, max(len(authors) - 1, 1), count)
    place = np.searchsorted(authors, np.minimum(user, authors[-1]))
    other = authors[(place + step) % len(authors)]
    same = across & (user == author)
    author = np.where(same, other, author)
    alone = across & (user == author)
    return np.where(alone, (user + 1) % len(world.groups), user), author


def _articles(asked: Asked, author: Integers, library: Library, generator: np.random.Generator) -> Integers:
    """Draw articles of these authors, as many revised lately as asked for."""
    current = generator.random(len(author)) < asked.share("knw-used-article-currency")
    draw, article = generator.random(len(author)), np.zeros(len(author), dtype=np.int64)
    for (group, new), shelf in library.shelves.items():
        mine = (author == group) & (current == new)
        article[mine] = shelf[(draw[mine] ** 1.5 * len(shelf)).astype(np.int64)]
    return article


def _sessions(world: World, draft: Draft, asked: Asked, tickets: Tickets, library: Library) -> Uses:
    """Let people read on the portal: those who succeed read on and do not ask, the others leave, or ask."""
    generator, count = world.stream("plant knowledge sessions"), world.volume(SESSIONS)
    at = world.moments(count, generator)
    good = generator.random(count) < asked.share("knw-self-service-success")
    asks = ~good & (generator.random(count) < 0.5)
    user = world.callers(count, generator)
    author = library.authors[generator.integers(0, len(library.authors), count)]
    article = _articles(asked, author, library, generator)
    at, user, found = _before_contacts(world, draft, tickets, article, (at, user, asks), generator)
    user = _without_contacts(world, tickets, at, user, good, generator)
    reads = good | found
    seconds = np.where(reads, READ + generator.integers(0, 200, count), generator.integers(3, READ, count))
    return _uses(
        count,
        used_at=at,
        type=words(np.full(count, "viewed")),
        article_id=draft.words("knowledge", "id")[article],
        user=user,
        channel=np.full(count, PORTAL),
        session=words([f"P{number:08d}" for number in range(1, count + 1)]),
        reading_seconds=seconds,
    )


def _before_contacts(
    world: World,
    draft: Draft,
    tickets: Tickets,
    article: Integers,
    session: tuple[Integers, Words, Flags],
    generator: np.random.Generator,
) -> tuple[Integers, Words, Flags]:
    """Move sessions of people who ask after all to hours before a contact on the article's category."""
    at, user, asks = session[0].copy(), session[1].copy(), session[2]
    able = tickets.known & (tickets.person != None) & (tickets.category != None)  # noqa: E711 - by element
    able &= (tickets.opened > world.period.start + DAY) & (tickets.opened < world.period.end)
    category, found = draft.words("knowledge", "category")[article], np.zeros(len(at), dtype=np.bool_)
    for name in sorted({name for name in category.tolist() if name is not None}):
        mine = np.flatnonzero(asks & (category == name))
        topic = np.flatnonzero(able & (tickets.category == name))
        if len(topic) and len(mine):
            chosen = topic[generator.integers(0, len(topic), len(mine))]
            at[mine] = tickets.opened[chosen] - generator.integers(5 * MINUTE, 10 * HOUR, len(mine))
            user[mine] = tickets.person[chosen]
            found[mine] = True
    return at, user, found


def _without_contacts(
    world: World, tickets: Tickets, at: Integers, user: Words, good: Flags, generator: np.random.Generator
) -> Words:
    """Give sessions that succeed to people who ask nothing in the next day."""
    result, wide = user.copy(), 1 << 32
    for _ in range(TRIES):
        number = numbers_of(np.concatenate([tickets.person, result]))
        known = number[: len(tickets.person)] >= 0
        keys = np.sort(number[: len(known)][known] * wide + tickets.opened[known])
        mine = number[len(known) :] * wide + at
        asked = np.searchsorted(keys, mine + DAY, side="right") > np.searchsorted(keys, mine)
        again = np.flatnonzero(good & asked)
        if not len(again):
            break
        result[again] = world.callers(len(again), generator)
    return result


def _votes(world: World, draft: Draft, asked: Asked, library: Library) -> Uses:
    generator, count = world.stream("plant knowledge votes"), world.volume(VOTES)
    author = library.authors[generator.integers(0, len(library.authors), count)]
    article = _articles(asked, author, library, generator)
    return _uses(
        count,
        used_at=world.moments(count, generator),
        type=words(np.full(count, "voted")),
        article_id=draft.words("knowledge", "id")[article],
        user=world.callers(count, generator),
        channel=np.full(count, PORTAL),
        helpful=generator.random(count) < asked.share("knw-article-helpfulness"),
    )


def _count(draft: Draft) -> None:
    """Write on each article how often it was used; those of closed gaps were, while they were there."""
    table, count = "knowledge_uses", draft.size("knowledge")
    place = draft.position("knowledge", draft.words(table, "article_id"))

    def number(which: Flags) -> Integers:
        return np.bincount(place[which], minlength=count)

    passing = draft.known("knowledge", "retired_at")
    used = number(draft.equal(table, "type", "linked") | draft.equal(table, "type", "solved"))
    voted = draft.equal(table, "type", "voted")
    draft.put(
        "knowledge",
        use_count=np.where(passing, 3, used),
        view_count=number(draft.equal(table, "type", "viewed")),
        helpful_votes=number(voted & draft.is_true(table, "helpful")),
        unhelpful_votes=number(voted & ~draft.is_true(table, "helpful")),
    )

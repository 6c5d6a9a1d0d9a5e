"""Knowledge articles on what incidents are about, and their uses: linked, read, voted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.clock import DAY, MINUTE
from sandbox.organisation.numbers import Flags, Integers, Words, between, drawn, log_normal
from sandbox.organisation.problems import Problems
from sandbox.organisation.structure import CATEGORIES
from sandbox.organisation.table import Columns, Table, words
from sandbox.organisation.vocabulary import CHECKS, THINGS, VERBS
from sandbox.organisation.world import NEVER, World, numbered, record_table, reference

TYPES = {"how-to": 0.5, "troubleshooting": 0.5}
BASES = {"IT": 0.8, "Workplace": 0.2}
VIEW_CHANNELS = {"portal": 0.6, "chat": 0.15, "agent desk": 0.25}
LINKED, SOLVED, VIEWED, VOTED, CREATED = range(5)
USES = words(["linked", "solved", "viewed", "voted", "created"])
VALID_FOR = 365 * DAY


@dataclass(frozen=True)
class Articles:
    """One element by article, in the order they were created."""

    ids: Words
    problem: Integers
    """Known error it describes, -1 for none."""
    origin: Integers
    """Incident it was created from, -1 for none."""
    service: Integers
    category: Integers
    group: Integers
    created: Integers
    published: Integers
    """NEVER for a draft."""
    retired: Integers

    def latest(self, service: Integers, category: Integers, moment: Integers) -> Integers:
        """Return the article last published on each service and category, -1 where none is to be had."""
        cell = self.service * len(CATEGORIES) + self.category
        order = np.lexsort((self.published, cell))
        keys = (cell * 2 * NEVER + self.published)[order]
        wanted = service * len(CATEGORIES) + category
        position = np.searchsorted(keys, wanted * 2 * NEVER + moment, side="right") - 1
        found = order[np.maximum(position, 0)]
        fits = (position >= 0) & (cell[found] == wanted) & (self.retired[found] > moment)
        return np.where(fits, found, -1)


@dataclass(frozen=True)
class Uses:
    """One element by use, in the order they happened."""

    type: Integers
    article: Integers
    incident: Integers
    """Incident it was used on, -1 for none."""
    at: Integers
    helpful: Flags
    """The vote, of those that are votes."""


def plan_articles(world: World, problems: Problems) -> Articles:
    """Plan articles: of known errors, and on the services and categories of random incidents."""
    assumed, cases, generator = world.assumptions.knowledge, world.cases, world.stream("articles")
    known = np.flatnonzero(problems.with_article & world.happened(problems.known))
    count = max(world.volume(assumed.articles) - len(known), 1)
    about = generator.choice(np.flatnonzero(cases.clean & world.happened(cases.resolved)), count)
    from_case = generator.random(count) < assumed.from_incident
    span = world.period.end - world.period.start
    early = world.period.start - 300 * DAY + generator.integers(0, 300 * DAY + span, count)
    made = np.where(from_case, cases.resolved[about], np.minimum(early, world.period.end - 1))
    created = np.concatenate([problems.known[known], made])
    order = np.argsort(created, kind="stable")
    created = created[order]
    wait = log_normal(3.0 * DAY, 0.8, len(created), generator)
    published = np.where(world.happened(created + wait), created + wait, NEVER)
    retires = (generator.random(len(created)) < assumed.retired) & (published < NEVER)
    until = published + generator.integers(90 * DAY, 900 * DAY, len(created))
    nobody = np.full(len(known), -1)
    return Articles(
        numbered("KB", len(created)),
        np.concatenate([known, np.full(count, -1)])[order],
        np.concatenate([nobody, np.where(from_case, about, -1)])[order],
        np.concatenate([problems.service[known], cases.service[about]])[order],
        np.concatenate([problems.category[known], cases.category[about]])[order],
        np.concatenate([problems.group[known], cases.group[about]])[order],
        created,
        published,
        np.where(retires & world.happened(until), until, NEVER),
    )


def plan_uses(world: World, articles: Articles) -> Uses:
    """Plan uses on incidents, creations from incidents, readings and votes."""
    created = np.flatnonzero(articles.origin >= 0)
    parts = [
        _on_incidents(world, articles),
        (np.full(len(created), CREATED), created, articles.origin[created], articles.created[created]),
        *_read(world, articles),
    ]
    type_, article, incident, at = (np.concatenate([part[column] for part in parts]) for column in range(4))
    order = np.argsort(at, kind="stable")
    helpful = world.stream("votes").random(len(at)) < world.assumptions.knowledge.helpful
    return Uses(type_[order], article[order], incident[order], at[order], helpful)


def _on_incidents(world: World, articles: Articles) -> tuple[Integers, Integers, Integers, Integers]:
    """Link the article on service and category, published before, to some incidents that people resolved."""
    assumed, cases, generator = world.assumptions.knowledge, world.cases, world.stream("linked")
    article = articles.latest(cases.service, cases.category, cases.acknowledged)
    usable = (article >= 0) & cases.clean & ~cases.healed & world.happened(cases.resolved)
    chosen = np.flatnonzero(usable & (generator.random(len(article)) < assumed.linked))
    solved = generator.random(len(chosen)) < assumed.solved
    share = 0.1 + 0.85 * generator.random(len(chosen))
    # an article that is retired in between was taken up before that
    until = np.minimum(cases.resolved[chosen], articles.retired[article[chosen]])
    at = between(cases.acknowledged[chosen], until, share)
    return np.where(solved, SOLVED, LINKED), article[chosen], chosen, at


def _read(
    world: World, articles: Articles
) -> tuple[tuple[Integers, Integers, Integers, Integers], tuple[Integers, Integers, Integers, Integers]]:
    """Read published articles, a few of them much more often; some readers vote a minute later."""
    assumed, generator = world.assumptions.knowledge, world.stream("views")
    count = world.volume(assumed.views)
    published = np.flatnonzero(world.happened(articles.published))
    if not len(published):
        published, count = np.zeros(1, dtype=np.int64), 0
    popular = generator.permutation(published)[
        (len(published) * generator.random(count) ** 2).astype(np.int64)
    ]
    since = np.maximum(articles.published[popular], world.period.start)
    at = between(since, np.minimum(articles.retired[popular], world.period.end), generator.random(count))
    votes = (generator.random(count) < assumed.voted) & world.happened(at + MINUTE)
    nobody = np.full(count, -1)
    return (
        (np.full(count, VIEWED), popular, nobody, at),
        (np.full(int(votes.sum()), VOTED), popular[votes], nobody[votes], at[votes] + MINUTE),
    )


def article_table(world: World, articles: Articles, uses: Uses, problems: Words) -> Table:
    """Return the articles as records."""
    columns = _states(world, articles)
    columns |= _ownership(world, articles)
    columns |= _counts(world, articles, uses)
    generator, count = world.stream("article texts"), len(articles.ids)
    parts = [words(part)[generator.integers(0, len(part), count)] for part in (VERBS, THINGS, CHECKS)]
    columns |= {
        "id": articles.ids,
        "problem_id": reference(problems, articles.problem),
        "origin_kind": words(np.full(count, "incident"), articles.origin >= 0),
        "origin_id": reference(world.cases.ids, articles.origin),
        "body": "if " + parts[1] + " does not answer, it is to be " + parts[0] + "; then: " + parts[2],
    }
    return record_table("knowledge", columns)


def _states(world: World, articles: Articles) -> Columns:
    generator, count = world.stream("article states"), len(articles.ids)
    published, retired = world.happened(articles.published), world.happened(articles.retired)
    until = np.minimum(articles.retired, world.period.end)
    revised = published & (generator.random(count) < 0.5)
    revised_at = between(articles.published, until, generator.random(count))
    confirmed = published & (generator.random(count) < 0.4)
    confirmed_at = between(articles.published, until, generator.random(count))
    state = np.where(retired, "retired", np.where(published, "published", "draft"))
    valid = np.where(confirmed, confirmed_at, np.where(published, articles.published, 0)) + VALID_FOR
    valid_until = valid.astype("datetime64[s]")
    valid_until[~published] = np.datetime64("NaT")
    moments = ((revised_at, revised), (confirmed_at, confirmed), (articles.retired, None))
    return {
        "created_at": world.times(articles.created),
        "published_at": world.times(articles.published),
        "revised_at": world.times(revised_at, revised),
        "confirmed_at": world.times(confirmed_at, confirmed),
        "valid_until": valid_until,
        "retired_at": world.times(articles.retired),
        "state": words(state),
        "published": words(published & ~retired),
        "version": words(np.where(revised, "2.0", "1.0")),
        "updated_at": world.times(
            world.latest((articles.created, None), (articles.published, None), *moments)
        ),
    }


def _ownership(world: World, articles: Articles) -> Columns:
    assumed, generator, count = world.assumptions.knowledge, world.stream("owners"), len(articles.ids)
    owned = generator.random(count) < assumed.owner_known
    author = world.members(articles.group, generator)
    type_ = np.where(articles.problem >= 0, "known error", drawn(TYPES, count, generator))
    return {
        "knowledge_base": drawn(BASES, count, generator),
        "type": words(type_),
        "category": words(words(list(CATEGORIES))[articles.category], generator.random(count) < 0.95),
        "service_id": world.services[articles.service],
        "owner_group": words(world.groups[articles.group], owned),
        "owner": words(world.members(articles.group, generator), owned),
        "owner_active": words(generator.random(count) < 0.95, owned),
        "author": author,
        "author_group": world.groups[articles.group],
        "flagged": words(generator.random(count) < assumed.flagged),
    }


def _counts(world: World, articles: Articles, uses: Uses) -> Columns:
    def number(which: Flags) -> Words:
        return words(np.bincount(uses.article[which], minlength=len(articles.ids)))

    voted = uses.type == VOTED
    return {
        "helpful_votes": number(voted & uses.helpful),
        "unhelpful_votes": number(voted & ~uses.helpful),
        "view_count": number(uses.type == VIEWED),
        "use_count": number((uses.type == LINKED) | (uses.type == SOLVED)),
    }


def use_table(world: World, articles: Articles, uses: Uses) -> Table:
    """Return the uses as records: on incidents by who resolved them, otherwise by callers and members."""
    cases, generator, count = world.cases, world.stream("use people"), len(uses.at)
    on_case = uses.incident >= 0
    channel = np.where(on_case, "agent desk", drawn(VIEW_CHANNELS, count, generator))
    inside = channel == "agent desk"
    group = np.where(on_case, cases.group[uses.incident], world.some_group(count, generator))
    group = np.where(uses.type == CREATED, articles.group[uses.article], group)
    user = np.where(inside, world.members(group, generator), world.callers(count, generator))
    session = words([f"S{number:08d}" for number in generator.integers(0, 10**8, count).tolist()])
    return record_table(
        "knowledge_use",
        {
            "id": numbered("USE", count),
            "used_at": world.times(uses.at),
            "type": USES[uses.type],
            "article_id": articles.ids[uses.article],
            "record_kind": words(np.full(count, "incident"), on_case),
            "record_id": reference(cases.ids, uses.incident),
            "user": words(user),
            "user_group": words(world.groups[group], inside),
            "channel": words(channel),
            "session": words(session, uses.type == VIEWED),
            "reading_seconds": words(log_normal(70.0, 0.9, count, generator), uses.type == VIEWED),
            "helpful": words(uses.helpful, uses.type == VOTED),
            "updated_at": world.times(uses.at),
        },
    )

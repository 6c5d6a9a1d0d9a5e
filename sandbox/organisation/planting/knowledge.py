"""Plants knowledge management: articles on what people ask, looked after, linked, read and voted on."""

from __future__ import annotations

from sandbox.organisation.planting.active_users import count_users
from sandbox.organisation.planting.draft import Asked, Draft
from sandbox.organisation.planting.knowledge_articles import (
    close_gaps,
    describe_known_errors,
    look_after,
    write_articles,
)
from sandbox.organisation.planting.knowledge_links import link
from sandbox.organisation.planting.knowledge_tickets import read_tickets
from sandbox.organisation.planting.knowledge_topics import settle_topics
from sandbox.organisation.planting.knowledge_uses import write_uses
from sandbox.organisation.world import World


def plant(world: World, draft: Draft, asked: Asked) -> dict[str, float]:
    """Plant every indicator of knowledge management; return the raw values planted."""
    count_users(world, draft, asked)
    topics = settle_topics(world, draft, asked)
    tickets = read_tickets(world, draft)
    library = write_articles(world, draft, asked, tickets, topics)
    close_gaps(world, draft, asked, tickets, topics)
    describe_known_errors(world, draft, asked, topics)
    look_after(world, draft, asked, topics)
    write_uses(world, draft, asked, tickets, link(world, asked, tickets), library)
    return asked.planted(
        knw_demand_coverage=100 * topics.share,
        knw_contribution_breadth=100 * library.contributing,
    )

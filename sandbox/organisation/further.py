"""Grows an organisation from its incidents: the records of all other practices, linked both ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.organisation.articles import (
    LINKED,
    SOLVED,
    Articles,
    Uses,
    article_table,
    plan_articles,
    plan_uses,
    use_table,
)
from sandbox.organisation.changes import Changes, change_table, plan_changes
from sandbox.organisation.clock import DAY
from sandbox.organisation.demands import INCIDENT, PROBLEM, RELEASE
from sandbox.organisation.events import event_table
from sandbox.organisation.feedback import outage_table, survey_table
from sandbox.organisation.items import build_items
from sandbox.organisation.monitoring import alert_table, plan_alerts
from sandbox.organisation.numbers import Integers, Words
from sandbox.organisation.problems import plan_problems, problem_table
from sandbox.organisation.relationships import relate
from sandbox.organisation.releases import plan_releases, release_table
from sandbox.organisation.requests import plan_requests, request_table
from sandbox.organisation.structure import DEPARTMENTS
from sandbox.organisation.table import Columns, Table, times, words
from sandbox.organisation.world import LOCATIONS, World, record_table, reference

UNITS = {"Service Desk": "Operations", "Infrastructure": "Operations", "Security": "Operations"}
OTHER_UNIT = "Business Solutions"


@dataclass(frozen=True)
class Further:
    """The records beside incidents, their history and their clocks, by the name an organisation has them."""

    tables: dict[str, Table]
    links: Columns
    """Columns of the incidents that refer to other records."""


def grow(world: World) -> Further:
    """Make all further records; the incidents stay as they are, but for the links to these."""
    items = build_items(world)
    problems, releases = plan_problems(world, items), plan_releases(world, items)
    changes, articles = plan_changes(world, items, problems, releases), plan_articles(world, problems)
    uses, requests = plan_uses(world, articles), plan_requests(world)
    alerts = plan_alerts(world, items)
    links = _links(world, changes, uses)
    known = alert_table(world, items, alerts, articles)
    fixes = reference(changes.ids, changes.of(PROBLEM, len(problems.ids)))
    ships = reference(changes.ids, changes.of(RELEASE, len(releases.ids)))
    members = changes.number(RELEASE, len(releases.ids))
    tables = {
        "problems": problem_table(world, items, problems, fixes, _described(articles, len(problems.ids))),
        "changes": change_table(world, items, changes, problems.ids, releases.ids),
        "releases": release_table(world, items, releases, members, ships),
        "configuration_items": items.table,
        "ci_relationships": relate(world, items),
        "events": event_table(world, items, alerts, known),
        "alerts": known,
        "requests": request_table(world, requests),
        "knowledge": article_table(world, articles, uses, problems.ids),
        "knowledge_uses": use_table(world, articles, uses),
        "surveys": survey_table(world, requests),
        "outages": outage_table(world, items, words(links["caused_by_change_id"])),
        "groups": group_table(world),
        "departments": department_table(world),
    }
    return Further(tables, links)


def _links(world: World, changes: Changes, uses: Uses) -> Columns:
    count = len(world.cases.ids)
    cause = np.full(count, -1, dtype=np.int64)
    causing = np.flatnonzero(changes.caused >= 0)
    cause[changes.caused[causing]] = causing
    used = np.zeros(count, dtype=np.bool_)
    used[uses.incident[(uses.type == LINKED) | (uses.type == SOLVED)]] = True
    return {
        "caused_by_change_id": reference(changes.ids, cause),
        "fix_change_id": reference(changes.ids, changes.of(INCIDENT, count)),
        "knowledge_used": words(used),
    }


def _described(articles: Articles, problems: int) -> Words:
    """Return the article of each problem, None where there is none."""
    which = np.flatnonzero(articles.problem >= 0)
    found = np.full(problems, -1, dtype=np.int64)
    found[articles.problem[which]] = which
    return reference(articles.ids, found)


def group_table(world: World) -> Table:
    """Return the groups with their department and members."""
    structure, generator = world.structure, world.stream("groups")
    count = len(structure.groups)
    sizes = [len(members) for members in structure.people]
    founded = _founded(world, count)
    return record_table(
        "group",
        {
            "id": words([f"GRP{number:03d}" for number in range(1, count + 1)]),
            "name": world.groups,
            "type": words(np.full(count, "support")),
            "department": words(list(structure.departments)),
            "business_unit": words([UNITS.get(name, OTHER_UNIT) for name in structure.departments]),
            "location": words(list(LOCATIONS))[generator.integers(0, len(LOCATIONS), count)],
            "manager": words([members[0] for members in structure.people]),
            "active": words([True] * count),
            "member_count": words(sizes),
            "active_member_count": words(np.array(sizes) - (generator.random(count) < 0.3)),
            "created_at": times(founded),
            "updated_at": times(founded),
        },
    )


def department_table(world: World) -> Table:
    """Return the departments of the groups; they are no record kind, but platforms have a table of them."""
    names = [name for name in DEPARTMENTS if name in world.structure.departments]
    of_group = np.array(world.structure.departments)
    sizes = np.array([len(members) for members in world.structure.people])
    heads = [world.structure.people[int(np.flatnonzero(of_group == name)[0])][0] for name in names]
    founded = _founded(world, len(names))
    return Table(
        {
            "id": words([f"DEP{number:03d}" for number in range(1, len(names) + 1)]),
            "name": words(names),
            "business_unit": words([UNITS.get(name, OTHER_UNIT) for name in names]),
            "manager": words(heads),
            "group_count": words([int((of_group == name).sum()) for name in names]),
            "member_count": words([int(sizes[of_group == name].sum()) for name in names]),
            "updated_at": times(founded),
        }
    )


def _founded(world: World, count: int) -> Integers:
    return np.full(count, world.period.earliest - 500 * DAY)

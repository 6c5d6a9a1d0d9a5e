"""Manipulated links: hundreds in one evening, and one article on everything."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sandbox.organisation.clock import DAY, HOUR, MINUTE
from sandbox.organisation.gaming.edits import Desk, empty, equal, extended, moments, seconds
from sandbox.organisation.numbers import Integers, Words
from sandbox.organisation.table import Table

LINKED = 0.4
"""Share of the incidents without a problem that get one, or of a team's that get an article."""
TEAMS = 4


def link_in_bulk(desk: Desk) -> Mapping[str, Table]:
    """Link closed incidents to any problem and any article, three evenings before the assessment."""
    columns, problems = desk.incidents, desk.organisation.problems
    evening = desk.end - 3 * DAY + 20 * HOUR
    closed = ~np.isnat(columns["closed_at"]) & (seconds(columns["closed_at"]) < evening - 2 * DAY)
    which = desk.some(desk.lately & closed & empty(columns["problem_id"]), LINKED, "problems")
    counting = np.flatnonzero(empty(problems.columns["disposition"]))
    drawn = desk.stream("which problem").integers(0, len(counting), len(which))
    columns["problem_id"][which] = problems.columns["id"][counting[drawn]]
    at = evening + desk.stream("evening").integers(0, 50 * MINUTE, len(which))
    columns["updated_at"][which] = moments(at)
    articles = desk.organisation.knowledge.columns["id"]
    chosen = articles[desk.stream("which article").integers(0, len(articles), len(which))]
    return {"incidents": Table(columns), "knowledge_uses": linked(desk, which, at, chosen)}


def force_links(desk: Desk) -> Mapping[str, Table]:
    """Link one article to whatever the largest teams resolve."""
    columns = desk.incidents
    theirs = np.isin(columns["assignment_group"].astype(str), largest_teams(desk))
    which = desk.some(desk.lately & theirs, LINKED, "forced")
    knowledge = desk.organisation.knowledge.columns
    published = np.flatnonzero(equal(knowledge["published"], True))
    article = knowledge["id"][published[int(desk.stream("article").integers(0, len(published)))]]
    at = seconds(columns["resolved_at"])[which] - MINUTE
    if "knowledge_used" in columns:
        columns["knowledge_used"][which] = True
    return {"incidents": Table(columns), "knowledge_uses": linked(desk, which, at, article)}


def largest_teams(desk: Desk) -> Words:
    """Return the teams that resolved most in the days that are manipulated."""
    teams = desk.incidents["assignment_group"][desk.lately].astype(str)
    names, counts = np.unique(teams, return_counts=True)
    return np.asarray(names[np.argsort(-counts, kind="stable")][:TEAMS], dtype=np.object_)


def linked(desk: Desk, which: Integers, at: Integers, article: object) -> Table:
    """Return the uses of articles and as many more, of the articles given on these incidents."""
    columns = desk.incidents
    ids = np.array([f"USEG{number:06d}" for number in range(len(which))], dtype=np.object_)
    added = {
        "id": ids,
        "used_at": moments(at),
        "type": "linked",
        "article_id": article,
        "record_kind": "incident",
        "record_id": columns["id"][which],
        "user": columns["assignee"][which],
        "user_group": columns["assignment_group"][which],
        "channel": "agent desk",
        "updated_at": moments(at),
    }
    return extended(desk.organisation.knowledge_uses, len(which), added)

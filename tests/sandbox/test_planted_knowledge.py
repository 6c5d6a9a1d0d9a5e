"""What is planted of knowledge management is in the records: counted again by other code."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from math import log
from statistics import median
from typing import Any

import pytest

from sandbox.organisation import Organisation, Quality, generate
from tests.sandbox.chance import DAY, END, Row, agrees, known, moment, planted, rows_of, share, within

CASES = [(2, 41), (5, 42)]
cases = pytest.mark.parametrize(("level", "seed"), CASES)
TO_USE = ("viewed", "linked", "solved")


@cache
def organisation(level: int, seed: int) -> Organisation:
    return generate(
        Quality.of_levels({"knowledge": level}, seed), seed=seed, until=END.date(), incidents=12_000
    )


def value(level: int, seed: int, indicator: str) -> float:
    return planted(organisation(level, seed), "knowledge")[indicator]


@cache
def tickets(level: int, seed: int) -> list[Row]:
    """Incidents and requests that count, alike; a few that came and went by machine are among them."""
    made = organisation(level, seed)
    own = [row for row in rows_of(made.incidents) if row["created_by"] != "import.user"]
    found = [{**row, "kind": "incident", "end": row["resolved_at"], "person": row["caller"]} for row in own]
    for row in made.requests.rows():
        if not row["disposition"] and not row.get("incident_id"):
            kind = {"kind": "request", "end": row["fulfilled_at"], "person": row["requester"]}
            found.append({**row, **kind, "resolver": row["fulfiller"]})
    return list(found)


@cache
def uses(level: int, seed: int) -> list[Row]:
    return list(organisation(level, seed).knowledge_uses.rows())


@cache
def articles(level: int, seed: int) -> dict[object, Row]:
    return {row["id"]: row for row in organisation(level, seed).knowledge.rows()}


@cache
def on_tickets(level: int, seed: int) -> dict[object, set[object]]:
    found: dict[object, set[object]] = defaultdict(set)
    for row in uses(level, seed):
        found[row["record_id"]].add(row["type"])
    return found


def resolved(level: int, seed: int, days: float = 90) -> list[Row]:
    return within(tickets(level, seed), "end", days)


def cell(row: Row) -> tuple[object, object]:
    return row["service_id"], row["category"]


def available(level: int, seed: int) -> list[Row]:
    return [row for row in articles(level, seed).values() if row["published"] and not row["retired_at"]]


def valid(row: Row) -> bool:
    return row["valid_until"] is None or known(row["valid_until"]) >= END


def by_person(row: Row) -> bool:
    return not str(row["resolver"]).startswith("svc_")


def linked(level: int, seed: int, row: Row) -> bool:
    return bool(on_tickets(level, seed)[row["id"]] & {"linked", "solved", "created"})


@cases
def test_a_share_of_the_tickets_lies_on_topics_with_an_article(level: int, seed: int) -> None:
    topics = {cell(row) for row in available(level, seed) if None not in cell(row) and valid(row)}
    counted = share(resolved(level, seed), lambda row: cell(row) in topics)
    assert agrees(counted, value(level, seed, "knw-demand-coverage"))


@cases
def test_an_article_is_used_on_a_share(level: int, seed: int) -> None:
    counted = share(resolved(level, seed), lambda row: on_tickets(level, seed)[row["id"]] & set(TO_USE))
    assert agrees(counted, value(level, seed, "knw-use-share"))


@cases
def test_a_share_of_the_articles_is_looked_after(level: int, seed: int) -> None:
    counted = share(
        available(level, seed),
        lambda row: (row["owner_active"] or row["owner_group"]) and row["category"] and valid(row),
    )
    assert agrees(counted, value(level, seed, "knw-article-ownership"))


@cases
def test_a_share_of_the_uses_is_of_current_articles(level: int, seed: int) -> None:
    put_to_use = [row for row in within(uses(level, seed), "used_at", 90) if row["type"] in TO_USE]

    def current(row: Row) -> bool:
        article = articles(level, seed)[row["article_id"]]
        moments = [moment(article[name]) for name in ("published_at", "revised_at", "confirmed_at")]
        return any(at is not None and at >= END - 366 * DAY for at in moments)

    assert agrees(share(put_to_use, current), value(level, seed, "knw-used-article-currency"))


@cases
def test_a_share_of_the_open_known_errors_is_published(level: int, seed: int) -> None:
    told = {row["problem_id"] for row in available(level, seed)}
    problems = rows_of(organisation(level, seed).problems)
    still = [
        row for row in problems if row["known_error"] and not row["resolved_at"] and not row["closed_at"]
    ]
    counted = share(still, lambda row: row["id"] in told)
    assert agrees(counted, value(level, seed, "knw-known-error-published"), least=10)


@cases
def test_groups_that_write_resolve_the_share_that_is_planted(level: int, seed: int) -> None:
    recent = within(uses(level, seed), "used_at", 180)
    put_to_use = [row for row in recent if row["type"] in TO_USE]
    wrote = {articles(level, seed)[row["article_id"]]["author_group"] for row in put_to_use}
    wrote |= {row["user_group"] for row in recent if row["type"] == "created"}
    good, every = share(resolved(level, seed, 180), lambda row: row["assignment_group"] in wrote)
    assert 100 * good / every == pytest.approx(value(level, seed, "knw-contribution-breadth"), abs=0.5)


@cases
def test_a_share_is_linked_or_written_from(level: int, seed: int) -> None:
    rows = [row for row in resolved(level, seed) if by_person(row)]
    counted = share(rows, lambda row: linked(level, seed, row))
    assert agrees(counted, value(level, seed, "knw-link-rate"), off=1)


@cases
def test_a_ticket_says_that_an_article_was_used_if_it_was(level: int, seed: int) -> None:
    wrong = [
        row["id"]
        for row in tickets(level, seed)
        if bool(row["knowledge_used"]) != bool(on_tickets(level, seed)[row["id"]] & {"linked", "solved"})
    ]
    assert wrong == []


@cases
def test_a_share_of_the_votes_says_it_helped(level: int, seed: int) -> None:
    votes = [row for row in within(uses(level, seed), "used_at", 180) if row["type"] == "voted"]
    assert agrees(share(votes, lambda row: row["helpful"]), value(level, seed, "knw-article-helpfulness"))


@cases
def test_tickets_with_an_article_are_quicker_than_alike_ones_without(level: int, seed: int) -> None:
    sides: dict[object, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for row in resolved(level, seed, 180):
        types, seconds = on_tickets(level, seed)[row["id"]], known(row["end"]) - known(row["opened_at"])
        if None not in cell(row) and "created" not in types:
            side = 0 if types & {"linked", "solved"} else 1
            sides[(*cell(row), row["priority"])][side].append(log(max(seconds.total_seconds(), 60)))
    logs: tuple[list[float], list[float]] = ([], [])
    for having, lacking in sides.values():
        if having and lacking:
            usual = median(having + lacking)
            logs[0].extend(each - usual for each in having)
            logs[1].extend(each - usual for each in lacking)
    found = median(logs[0]) - median(logs[1])
    assert found == pytest.approx(log(value(level, seed, "knw-link-benefit")), abs=0.15)


@cases
def test_groups_use_each_others_articles(level: int, seed: int) -> None:
    recent = within(uses(level, seed), "used_at", 180)
    inside = [row for row in recent if row["type"] in TO_USE and row["channel"] != "portal"]
    counted = share(
        inside, lambda row: row["user_group"] != articles(level, seed)[row["article_id"]]["author_group"]
    )
    assert agrees(counted, value(level, seed, "knw-cross-team-reuse"))


@cases
def test_a_share_reads_and_does_not_ask(level: int, seed: int) -> None:
    asked: dict[object, list[datetime]] = defaultdict(list)
    for row in sorted(tickets(level, seed), key=lambda row: str(row["opened_at"])):
        asked[row["person"]].append(known(row["opened_at"]))
    sessions = [row for row in within(uses(level, seed), "used_at", 90) if row["session"]]

    def solved(row: Row) -> bool:
        at, moments = known(row["used_at"]), asked[row["user"]]
        later = bisect_right(moments, at + timedelta(hours=24)) - bisect_left(moments, at)
        return row["reading_seconds"] >= 30 and not later

    assert agrees(share(sessions, solved), value(level, seed, "knw-self-service-success"))


@cases
def test_an_article_follows_soon_on_a_share_of_the_new_issues(level: int, seed: int) -> None:
    opened: dict[object, list[datetime]] = defaultdict(list)
    for row in sorted(tickets(level, seed), key=lambda row: str(row["opened_at"])):
        if None not in cell(row):
            opened[cell(row)].append(known(row["opened_at"]))
    published: dict[object, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for row in articles(level, seed).values():
        if row["published_at"] and row["use_count"]:
            published[cell(row)].append((known(row["published_at"]), moment(row["retired_at"])))
    closed = []
    for topic, moments in opened.items():
        crowded = [b for a, b in zip(moments, moments[4:], strict=False) if b - a <= 30 * DAY]
        issue = next((at for at in crowded if not any(p <= at for p, _ in published[topic])), None)
        if issue is not None and END - 365 * DAY <= issue < END - 30 * DAY:
            closed.append({"closed": any(issue <= at <= issue + 30 * DAY for at, _ in published[topic])})
    assert agrees(share(list(closed), lambda row: row["closed"]), value(level, seed, "knw-gap-closure"))


@cases
def test_links_become_more_or_fewer(level: int, seed: int) -> None:
    rows = [row for row in tickets(level, seed) if by_person(row)]
    (a, n), (b, m) = (
        share(within(rows, "end", since, until), lambda row: linked(level, seed, row))
        for since, until in ((720, 600), (120, 0))
    )
    assert (b / m > a / n + 0.03) == (value(level, seed, "knw-link-rate-trend") > 50)


@cases
def test_documented_questions_per_user_become_fewer_or_more(level: int, seed: int) -> None:
    users: Any = organisation(level, seed).truth["active_users"]
    topics = {cell(row) for row in available(level, seed) if None not in cell(row)}

    def per_user(since: float, until: float) -> float:
        rows = [row for row in within(tickets(level, seed), "opened_at", since, until) if cell(row) in topics]
        return sum(1 / int(users[str(row["opened_at"])[:7]]) for row in rows)

    # the same season in both years
    falls = per_user(360, 240) < per_user(725, 605)
    assert falls == (value(level, seed, "knw-repeat-question-trend") > 50)

"""What is planted of request management is in the records: counted again by other code."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import cache
from math import log
from statistics import median, quantiles
from typing import Any

import pytest

from sandbox.organisation import Organisation, Quality, generate
from tests.sandbox.chance import UNTIL, Row, agrees, known, moment, planted, rows_of, share, within
from tests.sandbox.recount import business_hours

CASES = [(2, 31), (5, 32)]
cases = pytest.mark.parametrize(("level", "seed"), CASES)
MINUTES = timedelta(minutes=5)
GENERIC = {"Other request", "General request"}


@cache
def organisation(level: int, seed: int) -> Organisation:
    return generate(Quality.of_levels({"request": level}, seed), seed=seed, until=UNTIL, incidents=12_000)


def value(level: int, seed: int, indicator: str) -> float:
    return planted(organisation(level, seed), "request")[indicator]


@cache
def requests(level: int, seed: int) -> list[Row]:
    return [row for row in organisation(level, seed).requests.rows() if not row["disposition"]]


@cache
def items(level: int, seed: int) -> list[Row]:
    return [row for row in requests(level, seed) if row["type"] == "item"]


@cache
def incidents(level: int, seed: int) -> list[Row]:
    """Those that count, but for the few that came and went by machine."""
    every = rows_of(organisation(level, seed).incidents)
    return [row for row in every if row["created_by"] != "import.user"]


def ordered(level: int, seed: int) -> list[Row]:
    return within(items(level, seed), "opened_at", 90)


def delivered(level: int, seed: int, days: float = 90) -> list[Row]:
    return within(items(level, seed), "fulfilled_at", days)


def seconds(row: Row) -> float:
    return (known(row["fulfilled_at"]) - known(row["opened_at"])).total_seconds()


def by_machine(row: Row) -> bool:
    return str(row["fulfiller"]).startswith("svc_") and not row["manual_task_count"]


@cases
def test_a_share_is_delivered_within_30_days(level: int, seed: int) -> None:
    old = within(items(level, seed), "opened_at", 120, 30)
    counted = share(old, lambda row: bool(row["fulfilled_at"]) and seconds(row) <= 30 * 86_400)
    assert agrees(counted, value(level, seed, "req-fulfilled-within-30-days"))


@cases
def test_a_share_of_contacts_is_answered_in_time(level: int, seed: int) -> None:
    every = within(requests(level, seed), "opened_at", 90)
    due = [row for row in every if UNTIL - known(row["opened_at"]).date() > timedelta(days=4)]

    def in_time(row: Row) -> bool:
        opened, at = known(row["opened_at"]), moment(row["acknowledged_at"])
        if at is None:
            return False
        return (
            at - opened <= MINUTES
            if row["channel"] in ("phone", "chat")
            else business_hours(opened, at) <= 10
        )

    assert agrees(share(due, in_time), value(level, seed, "req-contact-response"))


@cases
def test_every_incident_that_a_person_reports_is_one_contact(level: int, seed: int) -> None:
    turned = Counter(row["incident_id"] for row in requests(level, seed) if row["incident_id"])
    lately = within(incidents(level, seed), "opened_at", 90)
    reported = {row["id"] for row in lately if row["channel"] != "monitoring" and row["caller"]}
    assert max(turned.values()) == 1
    assert reported <= set(turned)


@cases
def test_a_share_is_ordered_through_an_item_that_says_what_is_wanted(level: int, seed: int) -> None:
    counted = share(ordered(level, seed), lambda row: row["item"] not in GENERIC and not row["generic"])
    assert agrees(counted, value(level, seed, "req-catalogue-use"))


@cases
def test_a_share_is_ordered_through_items_with_target_and_flow(level: int, seed: int) -> None:
    rows = ordered(level, seed)
    modelled = {row["item"] for row in rows if row["due_at"] and row["model_defined"]}
    counted = share(rows, lambda row: row["item"] in modelled)
    assert agrees(counted, value(level, seed, "req-item-model-coverage"))


@cases
def test_the_desk_settles_a_share_at_once(level: int, seed: int) -> None:
    made = organisation(level, seed)
    groups: dict[object, list[object]] = defaultdict(list)
    for change in made.transitions.rows():
        if change["field"] == "assignment_group":
            groups[change["record_id"]].append(change["new_value"])
    found: list[Row] = []
    for row in within(incidents(level, seed), "resolved_at", 90):
        found += [{**row, "groups": groups[row["id"]], "end": row["resolved_at"]}]
    for row in within([row for row in requests(level, seed) if not row["incident_id"]], "fulfilled_at", 90):
        path = [row["receiving_group"], row["assignment_group"]]
        found += [{**row, "groups": path, "end": row["fulfilled_at"]}]
    received = [row for row in found if row["groups"] and str(row["groups"][0]).startswith("Service Desk")]

    def at_once(row: Row) -> bool:
        stayed = len(set(row["groups"])) == 1
        return (
            stayed
            and not row["reopen_count"]
            and business_hours(known(row["opened_at"]), known(row["end"])) <= 10
        )

    assert agrees(share(received, at_once), value(level, seed, "req-first-contact-resolution"))


@cases
def test_slow_groups_have_the_share_of_the_volume_that_does_not_conform(level: int, seed: int) -> None:
    rows, usual, teams = delivered(level, seed, 180), defaultdict(list), defaultdict(list)
    for row in rows:
        usual[row["item"]].append(seconds(row))
    for row in rows:
        teams[row["assignment_group"]].append(log(seconds(row) / median(usual[row["item"]])))
    large = {team: ratios for team, ratios in teams.items() if len(ratios) >= 30}
    good = sum(len(ratios) for ratios in large.values() if median(ratios) <= log(1.5))
    counted = 100 * good / sum(map(len, large.values()))
    assert counted == pytest.approx(value(level, seed, "req-team-fulfilment-consistency"), abs=0.1)


@cases
def test_a_share_is_delivered_when_it_was_promised(level: int, seed: int) -> None:
    late = [row for row in items(level, seed) if not row["fulfilled_at"] and not row["closed_at"]]
    overdue = within([row for row in late if known(row["due_at"]).date() < UNTIL], "due_at", 90)
    rows = delivered(level, seed) + overdue
    counted = share(
        rows, lambda row: bool(row["fulfilled_at"]) and known(row["fulfilled_at"]) <= known(row["due_at"])
    )
    assert agrees(counted, value(level, seed, "req-on-time-fulfilment"))


@cases
def test_marks_have_the_mean_that_is_planted(level: int, seed: int) -> None:
    answers = within(rows_of(organisation(level, seed).surveys), "answered_at", 720)
    marks = [int(row["score"]) for row in answers if row["score"] is not None]
    assert sum(marks) / len(marks) == pytest.approx(value(level, seed, "req-satisfaction"), abs=2.5)


@cases
def test_a_share_of_contacts_comes_by_the_portal(level: int, seed: int) -> None:
    counted = share(
        within(requests(level, seed), "opened_at", 90),
        lambda row: row["channel"] in ("portal", "self-service"),
    )
    assert agrees(counted, value(level, seed, "req-self-service-share"))


@cases
def test_a_share_is_delivered_by_machine(level: int, seed: int) -> None:
    counted = share(delivered(level, seed), by_machine)
    assert agrees(counted, value(level, seed, "req-automated-fulfilment"))


@cases
def test_slow_deliveries_take_so_much_longer_than_usual_ones(level: int, seed: int) -> None:
    of_item: dict[object, list[float]] = defaultdict(list)
    for row in delivered(level, seed, 365):
        of_item[row["item"]].append(seconds(row))
    large = sorted(
        (quantiles(each, n=10)[8] / median(each), len(each)) for each in of_item.values() if len(each) >= 20
    )
    half = sum(size for _, size in large) / 2
    while half > large[0][1]:
        half -= large.pop(0)[1]
    assert log(large[0][0]) == pytest.approx(
        log(value(level, seed, "req-fulfilment-predictability")), abs=0.3
    )


@cases
def test_approvals_take_a_share_of_the_time(level: int, seed: int) -> None:
    rows = [row for row in delivered(level, seed, 365) if row["approval_seconds"] is not None]
    waited = sum(int(row["approval_seconds"]) for row in rows if row["approval_seconds"])
    counted = 100 * waited / sum(map(seconds, rows))
    assert counted == pytest.approx(value(level, seed, "req-approval-wait-share"), abs=4)


@cases
def test_deliveries_get_faster_or_slower(level: int, seed: int) -> None:
    rows = items(level, seed)
    before, after = (
        median(seconds(row) for row in within(rows, "fulfilled_at", since, until))
        for since, until in ((720, 600), (120, 0))
    )
    improves = value(level, seed, "req-lead-time-trend") > 50
    assert (after < 0.8 * before) if improves else (after > 1.2 * before)


@cases
def test_demand_on_people_per_user_falls_or_rises(level: int, seed: int) -> None:
    users: Any = organisation(level, seed).truth["active_users"]

    def per_user(since: float, until: float) -> float:
        rows = [
            row for row in within(requests(level, seed), "opened_at", since, until) if not by_machine(row)
        ]
        return sum(1 / int(users[months_of(known(row["opened_at"]))]) for row in rows)

    # the same season in both years
    before, after = per_user(725, 605), per_user(360, 240)
    improves = value(level, seed, "req-demand-shift-trend") > 50
    assert (after < 0.95 * before) if improves else (after > 1.05 * before)


def months_of(moment_: datetime) -> str:
    return f"{moment_.year}-{moment_.month:02d}"

"""What is planted of change enablement is in the records: counted again by other code."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import cache
from statistics import median

import pytest

from sandbox.organisation import Organisation, Quality, generate
from tests.sandbox.chance import DAY, UNTIL, Row, agrees, known, moment, planted, rows_of, share, within

CASES = [(2, 21), (3, 22), (5, 24)]
cases = pytest.mark.parametrize(("level", "seed"), CASES)


@cache
def organisation(level: int, seed: int) -> Organisation:
    return generate(Quality.of_levels({"change": level}, seed), seed=seed, until=UNTIL, incidents=12_000)


def value(level: int, seed: int, indicator: str) -> float:
    return planted(organisation(level, seed), "change")[indicator]


def carried_out(made: Organisation) -> list[Row]:
    """Changes that were carried out, with when they ended."""
    done = [{**row, "end": row["actual_end_at"] or row["closed_at"]} for row in rows_of(made.changes)]
    return [row for row in done if row["end"]]


@cache
def changes(level: int, seed: int) -> list[Row]:
    return carried_out(organisation(level, seed))


def recent(level: int, seed: int, days: float = 90) -> list[Row]:
    return within(changes(level, seed), "end", days)


def authorised(row: Row) -> bool:
    start, approved = moment(row["actual_start_at"]), moment(row["approved_at"])
    if start is None or row["unauthorised"] or known(row["opened_at"]) > start:
        return False
    in_time = approved is not None and approved <= start
    return in_time or row["type"] == "standard" or bool(row["gate_passed"])


@cache
def failures(level: int, seed: int) -> frozenset[object]:
    made = organisation(level, seed)
    blamed = {row["caused_by_change_id"] for row in made.incidents.rows()}
    repairs: dict[object, list[datetime]] = defaultdict(list)
    for row in rows_of(made.changes):
        if row["type"] == "emergency" and row["ci_id"]:
            repairs[row["ci_id"]].append(known(row["actual_start_at"] or row["opened_at"]))

    def failed(row: Row) -> bool:
        end = known(row["end"])
        repaired = any(end <= at <= end + 3 * DAY for at in repairs[row["ci_id"]])
        return row["outcome"] != "successful" or bool(row["backed_out"]) or row["id"] in blamed or repaired

    return frozenset(row["id"] for row in changes(level, seed) if failed(row))


@cases
def test_a_share_is_authorised_before_it_starts(level: int, seed: int) -> None:
    counted = share(recent(level, seed), authorised)
    assert agrees(counted, value(level, seed, "chg-authorised-before-start"))


@cases
def test_a_share_is_done_in_a_hurry(level: int, seed: int) -> None:
    counted = share(recent(level, seed), lambda row: row["type"] == "emergency")
    assert agrees(counted, value(level, seed, "chg-emergency-share"), off=0.5)


@cases
def test_five_fields_are_filled_as_often_as_planted(level: int, seed: int) -> None:
    def filled(row: Row) -> float:
        items = (
            row["ci_id"] or row["service_id"],
            row["planned_start_at"] and row["planned_end_at"],
            row["actual_start_at"] and row["actual_end_at"],
            row["close_code"] or row["outcome"],
            row["assignment_group"],
        )
        return sum(map(bool, items)) / 5

    closed = within(changes(level, seed), "closed_at", 90)
    mean = 100 * sum(map(filled, closed)) / len(closed)
    assert mean == pytest.approx(value(level, seed, "chg-record-completeness"), abs=2.5)


@cases
def test_a_share_is_made_from_a_recipe(level: int, seed: int) -> None:
    plain = (None, "Normal change", "Standard change", "Emergency change")
    ordinary = [row for row in recent(level, seed) if row["type"] != "emergency"]
    counted = share(ordinary, lambda row: row["model"] not in plain)
    assert agrees(counted, value(level, seed, "chg-standard-model-share"))


@cases
def test_a_share_names_what_it_touches_before_it_starts(level: int, seed: int) -> None:
    made = organisation(level, seed)
    entered = {
        row["record_id"]: known(row["at"])
        for row in made.transitions.rows()
        if row["record_kind"] == "change" and row["field"] == "ci_id"
    }
    items = {row["id"] for row in made.configuration_items.rows() if row["operational"]}

    def before(row: Row) -> bool:
        start = known(row["actual_start_at"] or row["planned_start_at"] or row["end"])
        item = row["ci_id"] in items and entered.get(row["id"], known(row["opened_at"])) <= start
        return item or row["service_id"] in items

    counted = share([row for row in recent(level, seed) if row["type"] != "standard"], before)
    assert agrees(counted, value(level, seed, "chg-impact-known"))


@cases
def test_groups_with_the_planted_volume_follow_the_rule(level: int, seed: int) -> None:
    teams: dict[object, list[bool]] = defaultdict(list)
    for row in recent(level, seed, 180):
        if row["assignment_group"]:
            teams[row["assignment_group"]].append(authorised(row))
    rates = {team: sum(own) / len(own) for team, own in teams.items()}
    usual = median(rates.values())
    behind = sum(len(own) for team, own in teams.items() if rates[team] < usual - 0.2)
    conforming = 100 * (1 - behind / sum(map(len, teams.values())))
    assert conforming == pytest.approx(value(level, seed, "chg-team-authorisation-consistency"), abs=4)


@cases
def test_a_share_works_the_first_time(level: int, seed: int) -> None:
    counted = share(recent(level, seed), lambda row: row["id"] not in failures(level, seed))
    assert agrees(counted, value(level, seed, "chg-success-rate"), off=0.5)


@cases
def test_a_share_runs_as_announced(level: int, seed: int) -> None:
    timed = [
        row
        for row in recent(level, seed)
        if row["planned_start_at"] and row["planned_end_at"] and row["actual_start_at"]
    ]

    def kept(row: Row) -> bool:
        begin, end = known(row["planned_start_at"]), known(row["planned_end_at"])
        spare = (end - begin) / 10
        return known(row["actual_start_at"]) >= begin - spare and known(row["actual_end_at"]) <= end + spare

    assert agrees(share(timed, kept), value(level, seed, "chg-schedule-adherence"))


def following(made: Organisation, done: list[Row]) -> tuple[int, float]:
    """Incidents that name one of these changes, and those that came after them more than in weeks before."""
    done = [row for row in done if row["ci_id"] or row["service_id"]]
    own = {row["id"] for row in done}
    named = sum(row["caused_by_change_id"] in own for row in made.incidents.rows())
    on_item: dict[object, list[datetime]] = defaultdict(list)
    for row in rows_of(made.incidents):
        on_item[row["ci_id"] or row["service_id"]].append(known(row["opened_at"]))
    excess = 0.0
    for row in done:
        opened, end = on_item[row["ci_id"] or row["service_id"]], known(row["end"])

        def around(weeks: int, opened: list[datetime] = opened, end: datetime = end) -> int:
            start = end - timedelta(weeks=weeks)
            return sum(start <= at < start + 2 * DAY for at in opened)

        excess += around(0) - sum(map(around, range(1, 5))) / 4
    return named, excess


@cases
def test_incidents_stand_out_after_changes_and_a_share_names_them(level: int, seed: int) -> None:
    named, excess = following(organisation(level, seed), recent(level, seed, 650))
    recall = value(level, seed, "chg-incident-linkage-recall")
    assert excess > 60
    assert 100 * named / excess == pytest.approx(recall, rel=0.3)


@pytest.mark.parametrize(("level", "seed"), [(1, 21), (3, 22)])
def test_they_stand_out_among_all_other_practices_as_well(level: int, seed: int) -> None:
    made = generate(Quality.everywhere(level, seed), seed=seed, until=UNTIL, incidents=6_000)
    done = within(carried_out(made), "end", 650)
    named, excess = following(made, done)
    recall = planted(made, "change")["chg-incident-linkage-recall"]
    assert excess > 60
    assert 100 * named / excess == pytest.approx(recall, rel=0.3)


@cases
def test_a_share_gets_in_the_way_of_another_group(level: int, seed: int) -> None:
    made = organisation(level, seed)
    planned = [
        row
        for row in rows_of(made.changes)
        if row["ci_id"] and row["planned_start_at"] and row["planned_end_at"]
    ]
    on_item: dict[object, list[Row]] = defaultdict(list)
    for row in planned:
        on_item[row["ci_id"]].append(row)

    def collides(row: Row) -> bool:
        begin, end = row["planned_start_at"], row["planned_end_at"]
        others = (other for other in on_item[row["ci_id"]] if other["id"] != row["id"])
        return not row["conflict_acknowledged"] and any(
            other["planned_start_at"] < end
            and begin < other["planned_end_at"]
            and other["assignment_group"] != row["assignment_group"]
            for other in others
        )

    counted = share(within(planned, "planned_start_at", 90), collides)
    assert agrees(counted, value(level, seed, "chg-collision-rate"), off=2)


@cases
def test_a_share_flows_without_people(level: int, seed: int) -> None:
    def flows(row: Row) -> bool:
        passed = row["type"] == "standard" or row["gate_passed"]
        machine = row["pipeline"] or str(row["implementer"]).startswith("svc_")
        return bool(passed and machine and row["automated_verification"] and not row["manual_approval_count"])

    counted = share(recent(level, seed), flows)
    assert agrees(counted, value(level, seed, "chg-preauthorised-automated-share"))


@cases
def test_the_risk_tells_failures_as_well_as_planted(level: int, seed: int) -> None:
    failed = failures(level, seed)
    rows = recent(level, seed, 730)
    bad = Counter(row["risk"] for row in rows if row["id"] in failed)
    good = Counter(row["risk"] for row in rows if row["id"] not in failed)
    above = sum(
        bad[one] * good[other] * (1.0 if one < other else 0.5)
        for one in bad
        for other in good
        if one <= other
    )
    area = above / (bad.total() * good.total())
    assert area == pytest.approx(value(level, seed, "chg-risk-rating-predictiveness"), abs=0.06)


@cases
def test_failures_move_as_the_trend_says(level: int, seed: int) -> None:
    failed = failures(level, seed)

    def rate(days: float, until: float) -> float:
        good, count = share(within(changes(level, seed), "end", days, until), lambda row: row["id"] in failed)
        return good / count

    falls = value(level, seed, "chg-failure-trend") == 100
    assert (rate(180, 0) < 0.7 * rate(730, 500)) if falls else (rate(180, 0) > 1.3 * rate(730, 500))


@cases
def test_lead_times_move_as_the_trend_says(level: int, seed: int) -> None:
    normal = [row for row in changes(level, seed) if row["type"] == "normal" and row["actual_end_at"]]

    def days(since: float, until: float) -> float:
        found = within(normal, "actual_end_at", since, until)
        return median((known(row["actual_end_at"]) - known(row["opened_at"])) / DAY for row in found)

    falls = value(level, seed, "chg-lead-time-trend") == 100
    assert (days(180, 0) < 0.7 * days(730, 500)) if falls else (days(180, 0) > 1.2 * days(730, 500))


def test_faster_changes_count_half_where_more_of_them_fail() -> None:
    quality = Quality.of_levels({"change": 4}, 3)
    quality.indicators["chg-lead-time-trend"] = 0.9  # type: ignore[index]
    made = generate(quality, seed=3, until=UNTIL, months=15, incidents=3_000)
    assert planted(made, "change")["chg-lead-time-trend"] == 50

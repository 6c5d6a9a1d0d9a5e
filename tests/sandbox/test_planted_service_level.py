"""What was planted of service levels stands in tickets, clocks and surveys: counted from records alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from math import log, sqrt
from statistics import fmean, median
from typing import Any

import pytest

from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.table import Table
from tests.sandbox.recount import business_hours

UNTIL = date(2026, 6, 17)
Row = Mapping[str, Any]
FIELDS = ("assignment_group", "assignee", "priority")


@cache
def organisation() -> Organisation:
    return generate(Quality.of_levels({"service-level": 3}, 1), seed=1, until=UNTIL, incidents=12_000)


def rows_of(table: Table) -> list[Row]:
    return [dict(row) for row in table.rows()]


def planted(indicator: str) -> float:
    truth: Any = organisation().truth["practices"]
    return float(truth["service-level"]["indicators"][indicator]["value"])


def since(days: int) -> str:
    return (UNTIL - timedelta(days=days)).isoformat()


def moment(cell: object) -> datetime:
    assert isinstance(cell, str)
    return datetime.fromisoformat(cell)


@cache
def incidents() -> Mapping[object, Row]:
    rows = rows_of(organisation().incidents)
    return {row["id"]: row for row in rows if _counts(row)}


def _counts(row: Row) -> bool:
    quick = row["resolved_at"] is not None and moment(row["resolved_at"]) - moment(
        row["opened_at"]
    ) < timedelta(minutes=5)
    machines = str(row["created_by"]).startswith("svc_") and str(row["resolver"]).startswith("svc_")
    noise = quick and machines and row["caller"] is None
    return (
        row["disposition"] is None
        and row["parent_id"] is None
        and row["created_by"] != "import.user"
        and not noise
    )


@cache
def requests() -> Mapping[object, Row]:
    return {row["id"]: row for row in rows_of(organisation().requests) if row["disposition"] is None}


@cache
def clocks() -> tuple[Row, ...]:
    """Promises to users that ended: what counts as attained or not."""
    known = {**incidents(), **requests()}
    return tuple(
        row
        for row in rows_of(organisation().service_levels)
        if row["type"] == "SLA"
        and row["stopped_at"] is not None
        and not row["cancelled"]
        and row["record_id"] in known
    )


@cache
def attached() -> frozenset[object]:
    return frozenset(
        row["record_id"]
        for row in rows_of(organisation().service_levels)
        if row["target"] == "resolution" and (row["stopped_at"] is not None or not row["cancelled"])
    )


def ticket(clock: Row) -> Row:
    return (incidents() if clock["record_kind"] == "incident" else requests())[clock["record_id"]]


def opened(days: int) -> list[Row]:
    return [row for row in (*incidents().values(), *requests().values()) if row["opened_at"] >= since(days)]


def urgent() -> list[Row]:
    return [row for row in incidents().values() if row["priority"] <= 2 and row["opened_at"] >= since(180)]


def agrees(indicator: str, flags: list[bool]) -> None:
    """A share of independent draws lies within three standard errors of the probability asked for."""
    p, n = planted(indicator) / 100, len(flags)
    assert n >= 50
    assert sum(flags) / n == pytest.approx(p, abs=3 * sqrt(p * (1 - p) / n))


def test_urgent_tickets_have_a_target_as_often_as_planted() -> None:
    due = [row for row in requests().values() if row["due_at"] is not None and row["opened_at"] >= since(180)]
    agrees("slm-urgent-target-coverage", [row["id"] in attached() for row in (*urgent(), *due)])


def test_clocks_can_be_trusted_as_often_as_planted() -> None:
    valid = []
    for clock in clocks():
        if clock["target"] == "resolution" and clock["stopped_at"] >= since(90):
            row = ticket(clock)
            ended = row["resolved_at"] if clock["record_kind"] == "incident" else row["fulfilled_at"]
            pairs = ((row["opened_at"], clock["started_at"]), (ended, clock["stopped_at"]))
            near = all(abs((moment(b) - moment(a)).total_seconds()) <= 600 for a, b in pairs)
            valid.append(near and clock["elapsed_seconds"] > 0 and not clock["edited"])
    agrees("slm-clock-validity", valid)


def test_tickets_name_a_service_as_often_as_planted() -> None:
    services = {row["id"] for row in rows_of(organisation().configuration_items) if row["service"]}
    below = {
        row["child_id"] for row in rows_of(organisation().ci_relationships) if row["parent_id"] in services
    }
    agrees(
        "slm-service-identified",
        [row["service_id"] in services or row["ci_id"] in below | services for row in opened(90)],
    )


def test_the_planted_volume_is_on_services_with_targets() -> None:
    recent = opened(90)
    kept = {row["service_id"] for row in recent if row["id"] in incidents() and row["id"] in attached()}
    promised = {
        row["service_id"]
        for row in recent
        if row["id"] in requests() and (row["id"] in attached() or row["target_seconds"] is not None)
    }
    both = (kept & promised) - {None}
    share = 100 * sum(row["service_id"] in both for row in recent) / len(recent)
    assert share == pytest.approx(planted("slm-service-target-coverage"), abs=0.5)


def test_teams_behind_the_desk_have_targets_as_often_as_planted() -> None:
    stays: dict[object, list[tuple[datetime, object]]] = defaultdict(list)
    for row in rows_of(organisation().transitions):
        if row["field"] == "assignment_group" and row["record_id"] in incidents():
            stays[row["record_id"]].append((moment(row["at"]), row["new_value"]))
    started: dict[object, list[datetime]] = defaultdict(list)
    for row in rows_of(organisation().service_levels):
        if row["type"] == "OLA":
            started[row["record_id"]].append(moment(row["started_at"]))
    complete = []
    for name, visits in stays.items():
        ended = incidents()[name]["resolved_at"]
        if ended is None or ended < since(90) or len({team for _, team in visits}) < 2:
            continue
        last = moment(ended)
        edges = [*(at for at, _ in sorted(visits)), last]
        complete.append(
            all(
                business_hours(first, min(after, last)) <= 4
                or any(first - timedelta(minutes=10) <= at < after for at in started[name])
                for first, after in pairwise(edges)
            )
        )
    agrees("slm-internal-target-coverage", complete)


def _attainment(rows: list[Row]) -> float:
    return 1 - sum(bool(row["breached"]) for row in rows) / len(rows)


def test_departments_that_fall_behind_hold_the_planted_volume() -> None:
    parts: dict[object, list[Row]] = defaultdict(list)
    department = {row["name"]: row["department"] for row in rows_of(organisation().groups)}
    recent = [row for row in clocks() if row["stopped_at"] >= since(90)]
    for row in recent:
        parts[department[ticket(row)["assignment_group"]]].append(row)
    best = median(_attainment(rows) for rows in parts.values())
    behind = sum(len(rows) for rows in parts.values() if _attainment(rows) < best - 0.13)
    share = 100 * (1 - behind / len(recent))
    assert share == pytest.approx(planted("slm-department-consistency"), abs=0.5)


def test_attainment_over_services_is_as_planted() -> None:
    parts: dict[object, list[Row]] = defaultdict(list)
    for row in clocks():
        if row["stopped_at"] >= since(90) and ticket(row)["service_id"] is not None:
            parts[ticket(row)["service_id"]].append(row)
    shares = [_attainment(rows) for rows in parts.values() if len(rows) >= 30]
    assert 100 * fmean(shares) == pytest.approx(planted("slm-attainment"), abs=2)


def _weekly() -> list[float]:
    """Empirical logits of the last 52 complete weeks, high = bad."""
    monday = UNTIL - timedelta(days=UNTIL.weekday(), weeks=52)
    counts: Counter[tuple[int, bool]] = Counter()
    for row in clocks():
        counts[(moment(row["stopped_at"]).date() - monday).days // 7, bool(row["breached"])] += 1
    return [log((counts[week, True] + 0.5) / (counts[week, False] + 0.5)) for week in range(52)]


def test_weeks_out_of_control_are_as_many_as_planted() -> None:
    values = _weekly()
    past = values[:26]
    limit = median(past) + 3 * median(abs(after - before) for before, after in pairwise(past)) / 0.954
    share = 100 * sum(value <= limit for value in values[26:]) / 26
    assert share == pytest.approx(planted("slm-attainment-in-control"), abs=4)


def test_attainment_fell_where_no_improvement_was_asked_for() -> None:
    first = [row for row in clocks() if row["stopped_at"] < since(550)]
    last = [row for row in clocks() if row["stopped_at"] >= since(365)]
    assert planted("slm-attainment-trend") == 0
    assert _attainment(first) > _attainment(last) + 0.03


def test_tickets_wait_for_the_planted_share_of_their_time() -> None:
    states: dict[object, list[tuple[int, datetime, object]]] = defaultdict(list)
    for row in rows_of(organisation().transitions):
        if row["field"] == "state" and row["record_kind"] == "incident":
            states[row["record_id"]].append((row["sequence"], moment(row["at"]), row["new_value"]))
    waiting = whole = 0.0
    for name, row in incidents().items():
        if row["resolved_at"] is None or row["resolved_at"] < since(90):
            continue
        for (_, begin, state), (_, end, _) in pairwise(sorted(states[name])):
            lasted = (end - begin).total_seconds()
            waiting += lasted * (state == "On Hold")
            whole += lasted * (state not in ("Resolved", "Closed", "Canceled"))
    assert 100 * waiting / whole == pytest.approx(planted("slm-pause-share"), abs=1.5)


def test_histories_stay_in_order_and_without_gaps() -> None:
    last: dict[object, Row] = {}
    states: dict[object, object] = {}
    for row in rows_of(organisation().transitions):
        before = last.get(row["record_id"])
        if before is not None:
            assert row["sequence"] == before["sequence"] + 1
            assert row["at"] >= before["at"]
        if row["field"] == "state":
            assert row["old_value"] == states.get(row["record_id"])
            states[row["record_id"]] = row["new_value"]
        last[row["record_id"]] = row


def test_business_impact_is_recorded_as_often_as_planted() -> None:
    rated = {
        row["id"]
        for row in rows_of(organisation().configuration_items)
        if row["service"] and row["criticality"] is not None
    }
    timed = {
        row["incident_id"]
        for row in rows_of(organisation().outages)
        if row["started_at"] is not None and row["ended_at"] is not None
    }
    agrees(
        "slm-business-impact-recorded",
        [row["service_id"] in rated or row["id"] in timed for row in urgent()],
    )


def test_as_many_tickets_at_risk_are_saved_as_planted() -> None:
    changes: dict[object, list[datetime]] = defaultdict(list)
    for row in rows_of(organisation().transitions):
        if row["field"] in FIELDS and row["new_value"] is not None:
            changes[row["record_id"]].append(moment(row["at"]))
    saved = []
    for clock in clocks():
        if clock["target"] != "resolution" or clock["stopped_at"] < since(90):
            continue
        if clock["breached"] or 4 * clock["elapsed_seconds"] >= 3 * clock["target_seconds"]:
            start, due = moment(clock["started_at"]), moment(clock["due_at"])
            risk, until = start + 0.75 * (due - start), min(moment(clock["stopped_at"]), due)
            helped = any(risk <= at < until for at in changes[clock["record_id"]])
            saved.append(helped and not clock["breached"])
    agrees("slm-at-risk-intervention", saved)


def _answered(days: int) -> list[Row]:
    known = {**incidents(), **requests()}
    return [
        row
        for row in rows_of(organisation().surveys)
        if row["answered_at"] is not None
        and str(row["answered_at"]) >= since(days)
        and row["record_id"] in known
    ]


def test_users_whose_target_was_met_are_unhappy_as_often_as_planted() -> None:
    broken: dict[object, bool] = defaultdict(bool)
    for clock in rows_of(organisation().service_levels):
        if clock["target"] == "resolution" and not clock["cancelled"]:
            broken[clock["record_id"]] |= bool(clock["breached"])
    met = [row for row in _answered(365) if row["record_id"] in broken and not broken[row["record_id"]]]
    agrees("slm-experience-gap", [row["score"] <= 25 for row in met])
    assert {row["points"] for row in met} == {5}


def test_satisfaction_fell_where_no_improvement_was_asked_for() -> None:
    every = _answered(800)
    first = [row["score"] for row in every if row["answered_at"] < since(500)]
    last = [row["score"] for row in every if row["answered_at"] >= since(182)]
    assert planted("slm-satisfaction-trend") == 0
    assert fmean(first) > fmean(last) + 5


def test_clocks_that_stopped_are_broken_exactly_where_they_ran_too_long() -> None:
    for clock in clocks():
        assert clock["breached"] == (clock["elapsed_seconds"] > clock["target_seconds"])


def test_no_clock_stops_before_it_starts_or_after_the_period() -> None:
    end = datetime.combine(UNTIL, time(0), UTC)
    for clock in rows_of(organisation().service_levels):
        if clock["stopped_at"] is not None:
            assert moment(clock["started_at"]) <= moment(clock["stopped_at"]) < end


def test_clocks_of_the_resolution_of_incidents_stay_as_they_were() -> None:
    plain = generate(Quality.of_levels({}, 1), seed=1, until=UNTIL, incidents=12_000)
    before = {row["id"]: row for row in rows_of(plain.service_levels)}
    after = {row["id"]: row for row in rows_of(organisation().service_levels)}
    for name, row in before.items():
        own = {"edited": None, "updated_at": None}
        assert {**after[name], **own} == {**row, **own}

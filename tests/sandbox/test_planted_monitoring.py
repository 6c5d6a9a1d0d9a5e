"""What was planted of monitoring stands in the alerts and events: counted anew, from the records alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import Any

import pytest

from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.table import Table

UNTIL = date(2026, 6, 17)
LIMITS = {1: 900, 2: 3600}
Row = Mapping[str, Any]


@cache
def organisation() -> Organisation:
    return generate(Quality.of_levels({"monitoring": 3}, 1), seed=1, until=UNTIL, incidents=12_000)


@cache
def alerts() -> tuple[Row, ...]:
    return tuple(row for row in rows_of(organisation().alerts) if row["parent_id"] is None)


@cache
def incidents() -> Mapping[object, Row]:
    return {row["id"]: row for row in rows_of(organisation().incidents)}


def rows_of(table: Table) -> list[Row]:
    return [dict(row) for row in table.rows()]


def planted(indicator: str) -> float:
    truth: Any = organisation().truth["practices"]
    return float(truth["monitoring"]["indicators"][indicator]["value"])


def since(days: int) -> str:
    return (UNTIL - timedelta(days=days)).isoformat()


def lately(days: int) -> list[Row]:
    return [row for row in alerts() if row["opened_at"] >= since(days)]


def moment(cell: object) -> datetime:
    assert isinstance(cell, str)
    return datetime.fromisoformat(cell)


def seconds(row: Row, *names: str) -> float:
    known = [moment(row[name]) for name in names if row[name] is not None]
    return (min(known) - moment(row["opened_at"])).total_seconds() if known else float("inf")


def in_time(row: Row) -> bool:
    return seconds(row, "acknowledged_at", "ticketed_at", "remediated_at") <= LIMITS[row["severity"]]


def useful(row: Row) -> bool:
    return bool(row["incident_id"] or row["remediation"] or row["work_recorded"])


def serious(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["severity"] <= 2 and not row["maintenance"]]


def urgent() -> list[Row]:
    return [row for row in incidents().values() if row["priority"] <= 2 and row["disposition"] is None]


@cache
def first_alerts() -> Mapping[object, Row]:
    found: dict[object, Row] = {}
    for row in alerts():
        if row["incident_id"] is not None:
            found.setdefault(row["incident_id"], row)
    return found


def agrees(indicator: str, flags: list[bool]) -> None:
    """A share of independent draws lies within three standard errors of the probability asked for."""
    p, n = planted(indicator) / 100, len(flags)
    assert n >= 50
    assert sum(flags) / n == pytest.approx(p, abs=3 * sqrt(p * (1 - p) / n))


def test_serious_alerts_are_answered_in_time_as_often_as_planted() -> None:
    agrees("mon-alert-response", [in_time(row) for row in serious(alerts())])
    agrees("mon-alert-response", [in_time(row) for row in serious(lately(30))])


def test_alerts_are_bound_to_items_as_often_as_planted() -> None:
    agrees("mon-alert-ci-binding", [bool(row["ci_id"] or row["service_id"]) for row in alerts()])


def test_critical_alerts_lead_to_something_as_often_as_planted() -> None:
    critical = [row for row in serious(lately(365)) if row["severity"] == 1]
    led = [
        useful(row)
        and seconds(row, "acknowledged_at", "ticketed_at", "remediated_at", "closed_at") <= 4 * 3600
        for row in critical
    ]
    p = planted("mon-critical-alert-precision") / 100
    recent = [flag for row, flag in zip(critical, led, strict=True) if row["opened_at"] >= since(90)]
    assert sum(recent) / len(recent) == pytest.approx(p, abs=3 * sqrt(p * (1 - p) / len(recent)))


def test_as_many_shown_alerts_are_worth_attention_as_planted() -> None:
    agrees("mon-actionable-alert-rate", [useful(row) for row in lately(90) if row["shown"]])


def test_events_are_compressed_as_planted() -> None:
    events = sum(
        row["event_count"] or 1
        for row in rows_of(organisation().events)
        if row["type"] != "heartbeat" and str(row["occurred_at"]) >= since(90)
    )
    share = 100 * (1 - len(lately(90)) / events)
    assert share == pytest.approx(planted("mon-event-compression"), abs=1.5)


def test_teams_that_respond_late_hold_the_planted_volume() -> None:
    teams: dict[object, list[bool]] = defaultdict(list)
    for row in serious(lately(90)):
        teams[row["assignment_group"]].append(in_time(row))
    pooled = planted("mon-alert-response") / 100
    rates = {name: sum(flags) / len(flags) for name, flags in teams.items()}
    behind = sum(len(teams[name]) for name, rate in rates.items() if rate < pooled - 0.14)
    total = sum(len(flags) for flags in teams.values())
    assert 100 * (1 - behind / total) == pytest.approx(planted("mon-team-response-consistency"), abs=0.01)


def test_weeks_out_of_control_are_as_many_as_planted() -> None:
    monday = UNTIL - timedelta(days=UNTIL.weekday(), weeks=52)
    weeks: list[list[float]] = [[] for _ in range(52)]
    for row in alerts():
        week = (moment(row["opened_at"]).date() - monday).days // 7
        if row["severity"] <= 2 and row["acknowledged_at"] is not None and 0 <= week < 52:
            weeks[week].append(seconds(row, "acknowledged_at"))
    medians = [median(values) for values in weeks]
    past = medians[:26]
    ranges = [abs(after - before) for before, after in pairwise(past)]
    limit = median(past) + 3 * median(ranges) / 0.954
    share = 100 * sum(value <= limit for value in medians[26:]) / 26
    assert share == pytest.approx(planted("mon-acknowledge-time-in-control"))


def test_urgent_incidents_are_detected_as_often_as_planted() -> None:
    found = [
        row["id"] in first_alerts()
        and (row["channel"] == "monitoring" or first_alerts()[row["id"]]["opened_at"] < row["opened_at"])
        for row in urgent()
        if row["opened_at"] >= since(182)
    ]
    agrees("mon-monitoring-detected-share", found)


def test_detection_got_worse_where_no_improvement_was_asked_for() -> None:
    found = [(row["opened_at"] >= since(365), row["id"] in first_alerts()) for row in urgent()]
    counts = Counter(found)
    rates = {late: counts[late, True] / (counts[late, True] + counts[late, False]) for late in (False, True)}
    assert planted("mon-detection-time-trend") == 0
    assert rates[True] < rates[False]


def test_incidents_born_of_alerts_reach_the_right_team_as_often_as_planted() -> None:
    born = [
        incidents()[name]
        for name, alert in first_alerts().items()
        if alert["incident_created_automatically"] and incidents()[name]["opened_at"] >= since(90)
    ]
    right = [bool(row["ci_id"] and row["assignment_group"] and not row["reassignment_count"]) for row in born]
    agrees("mon-auto-ticketing-quality", right)


def test_alerts_heal_as_often_as_planted_and_do_not_come_back() -> None:
    healed = [row for row in alerts() if row["remediation"] == "successful" and row["condition_cleared"]]
    places: dict[tuple[object, object], list[datetime]] = defaultdict(list)
    for row in alerts():
        places[row["ci_id"], row["metric"]].append(moment(row["opened_at"]))
    back = [
        row
        for row in healed
        if any(
            timedelta(0) <= again - moment(row["closed_at"]) < timedelta(days=1)
            for again in places[row["ci_id"], row["metric"]]
        )
    ]
    assert len(back) < 0.02 * len(healed)
    agrees("mon-auto-remediation", [row in healed for row in lately(90) if useful(row)])


def test_warnings_that_somebody_used_precede_urgent_incidents_as_often_as_planted() -> None:
    warnings: dict[object, list[Row]] = defaultdict(list)
    for row in alerts():
        if row["early_warning"]:
            warnings[row["service_id"]].append(row)
    used = [
        any(
            timedelta(minutes=15)
            <= moment(row["opened_at"]) - moment(alert["opened_at"])
            <= timedelta(days=1)
            and alert["acknowledged_at"] is not None
            and alert["acknowledged_at"] <= row["opened_at"]
            for alert in warnings[row["service_id"]]
        )
        for row in urgent()
        if row["opened_at"] >= since(365)
    ]
    agrees("mon-early-warning", used)


def test_noise_grows_where_no_improvement_was_asked_for() -> None:
    months = Counter(row["opened_at"][:7] for row in alerts() if row["shown"] and not useful(row))
    names = sorted(months)[1:-1]
    half = len(names) // 2
    assert planted("mon-noise-trend") == 0
    assert sum(months[name] for name in names[half:]) > 1.1 * sum(months[name] for name in names[:half])


def test_nobody_hears_of_critical_services_that_are_not_watched() -> None:
    children: dict[object, list[object]] = defaultdict(list)
    for row in rows_of(organisation().ci_relationships):
        children[row["parent_id"]].append(row["child_id"])
    heard = {row["ci_id"] for row in lately(30)} | {row["service_id"] for row in lately(30)}
    heard |= {row["service_id"] for row in rows_of(organisation().events) if row["service_id"] is not None}
    critical = [
        row["id"]
        for row in rows_of(organisation().configuration_items)
        if row["service"] and row["operational"] and row["criticality"] == "critical"
    ]
    watched = 0
    for service in critical:
        parts, edge = {service}, {service}
        for _ in range(3):
            edge = {child for parent in edge for child in children[parent]}
            parts |= edge
        watched += bool(parts & heard)
    p, n = planted("mon-critical-service-coverage") / 100, len(critical)
    assert n >= 8
    assert watched / n == pytest.approx(p, abs=3 * sqrt(p * (1 - p) / n))


def test_alerts_refer_to_incidents_that_exist_and_never_to_later_ones() -> None:
    for name, alert in first_alerts().items():
        assert moment(alert["opened_at"]) < moment(incidents()[name]["opened_at"])


def test_planted_monitoring_leaves_the_incidents_alone() -> None:
    plain = generate(Quality.of_levels({}, 1), seed=1, until=UNTIL, incidents=12_000)
    assert rows_of(plain.incidents) == rows_of(organisation().incidents)

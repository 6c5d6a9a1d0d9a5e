"""Every monitoring indicator in a world small enough to work its value out by hand."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from evaluators.catalogue import shipped
from evaluators.policy import Policy
from evaluators.results import State
from storage.evidence.store import KindState
from storage.records import KINDS
from tests.evaluators.linked import month
from tests.evaluators.served import (
    ALERT,
    WITH_IDENTITIES,
    alert,
    alerts,
    counts,
    delivers_everything,
    later,
    taken,
)
from tests.evaluators.world import World, moment

OPENED = str(ALERT["opened_at"])
INDICATORS = [entry.id for entry in shipped().practice("monitoring").indicators]


def service(world: World, name: str, **columns: object) -> None:
    """A critical service in operation."""
    usual = {"service": True, "operational": True, "criticality": "1 - most critical"}
    world.record("configuration_item", id=name, **{**usual, **columns})


def test_critical_services_are_watched_if_they_or_their_items_were_heard_of_in_30_days(world: World) -> None:
    for number in range(10):
        service(world, f"service {number}")
    service(world, "ordinary", criticality="3 - less critical")
    service(world, "gone", operational=False)
    chain = ("service 0", "app", "host", "disk", "sector")
    for parent, child in pairwise(chain):
        world.record("ci_relationship", parent_id=parent, child_id=child)
        world.record("configuration_item", id=child, name=f"name of {child}")
    world.record("ci_relationship", parent_id="service 6", child_id="app")
    world.record("event", occurred_at="2026-05-16 00:01", ci_id="disk")
    world.record("event", occurred_at="2026-06-14 09:00", service_id="service 1", type="heartbeat")
    world.record("event", occurred_at="2026-05-15 23:59", service_id="service 2")
    world.record("event", occurred_at="2026-06-01 09:00", service_id="ordinary")
    alert(world, ci_id="service 3")
    world.record("ci_relationship", parent_id="service 4", child_id="named")
    world.record("configuration_item", id="named", host_name="Node.Example")
    world.record("event", occurred_at="2026-06-01 09:00", node="node.example")
    world.record("ci_relationship", parent_id="service 5", child_id="sector")
    found = taken(world, "mon-critical-service-coverage")
    # 0 through its disk three steps down, 6 through the same one, 1, 3, 4; not 2 (31 days ago), 5, 7 to 9.
    assert counts(found) == (50, 5, 10)


def test_without_named_critical_services_the_20_with_most_tickets_stand_for_them(world: World) -> None:
    for number in range(25):
        service(world, f"service {number:02}", criticality=None)
        world.incidents(number, service_id=f"service {number:02}")
        if number >= 15:
            world.record("event", occurred_at="2026-06-01 09:00", service_id=f"service {number:02}")
    assert counts(taken(world, "mon-critical-service-coverage")) == (50, 10, 20)


def test_serious_alerts_are_answered_within_15_or_60_minutes(world: World) -> None:
    alerts(world, 20, acknowledged_at=later(OPENED, minutes=15))
    alerts(world, 10, severity=2, acknowledged_at=later(OPENED, minutes=60))
    alerts(world, 2, acknowledged_at=None, ticketed_at=later(OPENED, minutes=5), incident_id="elsewhere")
    alerts(world, 2, acknowledged_at=None, remediated_at=later(OPENED, minutes=1))
    made = world.incident(opened_at=later(OPENED, minutes=3))
    alerts(world, 1, acknowledged_at=None, incident_id=made)
    moved = alert(world, acknowledged_at=None, incident_id="elsewhere")
    world.changes(moved, "incident_id", [(later(OPENED, minutes=9), "elsewhere", None)], kind="alert")
    alerts(world, 8, acknowledged_at=later(OPENED, minutes=15, seconds=1))
    alerts(world, 2, severity=2, acknowledged_at=later(OPENED, minutes=60, seconds=1))
    earlier = world.incident(opened_at="2026-05-20 09:00")
    alerts(world, 4, acknowledged_at=None, incident_id=earlier)
    alerts(world, 9, severity=3, acknowledged_at=None)
    alerts(world, 9, maintenance=True, acknowledged_at=None)
    alerts(world, 9, opened_at="2026-05-15 09:00", acknowledged_at=None)
    assert counts(taken(world, "mon-alert-response")) == (72, 36, 50)


def test_alerts_are_bound_to_items_that_are_in_operation(world: World) -> None:
    world.record("configuration_item", id="srv-1", operational=True)
    world.record("configuration_item", id="mail", operational=True, service=True)
    world.record("configuration_item", id="old", operational=False)
    alerts(world, 50)
    alerts(world, 10, ci_id=None, service_id="mail")
    alerts(world, 20, ci_id="old")
    alerts(world, 10, ci_id="unknown")
    alerts(world, 10, ci_id=None)
    assert counts(taken(world, "mon-alert-ci-binding")) == (60, 60, 100)


def test_compression_is_what_deduplication_spares(world: World) -> None:
    world.record("event", occurred_at="2026-05-20 00:00", event_count=900)
    for _ in range(100):
        world.record("event", occurred_at="2026-06-01 09:00")
    world.record("event", occurred_at="2026-06-01 09:00", event_count=5000, type="Heartbeat")
    world.record("event", occurred_at="2026-05-15 09:00", event_count=5000)
    alerts(world, 130)
    found = taken(world, "mon-event-compression")
    assert (found.value, found.numerator, found.denominator, found.n) == (87, 130, 1000, 1000)


def test_alerts_from_before_the_first_known_event_are_not_set_against_events(world: World) -> None:
    world.record("event", occurred_at="2026-06-08 00:00", event_count=1000)
    alerts(world, 50, opened_at="2026-06-09 09:00")
    alerts(world, 50, opened_at="2026-06-05 09:00")
    assert taken(world, "mon-event-compression").value == 95


def test_compression_asks_for_a_thousand_events(world: World) -> None:
    world.record("event", occurred_at="2026-06-01 09:00", event_count=999)
    assert taken(world, "mon-event-compression").state is State.INSUFFICIENT_SAMPLE


def test_a_critical_alert_was_right_if_something_came_of_it_within_four_hours(world: World) -> None:
    serious, ordinary, false = (
        world.incident(priority=3),
        world.incident(priority=4),
        world.incident(priority=1, disposition="cancelled"),
    )
    at_once, four_hours = later(OPENED, minutes=1), later(OPENED, hours=4)
    alerts(world, 10, incident_id=serious, ticketed_at=four_hours)
    alerts(world, 5, remediated_at=four_hours, remediation="failed")
    alerts(world, 5, work_recorded=True)
    alerts(world, 5, work_recorded=True, acknowledged_at=None, closed_at=four_hours)
    alerts(world, 5, incident_id=serious, ticketed_at=later(OPENED, hours=4, seconds=1))
    alerts(world, 5, incident_id=ordinary, ticketed_at=at_once)
    alerts(world, 5, incident_id=false, ticketed_at=at_once)
    alerts(world, 5, work_recorded=True, acknowledged_at=later(OPENED, hours=5))
    alerts(world, 5)
    alerts(world, 9, severity=2)
    alerts(world, 9, maintenance=True)
    assert counts(taken(world, "mon-critical-alert-precision")) == (50, 25, 50)


def test_groups_that_answer_much_later_than_the_organisation_do_not_conform(world: World) -> None:
    late = later(OPENED, hours=2)
    for team, in_time, delayed in (("Network", 60, 0), ("Mail", 60, 0), ("Apps", 30, 15)):
        alerts(world, in_time, assignment_group=team)
        alerts(world, delayed, assignment_group=team, acknowledged_at=late)
    alerts(world, 19, assignment_group="Small", acknowledged_at=late)
    found = taken(world, "mon-team-response-consistency")
    # Apps: Wilson upper bound of 30 of 45 is 0.786, below the reference 1 (weighted median) - 10 points.
    assert found.value == pytest.approx(100 * 120 / 165)


def test_alerts_are_worth_attention_if_something_came_of_them(world: World) -> None:
    alerts(world, 20, incident_id="any")
    alerts(world, 20, remediation="failed")
    alerts(world, 20, work_recorded=True)
    alerts(world, 40)
    alerts(world, 60, work_recorded=False)
    alerts(world, 40, shown=True, maintenance=True)
    alerts(world, 9, shown=False, incident_id="any")
    alerts(world, 9, maintenance=True, incident_id="any")
    alerts(world, 9, parent_id="group", incident_id="any")
    assert counts(taken(world, "mon-actionable-alert-rate")) == (30, 60, 200)


def weeks_of_alerts(world: World, minutes: list[int]) -> None:
    """Ten serious alerts in each week up to today, acknowledged after so many minutes."""
    for number, delay in enumerate(reversed(minutes)):
        opened = moment("2026-06-08 09:00") - timedelta(weeks=number)
        alerts(world, 10, opened_at=opened, acknowledged_at=opened + timedelta(minutes=delay))
        alerts(world, 3, opened_at=opened, acknowledged_at=opened + timedelta(days=1), severity=3)
        alerts(world, 3, opened_at=opened, acknowledged_at=None)


def test_weeks_are_in_control_if_they_are_answered_as_before(world: World) -> None:
    weeks_of_alerts(world, [10, 12] * 12 + [40, 40, 10, 12])
    found = taken(world, "mon-acknowledge-time-in-control")
    # 28 weeks: of the last 14 two are far above what the first 14 allow.
    assert (found.numerator, found.denominator) == (12, 14)
    assert found.value == pytest.approx(100 * 12 / 14)


def test_monitoring_detects_what_an_alert_saw_before_the_first_user(world: World) -> None:
    def incident(alert_at: str | None, **columns: object) -> str:
        name = world.incident(**{"priority": 2, **columns})
        if alert_at is not None:
            alert(world, opened_at=alert_at, incident_id=name)
        return name

    incident("2026-06-01 08:59")
    incident("2026-06-01 09:00", channel="Event Management")
    incident("2026-06-01 09:30", channel=None, created_by="automation:events")
    child = world.incident(priority=4, parent_id=incident(None))
    alert(world, opened_at="2026-06-01 08:00", incident_id=child)
    incident("2026-06-01 09:00")
    incident("2026-06-01 09:01", created_by="automation:portal")
    seen_by_user = incident("2026-06-01 08:59", channel="monitoring")
    world.incident(parent_id=seen_by_user, opened_at="2026-06-01 08:30")
    for _ in range(3):
        incident(None)
    incident("2026-06-01 08:00", priority=3)
    incident("2026-06-01 08:00", priority=None)
    parents_only = Policy()
    assert counts(taken(world, "mon-monitoring-detected-share", policy=parents_only)) == (40, 4, 10)


def test_alert_born_incidents_go_to_the_right_group_by_themselves(world: World) -> None:
    def born(count: int, automatic: bool | None = True, ticketed: int = 0, **columns: object) -> None:
        for _ in range(count):
            name = world.incident(**{"channel": "monitoring", **columns})
            at = later("2026-06-01 09:00", seconds=ticketed)
            alert(
                world,
                opened_at="2026-06-01 08:58",
                ticketed_at=at,
                incident_id=name,
                incident_created_automatically=automatic,
            )

    born(12)
    born(3, automatic=None, created_by="automation:events")
    born(3, automatic=False)
    born(3, ci_id=None)
    born(3, assignment_group=None)
    born(3, reassignment_count=1)
    born(3, automatic=False, channel="phone", ticketed=60)
    born(5, automatic=False, channel="phone", ticketed=61)
    world.incidents(5, channel="monitoring")
    assert counts(taken(world, "mon-auto-ticketing-quality")) == (50, 15, 30)


def test_an_alert_is_healed_if_it_is_closed_by_machine_and_stays_away_for_a_day(world: World) -> None:
    cured = {"remediation": "successful", "closed_by": "automation:healer", "condition_cleared": True}

    def on_items(count: int, **columns: object) -> list[str]:
        items = [f"item-{world.next_number()}" for _ in range(count)]
        for name in items:
            alert(world, **{**cured, "ci_id": name, **columns})
        return items

    on_items(20)
    for name in on_items(2):
        alert(world, ci_id=name, opened_at=later(OPENED, hours=25), severity=4)
    for name in on_items(3):
        alert(world, ci_id=name, opened_at=later(OPENED, hours=24, minutes=59), severity=4)
    for name in on_items(3):
        alert(world, ci_id=name, metric="space", opened_at=later(OPENED, hours=2), severity=4)
    on_items(12, remediation="failed")
    on_items(10, closed_by="person:ann")
    on_items(10, condition_cleared=False)
    on_items(10, closed_at=None)
    on_items(20, remediation=None, incident_id="any")
    on_items(10, ci_id=None)
    on_items(9, remediation=None)
    found = taken(world, "mon-auto-remediation", policy=WITH_IDENTITIES)
    # Twenty, two that came back after a day and three on whose item something else happened.
    assert counts(found) == (25, 25, 100)


def test_without_a_list_of_identities_nobody_knows_what_machines_closed(world: World) -> None:
    alerts(world, 100, work_recorded=True)
    assert taken(world, "mon-auto-remediation").state is State.NOT_CONNECTED


def announced(world: World, incidents: int, warned: int, used: int, **columns: object) -> None:
    """Urgent incidents on items of their own, some with a warning two hours before, some of these used."""
    for number in range(incidents):
        name = f"item-{number}"
        world.incident(priority=1, opened_at="2026-06-01 09:00", ci_id=name, service_id=None)
        if number < warned:
            acted = "2026-06-01 07:30" if number < used else None
            early = {"opened_at": "2026-06-01 07:00", "early_warning": True, "acknowledged_at": acted}
            alert(world, **{**early, "ci_id": name, **columns})
    alert(world, opened_at="2026-01-01 09:00", ci_id="elsewhere", early_warning=False)


def test_warnings_count_if_somebody_acted_on_them_before_the_incident(world: World) -> None:
    announced(world, 20, 8, 5)
    world.incidents(5, priority=1, ci_id=None, service_id=None)
    found = taken(world, "mon-early-warning")
    assert counts(found) == (25, 5, 20)
    assert dict(found.aggregates) == {
        "incidents": 20,
        "warning used": 5,
        "warned": 8,
        "comparison warnings": 0,
        "comparison windows": 20 * 28,
    }


@pytest.mark.parametrize(
    ("opened_at", "value"),
    [
        ("2026-05-31 08:59:59", 0),
        ("2026-05-31 09:00", 100),
        ("2026-06-01 08:45", 100),
        ("2026-06-01 08:45:01", 0),
    ],
)
def test_a_warning_comes_15_minutes_to_24_hours_before(world: World, opened_at: str, value: int) -> None:
    announced(world, 20, 20, 20, opened_at=opened_at, acknowledged_at=opened_at)
    assert taken(world, "mon-early-warning").value == value


def test_acting_after_the_incident_began_is_no_use_of_a_warning(world: World) -> None:
    announced(world, 20, 20, 20, acknowledged_at="2026-06-01 09:01")
    assert taken(world, "mon-early-warning").value == 0


def test_who_warns_all_the_time_has_announced_nothing(world: World) -> None:
    announced(world, 20, 20, 20)
    for number in range(20):
        for day in range(0, 28, 2):
            at = moment("2026-05-04 08:00") + timedelta(days=day)
            alert(world, opened_at=at, ci_id=f"item-{number}", early_warning=True)
    found = taken(world, "mon-early-warning")
    # Every second of the 28 windows before has a warning as well: the lift is exactly 2, not above it.
    assert (found.value, dict(found.aggregates)["comparison warnings"]) == (0, 14 * 20)
    assert "lift 2.0" in found.reason


def test_days_before_the_first_known_alert_are_no_windows_to_compare_with(world: World) -> None:
    for number in range(20):
        world.incident(priority=1, ci_id=f"item-{number}")
        alert(world, opened_at="2026-06-01 07:00", ci_id=f"item-{number}", early_warning=True)
    assert taken(world, "mon-early-warning").state is State.INSUFFICIENT_SAMPLE


def test_early_warning_is_marked_as_experimental(world: World) -> None:
    entries = world.catalogue.practice("monitoring").indicators
    assert {entry.id for entry in entries if entry.experimental} == {"mon-early-warning"}


def months_of_noise(world: World, noisy: list[int], items: int = 20, total: int = 130) -> None:
    """Alerts of twelve months on so many items, some of which come to nothing."""
    for number, count in enumerate(noisy):
        for position in range(total):
            work = position >= count
            alert(world, opened_at=month(number), ci_id=f"item-{position % items}", work_recorded=work)


def test_noise_per_item_falls_month_by_month(world: World) -> None:
    months_of_noise(world, list(range(120, 0, -10)))
    found = taken(world, "mon-noise-trend")
    assert found.value == 100
    assert found.series[0] == ("2025-06", 6.0, 130)
    assert found.series[-1] == ("2026-05", 0.5, 130)


def test_less_noise_counts_half_if_monitoring_detects_less(world: World) -> None:
    months_of_noise(world, list(range(120, 0, -10)))
    for number in range(12):
        for position in range(12):
            opened = month(number) + timedelta(hours=2)
            name = world.incident(priority=1, opened_at=opened)
            if position >= number:
                alert(world, opened_at=opened - timedelta(minutes=5), incident_id=name, parent_id="none")
    assert taken(world, "mon-noise-trend").value == 50


def test_noise_that_grows_scores_nothing(world: World) -> None:
    months_of_noise(world, list(range(10, 130, 10)))
    assert taken(world, "mon-noise-trend").value == 0


def test_monitoring_is_first_more_and_more_often(world: World) -> None:
    for quarter in range(8):
        # The second of April 2024 and of every third month after it, up to January 2026.
        months = 3 + 3 * quarter
        opened = moment(f"{2024 + months // 12}-{months % 12 + 1:02d}-02 09:00")
        for position in range(8):
            name = world.incident(priority=1, opened_at=opened)
            if position < quarter:
                alert(world, opened_at=opened - timedelta(minutes=5), incident_id=name)
    found = taken(world, "mon-detection-time-trend")
    assert found.value == 100
    assert [value for _, value, _ in found.series] == [12.5 * quarter for quarter in range(8)]


# --- Evidence states ---


@pytest.mark.parametrize("indicator", INDICATORS)
def test_without_alerts_and_events_nothing_is_measured(world: World, indicator: str) -> None:
    world.incidents(30, priority=1)
    for kind in KINDS:
        world.delivers(kind, state=KindState.ABSENT if kind in ("alert", "event") else KindState.READABLE)
    found = world.measure(indicator, WITH_IDENTITIES).measurement
    assert found.state in (State.NOT_CONNECTED, State.NOT_SUPPORTED)


def test_grouped_alerts_do_not_count(world: World) -> None:
    alerts(world, 50)
    alerts(world, 50, acknowledged_at=None, parent_id="first")
    assert counts(taken(world, "mon-alert-response", policy=Policy())) == (100, 50, 50)


def test_outages_and_events_have_days_and_departments(world: World) -> None:
    policy = Policy(departments={"Net*": "IT"})
    world.record("configuration_item", id="srv-1", support_group="Network")
    world.record("event", id="event", occurred_at="2026-06-01 09:00", ci_id="srv-1")
    world.record("outage", id="outage", started_at="2026-06-01 09:00", ci_id="srv-1")
    delivers_everything(world)
    assert world.column("department", policy, "event") == {"event": "IT"}
    assert world.column("department", policy, "outage") == {"outage": "IT"}
    assert str(world.column("started_on", policy, "outage")["outage"]) == "2026-06-01"


def test_the_monitoring_practice_is_assessed_whole(world: World) -> None:
    alerts(world, 60)
    delivers_everything(world)
    (result,) = world.assess(practices=("monitoring",)).practices
    assert len(result.indicators) == 14

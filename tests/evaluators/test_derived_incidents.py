from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from evaluators.derive import derive
from evaluators.policy import Policy
from tests.evaluators.world import EVERYTHING_COUNTS, World

OPENED = "2026-06-01 09:00"


def one(world: World, column: str, policy: Policy = EVERYTHING_COUNTS) -> Any:
    """The value of a column of the first incident."""
    return next(iter(world.column(column, policy).values()))


def clock(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-06-01 {text}")


# --- First response ---


def test_an_assignment_to_a_person_is_a_response(world: World) -> None:
    name = world.incident()
    world.changes(name, "assignee", [("2026-06-01 09:20", "person:ann", "automation:router")])
    assert one(world, "first_response_at") == clock("09:20")
    assert one(world, "response_seconds") == 20 * 60


def test_an_assignment_to_an_automation_or_to_nobody_is_none(world: World) -> None:
    name = world.incident()
    steps = [("2026-06-01 09:10", "automation:pool", None), ("2026-06-01 09:15", None, None)]
    world.changes(name, "assignee", [*steps, ("2026-06-01 09:40", "person:ann", None)])
    assert one(world, "first_response_at") == clock("09:40")


def test_leaving_the_first_state_is_a_response_of_a_person(world: World) -> None:
    name = world.incident()
    steps = [(OPENED, "New", "person:caller"), ("2026-06-01 09:30", "Work", "person:ann")]
    world.changes(name, "state", steps)
    assert one(world, "first_response_at") == clock("09:30")


def test_an_automation_that_does_not_resolve_has_not_responded(world: World) -> None:
    name = world.incident(resolver="person:ann")
    steps = [
        (OPENED, "New", "automation:mail"),
        ("2026-06-01 09:01", "Triaged", "automation:mail"),
        ("2026-06-01 10:00", "Work", "person:ann"),
    ]
    world.changes(name, "state", steps)
    assert one(world, "first_response_at") == clock("10:00")


def test_an_automation_that_resolves_has_responded(world: World) -> None:
    name = world.incident(resolver="automation:healer")
    steps = [(OPENED, "New", None), ("2026-06-01 09:02", "Closed", "automation:healer")]
    world.changes(name, "state", steps)
    assert one(world, "first_response_at") == clock("09:02")


def test_a_group_alone_is_no_response(world: World) -> None:
    name = world.incident()
    world.changes(name, "assignment_group", [("2026-06-01 09:05", "Network", "person:desk")])
    assert one(world, "first_response_at") is None
    assert one(world, "response_seconds") is None


def test_the_platforms_own_statement_wins(world: World) -> None:
    name = world.incident(acknowledged_at="2026-06-01 09:45")
    world.changes(name, "assignee", [("2026-06-01 09:20", "person:ann", None)])
    assert one(world, "first_response_at") == clock("09:45")


def test_the_response_is_measured_in_business_time(world: World) -> None:
    world.incident(opened_at="2026-06-05 17:30", acknowledged_at="2026-06-08 08:15")
    assert one(world, "response_seconds") == 45 * 60


def test_a_response_before_the_opening_took_no_time(world: World) -> None:
    world.incident(acknowledged_at="2026-06-01 08:30")
    assert one(world, "response_seconds") == 0


# --- Response target ---


@pytest.mark.parametrize(("priority", "hours"), [(1, 0.5), (2, 2), (3, 8), (4, 8), (5, 8)])
def test_the_target_follows_the_priority(world: World, priority: int, hours: float) -> None:
    world.incident(priority=priority)
    assert one(world, "response_target_seconds") == hours * 3600


def test_the_target_of_an_attached_response_clock_wins(world: World) -> None:
    name = world.incident(priority=3)
    world.service_level(name, target="response", target_seconds=900)
    world.service_level(name, target="resolution", target_seconds=60)
    assert one(world, "response_target_seconds") == 900


def test_a_clock_that_was_cancelled_promises_nothing(world: World) -> None:
    # Downgraded from P1: its response clock was detached, the one of P3 stays.
    name = world.incident(priority=3)
    world.service_level(name, target="response", target_seconds=900, cancelled=True, stopped_at=None)
    world.service_level(name, target="response", target_seconds=14_400)
    assert one(world, "response_target_seconds") == 14_400


def test_without_priority_and_clock_there_is_no_target(world: World) -> None:
    world.incident(priority=None)
    assert one(world, "response_target_seconds") is None
    assert one(world, "response_due_at") is None


def test_a_target_is_due_in_business_time(world: World) -> None:
    world.incident(opened_at="2026-06-05 13:00", priority=3)
    assert one(world, "response_due_at") == datetime(2026, 6, 8, 11, 0)


# --- Groups (erratum A10) ---


@pytest.mark.parametrize(
    ("groups", "different", "returned"),
    [
        (["A"], 1, False),
        (["A", "B"], 2, False),
        (["A", "B", "A"], 2, True),
        (["A", "A", "A"], 1, False),
        (["A", None, "A"], 1, False),
        (["A", None, "B", None, "A"], 2, True),
        (["A", "B", "C", "B"], 3, True),
        ([None, None], None, None),
    ],
)
def test_a_group_that_has_it_again_after_it_left_is_ping_pong(
    world: World, groups: list[str | None], different: int | None, returned: bool | None
) -> None:
    name = world.incident()
    steps = [(f"2026-06-01 09:{minute:02d}", group, None) for minute, group in enumerate(groups)]
    world.changes(name, "assignment_group", steps)
    assert one(world, "group_count") == different
    assert one(world, "returned_to_group") is returned


def test_without_group_history_nothing_is_said_about_bouncing(world: World) -> None:
    world.incident()
    assert one(world, "returned_to_group") is None


# --- Stays (erratum A11) ---


def test_waiting_is_paused_and_all_but_ended_is_open(world: World) -> None:
    name = world.incident(updated_at="2026-06-01 20:00")
    steps: list[tuple[str, str | None, str | None]] = [
        ("2026-06-01 09:00", "New", None),
        ("2026-06-01 10:00", "On Hold", None),
        ("2026-06-01 12:00", "AWAITING Vendor", None),
        ("2026-06-01 13:00", "Work", None),
        ("2026-06-01 14:00", "Resolved", None),
        ("2026-06-01 16:00", "Work", None),
        ("2026-06-01 16:30", "Closed", None),
    ]
    world.changes(name, "state", steps)
    assert one(world, "paused_seconds") == 3 * 3600
    assert one(world, "open_seconds") == 5.5 * 3600


def test_the_last_state_holds_until_the_last_update(world: World) -> None:
    name = world.incident(resolved_at=None, updated_at="2026-06-01 12:00")
    world.changes(name, "state", [("2026-06-01 10:00", "Pending customer", None)])
    assert one(world, "paused_seconds") == 2 * 3600
    assert one(world, "open_seconds") == 2 * 3600


def test_the_policy_says_which_states_wait(world: World) -> None:
    name = world.incident(updated_at="2026-06-01 12:00")
    world.changes(name, "state", [("2026-06-01 10:00", "Parked", None)])
    assert one(world, "paused_seconds") == 0
    assert one(world, "paused_seconds", Policy(waiting_states=("park*",))) == 2 * 3600


def test_without_state_history_stays_are_unknown(world: World) -> None:
    world.incident()
    assert one(world, "open_seconds") is None


# --- Resolution targets ---


def test_the_first_resolution_clock_counts_from_the_opening(world: World) -> None:
    name = world.incident()
    world.service_level(name, started_at="2026-06-01 10:30")
    world.service_level(name, started_at="2026-06-01 09:10")
    world.service_level(name, target="response", started_at=OPENED)
    assert one(world, "resolution_target_attached_seconds") == 600


def test_a_clock_cancelled_without_stop_is_not_attached(world: World) -> None:
    name = world.incident()
    world.service_level(name, started_at="2026-06-01 09:10", cancelled=True, stopped_at=None)
    world.service_level(name, started_at="2026-06-01 09:30", cancelled=True, stopped_at="2026-06-01 10:00")
    assert one(world, "resolution_target_attached_seconds") == 1800


def test_an_attached_target_covers_an_incident_within_the_hour(world: World) -> None:
    for minute in (0, 59):
        for _ in range(15):
            world.service_level(world.incident(), started_at=f"2026-06-01 09:{minute:02d}")
    world.service_level(world.incident(), started_at="2026-06-01 10:00")
    world.service_level(world.incident(), started_at="2026-06-01 10:01")
    world.service_level(world.incident(), target="response")
    world.incident()
    found = world.measure("inc-sla-coverage").measurement
    assert (found.numerator, found.denominator) == (31, 34)


def test_one_broken_promise_is_enough(world: World) -> None:
    name = world.incident(made_sla=True)
    world.service_level(name, breached=False)
    world.service_level(name, breached=True)
    assert one(world, "resolution_target_met") is False


def test_cancelled_and_response_clocks_break_no_resolution_promise(world: World) -> None:
    name = world.incident()
    world.service_level(name, breached=False)
    world.service_level(name, breached=True, cancelled=True)
    world.service_level(name, breached=True, target="response")
    assert one(world, "resolution_target_met") is True


@pytest.mark.parametrize(
    ("flag", "closed", "met"), [(True, True, True), (False, True, False), (True, False, None)]
)
def test_the_legacy_flag_counts_on_closed_incidents_without_a_clock(
    world: World, flag: bool, closed: bool, met: bool | None
) -> None:
    world.incident(made_sla=flag, **({} if closed else {"closed_at": None}))
    assert one(world, "resolution_target_met") is met


def test_the_legacy_flag_does_not_overrule_a_clock(world: World) -> None:
    world.service_level(world.incident(made_sla=False), breached=False)
    assert one(world, "resolution_target_met") is True


def test_clocks_of_another_source_do_not_count(world: World) -> None:
    name = world.incident()
    world.service_level(name, source="other", breached=True)
    assert one(world, "resolution_target_met") is None


# --- What followed ---


def repeated(world: World, later: str, **columns: Any) -> bool | None:
    """Whether an incident resolved on 1 June at 11:00 is repeated by a later one on the same CI."""
    first = world.incident(ci_id="srv-9")
    world.incident(opened_at=later, **{"ci_id": "srv-9", **columns})
    value: bool | None = world.column("repeated_on_ci")[first]
    return value


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("2026-06-01 11:00:01", True),
        ("2026-06-08 11:00:00", True),
        ("2026-06-08 11:00:01", False),
        ("2026-06-01 10:00:00", False),
    ],
)
def test_another_incident_on_the_item_within_seven_days_is_a_repeat(
    world: World, later: str, expected: bool
) -> None:
    assert repeated(world, later) is expected


@pytest.mark.parametrize(
    "columns", [{"ci_id": "srv-8"}, {"disposition": "duplicate"}, {"source": "other"}, {"ci_id": None}]
)
def test_other_items_other_sources_and_what_does_not_count_are_no_repeats(
    world: World, columns: dict[str, Any]
) -> None:
    assert repeated(world, "2026-06-02 09:00", **columns) is False


def test_without_item_or_resolution_a_repeat_is_unknown(world: World) -> None:
    world.incident(id="a", ci_id=None)
    world.incident(id="b", resolved_at=None)
    assert world.column("repeated_on_ci") == {"a": None, "b": None}


def recurrence(world: World, later: dict[str, Any], **first: Any) -> int | None:
    cause = {"service_id": "pay", "close_code": "Disk", "problem_id": None, "priority": 1}
    name = world.incident(**{**cause, **first})
    world.incident(**{**cause, "opened_at": "2026-06-03 11:00", **later})
    value: int | None = world.column("recurrence_seconds")[name]
    return value


TWO_DAYS = 2 * 86_400


@pytest.mark.parametrize(
    ("later", "first", "expected"),
    [
        ({}, {}, TWO_DAYS),
        ({"close_code": "Power"}, {}, None),
        ({"close_code": "Power", "problem_id": "P1"}, {"problem_id": "P1"}, TWO_DAYS),
        ({"service_id": "mail"}, {}, None),
        ({"priority": 3}, {}, None),
        ({"priority": 3, "major": True}, {}, TWO_DAYS),
        ({"priority": 2}, {}, TWO_DAYS),
        ({"disposition": "test"}, {}, None),
        ({"close_code": None}, {"close_code": None}, None),
        ({"service_id": None}, {"service_id": None}, None),
        ({}, {"priority": 3}, None),
    ],
)
def test_a_recurrence_is_an_urgent_incident_of_the_same_cause_on_the_same_service(
    world: World, later: dict[str, Any], first: dict[str, Any], expected: int | None
) -> None:
    assert recurrence(world, later, **first) == expected


def test_the_earlier_of_two_recurrences_counts(world: World) -> None:
    world.incident(
        service_id="pay", close_code="Other", problem_id="P1", priority=1, opened_at="2026-06-02 11:00"
    )
    assert recurrence(world, {}, problem_id="P1") == 86_400


def test_an_opening_before_1970_is_no_recurrence_on_another_service(world: World) -> None:
    name = world.incident(service_id="pay", priority=1)
    world.incident(service_id="till", priority=1, opened_at="1969-12-31 23:00")
    world.incident(service_id="mail", priority=1, opened_at="2026-06-10 09:00")
    assert world.column("recurrence_seconds")[name] is None


def test_a_resolution_before_1970_is_followed_by_what_came_later(world: World) -> None:
    world.incident(ci_id="app-1")
    name = world.incident(ci_id="srv-9", opened_at="1969-12-24 08:00")
    world.incident(ci_id="srv-9", opened_at="1969-12-25 09:00")
    assert world.column("repeated_on_ci")[name] is True


# --- Human touch ---


@pytest.mark.parametrize(
    ("at", "actor", "touched"),
    [
        ("2026-06-01 09:30", "person:ann", True),
        ("2026-06-01 09:30", "automation:healer", False),
        ("2026-06-01 09:00", "person:caller", False),
        ("2026-06-01 12:00", "person:ann", False),
    ],
)
def test_a_change_by_a_person_between_opening_and_resolution_is_a_human_touch(
    world: World, at: str, actor: str, touched: bool
) -> None:
    name = world.incident(resolver="automation:healer")
    world.changes(name, "state", [(at, "Work", actor)])
    assert one(world, "human_touched") is touched


def test_only_untouched_lasting_automatic_resolutions_count(world: World) -> None:
    policy = Policy(automation=("healer",), exclusions=EVERYTHING_COUNTS.exclusions)
    robot = {"resolver": "automation:healer"}
    world.incidents(85)
    for number in range(10):
        world.incident(ci_id=f"good-{number}", **robot)
    touched = world.incident(ci_id="touched", **robot)
    world.changes(touched, "state", [("2026-06-01 09:30", "Work", "person:ann")])
    world.incident(ci_id="reopened", reopen_count=1, **robot)
    world.incident(ci_id="repeated", **robot)
    world.incident(ci_id="repeated", opened_at="2026-06-05 09:00")
    world.incident(ci_id=None, **robot)
    found = world.measure("inc-automated-resolution", policy).measurement
    assert (found.numerator, found.denominator) == (11, 100)


# --- Days and departments ---


@pytest.mark.parametrize(
    ("zone", "opened", "day"),
    [
        ("UTC", "2026-06-01 23:30", date(2026, 6, 1)),
        ("Europe/London", "2026-06-01 23:30", date(2026, 6, 2)),
        ("Europe/London", "2026-01-01 23:30", date(2026, 1, 1)),
        ("America/New_York", "2026-06-02 03:59", date(2026, 6, 1)),
        ("America/New_York", "2026-06-02 04:00", date(2026, 6, 2)),
        ("Asia/Kolkata", "2026-06-01 18:30", date(2026, 6, 2)),
    ],
)
def test_days_begin_at_midnight_of_the_zone(world: World, zone: str, opened: str, day: date) -> None:
    world.incident(opened_at=opened, lasting=timedelta(0))
    assert one(world, "opened_on", Policy(time_zone=zone)) == day
    assert one(world, "resolved_on", Policy(time_zone=zone)) == day


def test_the_first_pattern_that_fits_a_group_names_its_department(world: World) -> None:
    for group in ("Network Core", "network edge", "DBA", "Desk", None):
        world.incident(id=group or "none", assignment_group=group)
    policy = Policy(departments={"Network Core": "Backbone", "Network*": "Infrastructure", "DBA": "Data"})
    assert world.column("department", policy) == {
        "Network Core": "Backbone",
        "network edge": "Infrastructure",
        "DBA": "Data",
        "Desk": None,
        "none": None,
    }


def test_the_matrix_gives_the_priority_of_a_cell(world: World) -> None:
    world.incident(id="a", impact=1, urgency=2)
    world.incident(id="b", impact=3, urgency=3)
    world.incident(id="c", impact=1, urgency=None)
    policy = Policy(priority_matrix={(1, 2): 2})
    assert world.column("matrix_priority", policy) == {"a": 2, "b": None, "c": None}


# --- When it is done ---


def test_deriving_again_changes_nothing_until_evidence_or_policy_change(world: World) -> None:
    world.incident()
    store = world.stored()
    first = store.derived_fingerprint("incident")
    derive(store, EVERYTHING_COUNTS)
    assert store.derived_fingerprint("incident") == first
    derive(store, Policy(time_zone="Asia/Tokyo"))
    assert store.derived_fingerprint("incident") != first
    derive(store, EVERYTHING_COUNTS)
    assert store.derived_fingerprint("incident") == first
    world.incident()
    assert world.stored().derived_fingerprint("incident") != first


def test_nothing_is_derived_anew_when_only_what_is_doubted_changes(world: World) -> None:
    world.incident()
    store = world.stored()
    first = store.derived_fingerprint("incident")
    doubtful = replace(EVERYTHING_COUNTS, gaming={"closure-burst": {"a_day": 5}}, quality={"closed": 0.5})
    derive(store, doubtful)
    assert store.derived_fingerprint("incident") == first
    assert doubtful.measured == EVERYTHING_COUNTS.measured
    assert doubtful.fingerprint != EVERYTHING_COUNTS.fingerprint


def test_stored_columns_are_not_derived_twice(world: World) -> None:
    name = world.incident()
    store = world.stored()
    rows = store.query("SELECT source, id FROM incident")
    fingerprint = store.derived_fingerprint("incident")
    assert fingerprint is not None
    # Somebody empties the columns under the same fingerprint: they stay as they are.
    store.store_derived("incident", rows, fingerprint)
    derive(store, EVERYTHING_COUNTS)
    assert store.query("SELECT opened_on FROM incident").column("opened_on").to_pylist() == [None]
    world.incident(id=name, category="Mail")
    assert world.column("opened_on") == {name: date(2026, 6, 1)}


def test_a_store_without_incidents_derives_nothing(world: World) -> None:
    world.delivers("incident")
    assert world.column("opened_on") == {}


def test_derived_columns_do_not_depend_on_the_order_of_records(worlds: Callable[[], World]) -> None:
    found = []
    for order in (1, -1):
        world = worlds()
        for number in range(20)[::order]:
            opened = datetime(2026, 6, 1, 9, tzinfo=UTC) + timedelta(hours=7 * number)
            world.incident(id=f"I{number:02d}", opened_at=opened, ci_id=f"ci-{number % 3}", priority=1)
        found.append((world.column("repeated_on_ci"), world.column("recurrence_seconds")))
    assert found[0] == found[1]
    assert True in found[0][0].values()

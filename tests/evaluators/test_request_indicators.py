"""Every request indicator in a world small enough to work its value out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from evaluators.policy import Policy
from evaluators.results import State
from tests.evaluators.linked import month
from tests.evaluators.service_desk import ALL_KNOWN, DESK_KINDS, request, requests, taken
from tests.evaluators.world import EVERYTHING_COUNTS, World, moment

OPENED = moment("2026-05-04 09:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_requests_are_fulfilled_within_30_days_or_their_longer_target(world: World) -> None:
    long_ago = moment("2026-03-02 09:00")
    requests(world, 20, on=long_ago, after=30 * DAY)
    requests(world, 4, on=long_ago, after=40 * DAY, target_seconds=40 * 86_400)
    requests(world, 3, on=long_ago, after=30 * DAY + timedelta(seconds=1))
    requests(world, 3, on=long_ago, after=None)
    # Not judged: younger than 30 days, a target of 105 days that is not over, a talk with the desk.
    requests(world, 5, on=moment("2026-05-20 09:00"), after=None)
    requests(world, 2, on=moment("2026-03-10 09:00"), after=None, target_seconds=105 * 86_400)
    requests(world, 3, on=long_ago, after=None, type="contact")
    found = taken(world, "req-fulfilled-within-30-days")
    assert (found.value, found.numerator, found.denominator) == (80, 24, 30)


def test_cancelled_and_imported_requests_do_not_count(world: World) -> None:
    long_ago = moment("2026-03-02 09:00")
    requests(world, 30, on=long_ago)
    requests(world, 5, on=long_ago, after=None, disposition="cancelled")
    requests(world, 5, on=long_ago, after=None, created_by="migration:import")
    found = taken(world, "req-fulfilled-within-30-days", policy=Policy())
    assert (found.value, found.denominator) == (100, 30)


def answered(world: World, count: int, channel: str | None, after: timedelta | None, **columns: Any) -> None:
    """Contacts of a channel that were answered so much later and are not fulfilled yet."""
    opened = columns.pop("on", OPENED)
    answer = None if after is None else opened + after
    requests(world, count, on=opened, channel=channel, acknowledged_at=answer, after=None, **columns)


def test_people_who_wait_are_answered_within_5_minutes_and_others_in_a_business_day(world: World) -> None:
    friday = moment("2026-05-08 17:00")
    answered(world, 10, "phone", timedelta(minutes=5))
    answered(world, 5, "Live chat", timedelta(minutes=5))
    answered(world, 10, "portal", DAY)
    answered(world, 5, "email", 3 * DAY, on=friday)
    answered(world, 5, "phone", timedelta(minutes=5, seconds=1))
    answered(world, 5, "portal", DAY + timedelta(seconds=1))
    answered(world, 5, "email", 3 * DAY + timedelta(seconds=1), on=friday)
    answered(world, 5, "email", None)
    # Neither a contact nor one that had its time.
    answered(world, 4, None, None)
    answered(world, 4, "monitoring", None)
    answered(world, 4, "email", None, on=moment("2026-06-12 17:00"))
    found = taken(world, "req-contact-response")
    assert (found.value, found.numerator, found.denominator) == (60, 30, 50)


def test_the_history_of_a_contact_answers_where_the_record_does_not(world: World) -> None:
    answered(world, 46, "portal", HOUR)
    for at, actor in ((OPENED + HOUR, "person:ann"), (OPENED + HOUR, "automation:svc")):
        name = request(world, acknowledged_at=None, after=None)
        steps = [(OPENED, "New", "person:caller"), (at, "Work in Progress", actor)]
        world.changes(name, "state", steps, kind="request")
    name = request(world, acknowledged_at=None, after=None)
    world.changes(name, "assignee", [(OPENED + HOUR, "person:ann", "person:boss")], kind="request")
    request(world, acknowledged_at=None, after=HOUR, fulfiller="automation:svc")
    found = taken(world, "req-contact-response")
    # An automation that only moves the state has answered nobody; one that fulfils has.
    assert (found.numerator, found.denominator) == (49, 50)


def test_incidents_are_contacts_once(world: World) -> None:
    answered(world, 48, "portal", HOUR)
    world.incident(channel="email", acknowledged_at="2026-06-01 10:00")
    world.incident(channel="monitoring", acknowledged_at="2026-06-08 10:00")
    turned = world.incident(channel="phone", acknowledged_at="2026-06-08 10:00")
    talk = {"type": "contact", "incident_id": turned, "channel": "phone"}
    request(world, acknowledged_at=OPENED + timedelta(minutes=1), **talk)
    found = taken(world, "req-contact-response")
    assert (found.value, found.denominator) == (100, 50)


def test_an_item_says_what_is_wanted_unless_its_flag_or_name_is_generic(world: World) -> None:
    requests(world, 30)
    requests(world, 10, item="Password reset", generic=False)
    requests(world, 4, generic=True)
    requests(world, 3, item="Other")
    requests(world, 3, item=None, channel="email")
    requests(world, 4, item=None, type="contact")
    found = taken(world, "req-catalogue-use")
    assert (found.value, found.numerator, found.denominator) == (80, 40, 50)


def test_a_form_default_is_no_item(world: World) -> None:
    requests(world, 25)
    requests(world, 25, item="IT request")
    policy = replace(EVERYTHING_COUNTS, field_defaults={"request.item": ("IT request",)})
    assert taken(world, "req-catalogue-use", policy=policy).value == 50


def test_items_are_modelled_with_a_target_and_a_flow_or_group(world: World) -> None:
    requests(world, 20)
    requests(world, 10, item="Monitor", model_defined=None, task_count=1)
    for _ in range(10):
        name = request(world, item="Licence", due_at=None)
        world.service_level(name, record_kind="request")
    requests(world, 4, item="Report", model_defined=False)
    requests(world, 3, item="Move", due_at=None)
    requests(world, 3, item=None)
    found = taken(world, "req-item-model-coverage")
    assert (found.value, found.numerator, found.denominator) == (80, 40, 50)
    assert found.groups[0][0] == "Report"


def test_the_desk_solves_at_first_contact(world: World) -> None:
    requests(world, 22, after=DAY)
    world.incidents(10, assignment_group="Help Desk")
    requests(world, 4, after=DAY + timedelta(seconds=1))
    requests(world, 3, after=HOUR, reopen_count=1)
    requests(world, 3, after=HOUR, assignment_group="Network", reassignment_count=1)
    world.incidents(5, assignment_group="Help Desk", lasting=3 * DAY)
    back = [(OPENED, "Service Desk", None), (OPENED, "Network", None), (OPENED, "Service Desk", None)]
    world.changes(request(world, after=HOUR), "assignment_group", back, kind="request")
    states = [(OPENED, "Closed", None), (OPENED + HOUR, "Open", None), (OPENED + HOUR, "Closed", None)]
    world.changes(request(world, after=HOUR, reopen_count=None), "state", states, kind="request")
    lost = world.incident(assignment_group="Network")
    world.changes(lost, "assignment_group", [(OPENED, "Help Desk", None), (OPENED, "Network", None)])
    requests(world, 2, after=HOUR, receiving_group=None, reassignment_count=None)
    # Not received by the desk.
    requests(world, 5, receiving_group="Network", assignment_group="Network")
    world.incidents(5)
    found = taken(world, "req-first-contact-resolution")
    assert (found.value, found.numerator, found.denominator) == (64, 32, 50)


def test_a_group_is_a_desk_by_its_type_as_well(world: World) -> None:
    world.record("group", id="g1", name="Front Office", type="service desk", active=True)
    requests(world, 50, receiving_group="Front Office", assignment_group="Front Office", after=HOUR)
    assert taken(world, "req-first-contact-resolution").value == 100


def test_groups_that_deliver_the_same_item_much_slower_do_not_conform(world: World) -> None:
    for team, count, after in (("Desk", 60, DAY), ("Network", 40, DAY), ("Slow", 40, 3 * DAY)):
        requests(world, count, assignment_group=team, after=after)
        # The other way round on an item that takes everybody long.
        requests(world, 20, assignment_group=team, item="Move", after=20 * DAY, on=OPENED - 30 * DAY)
    requests(world, 30, assignment_group="Talks", type="contact", after=40 * DAY)
    found = taken(world, "req-team-fulfilment-consistency")
    assert found.value == pytest.approx(100 * 140 / 200)


def test_items_are_delivered_when_promised(world: World) -> None:
    requests(world, 30, after=5 * DAY)
    requests(world, 4, after=2 * DAY, due_at="2026-05-06 00:00")
    requests(world, 3, after=2 * DAY, due_at=None, target_seconds=2 * 86_400)
    for breached in (False, False, False, True):
        name = request(world, due_at=None)
        world.service_level(name, record_kind="request", breached=breached)
    requests(world, 4, after=5 * DAY + timedelta(seconds=1))
    requests(world, 2, after=3 * DAY, due_at="2026-05-06 00:00")
    requests(world, 3, after=None)
    # No promise, not due yet, given up before it was due.
    requests(world, 3, due_at=None)
    requests(world, 3, after=None, due_at="2026-06-15 09:00")
    requests(world, 3, after=None, closed_at=OPENED + DAY)
    requests(world, 3, type="contact", after=None)
    found = taken(world, "req-on-time-fulfilment")
    assert (found.value, found.numerator, found.denominator) == (80, 40, 50)


def answers(world: World, count: int, score: int | None, **columns: Any) -> None:
    """Answered surveys with the same score."""
    values = {"sent_at": "2026-05-04 09:00", "answered_at": "2026-05-05 09:00", "score": score, **columns}
    for _ in range(count):
        world.record("survey", **values)


def test_satisfaction_is_the_mean_of_the_answers(world: World) -> None:
    answers(world, 30, 100)
    answers(world, 20, 50)
    answers(world, 10, None)
    answers(world, 10, 0, answered_at="2025-11-01 09:00")
    found = taken(world, "req-satisfaction")
    assert (found.value, found.n) == (80, 50)


def test_people_help_themselves_on_the_portal_or_with_a_chatbot(world: World) -> None:
    requests(world, 40, channel="Self-service")
    requests(world, 10, channel="virtual_agent")
    world.incidents(10, channel="portal")
    world.incidents(20, channel="phone")
    requests(world, 10, channel="chat")
    requests(world, 10, channel="email")
    requests(world, 5, channel="walk-in")
    requests(world, 5, channel="fax")
    world.incidents(9, channel="monitoring")
    requests(world, 9, channel=None)
    found = taken(world, "req-self-service-share")
    assert (found.numerator, found.denominator) == (60, 110)
    assert found.value == pytest.approx(100 * 60 / 110)


def test_items_are_fulfilled_by_machines_where_no_person_had_a_task(world: World) -> None:
    robot: dict[str, Any] = {"fulfiller": "automation:svc_cloud"}
    requests(world, 10, **robot, manual_task_count=0)
    requests(world, 5, **robot, approval_count=1)
    requests(world, 5, fulfiller=None, manual_task_count=0)
    requests(world, 10, **robot, manual_task_count=1)
    requests(world, 10, manual_task_count=0)
    requests(world, 10, fulfiller=None)
    requests(world, 5, **robot, after=None)
    found = taken(world, "req-automated-fulfilment", policy=ALL_KNOWN)
    assert (found.value, found.numerator, found.denominator) == (40, 20, 50)


def test_predictability_compares_the_slow_with_the_usual_by_item(world: World) -> None:
    # P90 of 21 durations is the 19th: 3, 2 and 10 times the median.
    for item, slow in (("Laptop", 3), ("Licence", 2), ("Phone", 10)):
        requests(world, 17, item=item, after=HOUR)
        requests(world, 4, item=item, after=slow * HOUR)
    requests(world, 19, item="Rare", after=HOUR)
    requests(world, 30, type="contact", item=None, after=100 * DAY, on=OPENED - 60 * DAY)
    found = taken(world, "req-fulfilment-predictability")
    assert found.value == pytest.approx(3)
    assert found.n == 3


def test_waiting_for_approval_is_set_against_the_time_of_items_with_approval(world: World) -> None:
    requests(world, 20, approval_seconds=21_600, approval_count=1, after=DAY)
    asked = {"approval_requested_at": OPENED, "approved_at": OPENED + timedelta(hours=12)}
    requests(world, 20, **asked, after=DAY)
    requests(world, 10, approval_seconds=5 * 86_400, after=DAY)
    requests(world, 10, approval_seconds=0, approval_count=0, after=20 * DAY)
    requests(world, 10, approval_count=1, after=20 * DAY)
    found = taken(world, "req-approval-wait-share")
    # A quarter, a half, and at most the whole of a day.
    assert found.value == pytest.approx(100 * (20 * 0.25 + 20 * 0.5 + 10) / 50)
    assert found.n == 50


def delivered(world: World, number: int, count: int, after: timedelta, **columns: Any) -> None:
    """Requests that were fulfilled on the third of a month."""
    requests(world, count, on=month(number) - after, after=after, **columns)


def test_items_are_delivered_faster_month_by_month(world: World) -> None:
    for number in range(12):
        delivered(world, number, 30, (40 - 3 * number) * DAY)
    found = taken(world, "req-lead-time-trend")
    assert found.value == 100
    assert [count for _, _, count in found.series] == [30] * 12


def test_delivery_that_gets_slower_scores_nothing(world: World) -> None:
    for number in range(12):
        delivered(world, number, 30, (7 + 3 * number) * DAY)
    assert taken(world, "req-lead-time-trend").value == 0


def test_punctual_delivery_holds_excellence(world: World) -> None:
    for number in range(12):
        delivered(world, number, 30, DAY)
    found = taken(world, "req-lead-time-trend")
    assert found.value == 100
    assert "held at excellence" in found.reason


def contacts(world: World, counts: list[int]) -> None:
    """Contacts that people handled in twelve months, beside a growing number that machines did."""
    for number, count in enumerate(counts):
        requests(world, count, on=month(number))
        requests(world, 3 * number, on=month(number), fulfiller="automation:svc")
        requests(world, 2, on=month(number), channel=None)


FALLING = [60 - 4 * number for number in range(12)]


def test_people_handle_fewer_contacts_per_user_month_by_month(world: World) -> None:
    contacts(world, FALLING)
    found = taken(world, "req-demand-shift-trend", policy=ALL_KNOWN)
    assert found.value == 100
    # 100 × 60 contacts / 200 users.
    assert found.series[0] == ("2025-06", 30.0, 60)


def test_users_may_be_given_by_month(world: World) -> None:
    contacts(world, FALLING)
    policy = replace(ALL_KNOWN, active_users={"2025-07": 100, "2026-05": 200})
    found = taken(world, "req-demand-shift-trend", policy=policy)
    # June 2025 is before the first number; 56 of 100 in July, 20 of 100 in April, 16 of 200 in May.
    values = {name: value for name, value, _ in found.series}
    assert "2025-06" not in values
    assert (values["2025-07"], values["2026-04"], values["2026-05"]) == (56, 20, 8)


def test_fewer_contacts_of_unhappier_users_count_half(world: World) -> None:
    contacts(world, FALLING)
    for number in range(12):
        answers(world, 20, 95 - 4 * number, answered_at=month(number))
    found = taken(world, "req-demand-shift-trend", policy=ALL_KNOWN)
    assert found.value == 50
    assert "req-satisfaction gets significantly worse" in found.reason


def test_without_the_number_of_users_nothing_is_said_per_user(world: World) -> None:
    contacts(world, FALLING)
    found = taken(world, "req-demand-shift-trend", policy=replace(ALL_KNOWN, active_users=None))
    assert found.state is State.NOT_CONNECTED
    assert "people.active_users" in found.reason


def test_without_a_list_of_identities_machines_cannot_be_told(world: World) -> None:
    requests(world, 50)
    found = taken(world, "req-automated-fulfilment")
    assert found.state is State.NOT_CONNECTED


# --- Evidence states ---

BOTH = ("incident", "request")
BLANK: dict[str, dict[str, Any]] = {
    "req-fulfilled-within-30-days": {"fulfilled_at": None},
    "req-contact-response": {"acknowledged_at": None, "fulfilled_at": None},
    "req-catalogue-use": {"item": None},
    "req-item-model-coverage": {"model_defined": None},
    "req-first-contact-resolution": {"assignment_group": None},
    "req-on-time-fulfilment": {"fulfilled_at": None},
    "req-automated-fulfilment": {"fulfiller": None},
}


@pytest.mark.parametrize("indicator", BLANK)
def test_a_field_that_is_supported_but_empty_is_absence(world: World, indicator: str) -> None:
    on: datetime = moment("2026-04-01 09:00")
    requests(world, 60, on=on, after=HOUR, fulfiller="automation:svc")
    assert taken(world, indicator, policy=ALL_KNOWN).value == 100
    blank = {"on": on, "after": HOUR, "fulfiller": "automation:svc", "item": "Blank", **BLANK[indicator]}
    requests(world, 60, **blank)
    assert taken(world, indicator, policy=ALL_KNOWN).value == 50


def test_the_request_practice_is_assessed_whole(world: World) -> None:
    requests(world, 60)
    for kind in DESK_KINDS:
        world.delivers(kind)
    (result,) = world.assess(practices=("request",)).practices
    assert len(result.indicators) == 14

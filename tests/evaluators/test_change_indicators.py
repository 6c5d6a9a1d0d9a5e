"""Every change indicator in a world small enough to work its value out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from evaluators.results import State
from tests.evaluators.linked import CHANGE, change, changes, delivers_all, item, month, taken
from tests.evaluators.world import World, moment

WITH_IDENTITIES = Policy(automation=("svc_*",), exclusions=Exclusions(enabled=False))
START = moment(CHANGE["actual_start_at"])


def test_changes_are_authorised_by_approval_standard_or_gate_before_they_start(world: World) -> None:
    changes(world, 12)
    changes(world, 4, approved_at=START)
    changes(world, 4, approved_at=None, type="standard")
    changes(world, 4, approved_at=None, gate_passed=True)
    changes(world, 2, approved_at=START + timedelta(seconds=1))
    changes(world, 1, approved_at=None)
    changes(world, 1, opened_at=START + timedelta(hours=1))
    changes(world, 1, actual_start_at=None)
    changes(world, 1, unauthorised=True)
    changes(world, 3, actual_end_at=None, closed_at=None, approved_at=None)
    changes(world, 3, disposition="cancelled", approved_at=None)
    found = taken(world, "chg-authorised-before-start")
    assert (found.value, found.numerator, found.denominator) == (80, 24, 30)


def test_emergency_expedited_and_retroactive_changes_were_done_in_a_hurry(world: World) -> None:
    changes(world, 3, type="emergency")
    changes(world, 1, type="expedited")
    changes(world, 1, type="retroactive")
    changes(world, 40)
    changes(world, 4, type="standard")
    changes(world, 1, type=None)
    found = taken(world, "chg-emergency-share")
    assert (found.value, found.numerator, found.denominator) == (10, 5, 50)


def test_change_records_are_complete_with_item_windows_outcome_and_group(world: World) -> None:
    changes(world, 20)
    changes(world, 4, planned_end_at=None, actual_start_at=None)
    changes(world, 3, outcome=None, close_code=None, assignment_group=None)
    for _ in range(3):
        change(world, ci_id=None, service_id=None)
    changes(world, 5, closed_at=None, outcome=None)
    found = taken(world, "chg-record-completeness")
    # Four lack two of five, three lack two, three lack one; five are not closed.
    assert (found.numerator, found.denominator) == (150 - 8 - 6 - 3, 150)
    assert found.value == pytest.approx(100 * 133 / 150)


def test_a_model_counts_if_it_says_more_than_the_type(world: World) -> None:
    changes(world, 10)
    changes(world, 5, model="Restart of a service", type="standard")
    changes(world, 9, model="Normal change")
    changes(world, 3, model="normal")
    changes(world, 3, model=None)
    changes(world, 6, type="emergency", model=None)
    found = taken(world, "chg-standard-model-share")
    assert (found.value, found.numerator, found.denominator) == (50, 15, 30)


def test_the_impact_is_known_by_an_item_in_operation_that_was_entered_before_the_start(world: World) -> None:
    item(world, "srv-1")
    item(world, "mail", service=True)
    item(world, "retired", operational=False)
    item(world, "retired since", operational=False, retired_at="2026-06-01 09:00")
    alone = {"service_id": None}
    changes(world, 12, ci_id="srv-1", **alone)
    changes(world, 3, ci_id="nowhere", service_id="mail")
    changes(world, 3, ci_id="retired since", type="emergency", **alone)
    for entered in (START, START + timedelta(seconds=1)):
        name = change(world, ci_id="srv-1", **alone)
        world.changes(name, "ci_id", [(entered, "srv-1", "person:ann")], kind="change")
    changes(world, 4, ci_id="retired", **alone)
    changes(world, 4, ci_id="nowhere", **alone)
    changes(world, 2, ci_id=None, **alone)
    changes(world, 9, ci_id=None, type="standard", **alone)
    found = taken(world, "chg-impact-known")
    assert (found.numerator, found.denominator) == (12 + 3 + 3 + 1, 30)
    assert found.value == pytest.approx(100 * 19 / 30)


def test_teams_that_authorise_much_less_than_the_organisation_do_not_conform(world: World) -> None:
    for team, in_time, late in (("Network", 60, 0), ("Mail", 60, 0), ("Apps", 30, 15)):
        changes(world, in_time, assignment_group=team)
        changes(world, late, assignment_group=team, approved_at=None)
    changes(world, 19, assignment_group="Small", approved_at=None)
    found = taken(world, "chg-team-authorisation-consistency")
    # Apps: Wilson upper bound of 30 of 45 is 0.786, below the reference 1 (weighted median) - 10 points.
    assert found.value == pytest.approx(100 * 120 / 165)


def test_a_change_succeeded_if_nothing_contradicts_its_outcome(world: World) -> None:
    changes(world, 40)
    changes(world, 2, outcome="successful_with_issues")
    changes(world, 2, outcome="failed")
    changes(world, 1, outcome=None)
    changes(world, 1, backed_out=True)
    blamed = changes(world, 2)
    for name in blamed:
        world.incident(caused_by_change_id=name)
    excused = change(world, ci_id="srv-a")
    world.incident(caused_by_change_id=excused, disposition="cancelled")
    change(world, ci_id="srv-b")
    change(world, ci_id="srv-c")
    repair = {"type": "emergency", "actual_end_at": None, "closed_at": None}
    end = moment(CHANGE["actual_end_at"])
    change(world, ci_id="srv-b", **repair, actual_start_at=end + timedelta(hours=72))
    change(world, ci_id="srv-c", **repair, actual_start_at=end + timedelta(hours=72, seconds=1))
    found = taken(world, "chg-success-rate")
    # Forty, the excused one and the one with a repair after 72 hours.
    assert (found.numerator, found.denominator) == (42, 51)
    assert found.value == pytest.approx(100 * 42 / 51)


def test_changes_keep_their_window_within_a_tenth_of_its_length(world: World) -> None:
    # Planned 09:00 to 11:00: 12 minutes to either side.
    changes(world, 20)
    changes(world, 4, actual_start_at="2026-05-04 08:48", actual_end_at="2026-05-04 11:12")
    changes(world, 3, actual_start_at="2026-05-04 08:47:59")
    changes(world, 3, actual_end_at="2026-05-04 11:12:01")
    changes(world, 5, planned_end_at=None)
    changes(world, 5, actual_start_at=None)
    found = taken(world, "chg-schedule-adherence")
    assert (found.value, found.numerator, found.denominator) == (80, 24, 30)


def followed_changes(world: World, *, harmful: int, recorded: int, total: int = 100) -> None:
    """Changes over ten weeks, some followed by an incident on their item, some of these recorded."""
    for number in range(total):
        start = START - timedelta(weeks=number % 10)
        name = change(world, on=start, ci_id=f"ci-{number}")
        if number < harmful:
            cause = name if number < recorded else None
            opened_at = start + timedelta(hours=12)
            world.incident(ci_id=f"ci-{number}", opened_at=opened_at, caused_by_change_id=cause)


def test_recall_sets_recorded_links_against_incidents_that_follow_changes(world: World) -> None:
    followed_changes(world, harmful=40, recorded=10)
    world.incidents(260, ci_id="elsewhere")
    found = taken(world, "chg-incident-linkage-recall")
    assert found.state is State.MEASURED
    assert found.value == 25
    assert dict(found.aggregates) == {
        "changes": 100,
        "incidents recorded": 10,
        "incidents after": 40,
        "incidents before": 0,
        "placebo incidents after": 0,
        "placebo incidents before": 0,
    }


def test_incidents_that_come_every_week_are_no_consequence(world: World) -> None:
    followed_changes(world, harmful=40, recorded=10)
    for week in range(-5, 1):
        opened_at = START + timedelta(weeks=week, hours=20)
        world.incidents(45, ci_id="ci-50", opened_at=opened_at)
    found = taken(world, "chg-incident-linkage-recall")
    sums = dict(found.aggregates)
    # The change on ci-50 was at START: 45 after it, 45 in each week before.
    assert (sums["incidents after"], sums["incidents before"]) == (85, 180)
    assert found.value == 25


def test_what_a_placebo_shows_as_well_is_not_laid_at_the_changes_door(world: World) -> None:
    followed_changes(world, harmful=40, recorded=10)
    # A bad fortnight on ci-50: in the hours after the change and seven days before it.
    for week in (-1, 0):
        world.incidents(20, ci_id="ci-50", opened_at=START + timedelta(weeks=week, hours=20))
    world.incidents(220, ci_id="elsewhere")
    found = taken(world, "chg-incident-linkage-recall")
    # Excess 40 + 20 - 20/4 = 55, placebo 20: 35 estimated.
    assert found.value == pytest.approx(100 * 10 / 35)


def test_nothing_recorded_is_no_recall_at_all(world: World) -> None:
    followed_changes(world, harmful=40, recorded=0)
    world.incidents(260, ci_id="elsewhere")
    assert taken(world, "chg-incident-linkage-recall").value == 0


def test_changes_that_break_nothing_have_nothing_to_record(world: World) -> None:
    followed_changes(world, harmful=0, recorded=0)
    world.incidents(300, ci_id="elsewhere")
    assert taken(world, "chg-incident-linkage-recall").state is State.INSUFFICIENT_SAMPLE


def test_recall_asks_for_300_incidents_with_an_item(world: World) -> None:
    followed_changes(world, harmful=40, recorded=10)
    world.incidents(259, ci_id="elsewhere")
    world.incidents(50, ci_id=None, service_id=None)
    found = taken(world, "chg-incident-linkage-recall")
    assert found.state is State.INSUFFICIENT_SAMPLE
    assert "299 of at least 300 incidents" in found.reason


def booked(world: World, item_name: str, hour: int, **columns: Any) -> str:
    """A change of two hours that is planned for an hour of 4 May."""
    start = datetime.fromisoformat(f"2026-05-04T{hour:02d}:00:00+00:00")
    window = {"planned_start_at": start, "planned_end_at": start + timedelta(hours=2)}
    return change(world, ci_id=item_name, **{**window, **columns})


def test_changes_collide_with_another_groups_change_on_the_item_or_one_that_depends_on_it(
    world: World,
) -> None:
    changes(world, 38)
    booked(world, "one", 9)
    booked(world, "one", 10, assignment_group="Mail")
    booked(world, "one", 12, assignment_group="Mail")
    booked(world, "two", 9)
    booked(world, "two", 9)
    world.record("ci_relationship", parent_id="app", child_id="database")
    booked(world, "app", 9)
    booked(world, "database", 10, assignment_group="Mail")
    booked(world, "three", 9)
    booked(world, "three", 10, assignment_group="Mail", conflict_acknowledged=True)
    booked(world, "four", 9)
    booked(world, "four", 9, assignment_group="Mail", disposition="cancelled")
    booked(world, "five", 9)
    booked(world, "five", 9, assignment_group="Mail", planned_end_at=None)
    booked(world, "six", 9, conflict_acknowledged=False)
    found = taken(world, "chg-collision-rate")
    # one: both overlapping ones; app and database; three: only the one that accepted nothing.
    assert (found.value, found.numerator, found.denominator) == (10, 5, 50)


def test_low_risk_changes_flow_without_people(world: World) -> None:
    flows = {
        "type": "standard",
        "implementer": "automation:deploy",
        "automated_verification": True,
        "approver": None,
    }
    changes(world, 10, **flows)
    changes(
        world, 10, **{**flows, "type": "normal", "gate_passed": True, "pipeline": "p", "implementer": None}
    )
    changes(world, 5, **{**flows, "type": "normal"})
    changes(world, 5, **{**flows, "implementer": "person:ann"})
    changes(world, 5, **{**flows, "automated_verification": None})
    changes(world, 5, **{**flows, "approver": "person:boss"})
    changes(world, 5, **{**flows, "manual_approval_count": 1})
    changes(world, 5)
    found = taken(world, "chg-preauthorised-automated-share", policy=WITH_IDENTITIES)
    assert (found.value, found.numerator, found.denominator) == (40, 20, 50)


def test_without_a_list_of_identities_automation_cannot_be_told(world: World) -> None:
    changes(world, 50)
    assert taken(world, "chg-preauthorised-automated-share").state is State.NOT_CONNECTED


def test_the_risk_predicts_failure_as_far_as_failures_were_rated_riskier(world: World) -> None:
    for risk, failures, successes in ((1, 20, 10), (3, 10, 20)):
        changes(world, failures, risk=risk, outcome="failed")
        changes(world, successes, risk=risk)
    found = taken(world, "chg-risk-rating-predictiveness")
    # Of 900 pairs 400 are right, 400 tied.
    assert found.value == pytest.approx((400 + 400 / 2) / 900)


def months_of_changes(world: World, failures: list[int], total: int = 30, **columns: Any) -> None:
    """Changes of twelve months, of which so many fail."""
    for number, failed in enumerate(failures):
        start = month(number)
        changes(world, failed, on=start, outcome="failed", **columns)
        changes(world, total - failed, on=start, **columns)


def test_failures_get_rarer_month_by_month(world: World) -> None:
    months_of_changes(world, list(range(12, 0, -1)))
    found = taken(world, "chg-failure-trend")
    assert found.value == 100
    assert found.series[0] == ("2025-06", 40.0, 30)


def test_failures_that_get_more_frequent_score_nothing(world: World) -> None:
    months_of_changes(world, list(range(12)))
    assert taken(world, "chg-failure-trend").value == 0


def test_changes_that_hardly_ever_fail_hold_excellence(world: World) -> None:
    months_of_changes(world, [0] * 12)
    found = taken(world, "chg-failure-trend")
    assert found.value == 100
    assert "held at excellence" in found.reason


def lead_times(world: World, failures: list[int]) -> None:
    """Normal changes of twelve months that take three days less every month, some of which fail."""
    for number, failed in enumerate(failures):
        start = month(number)
        opened_at = start + timedelta(hours=2) - timedelta(days=50 - 3 * number)
        changes(world, failed, on=start, opened_at=opened_at, outcome="failed")
        changes(world, 30 - failed, on=start, opened_at=opened_at)
        changes(world, 5, on=start, type="standard", opened_at=start)


def test_normal_changes_get_faster_month_by_month(world: World) -> None:
    lead_times(world, [3] * 12)
    found = taken(world, "chg-lead-time-trend")
    assert found.value == 100
    assert [value for _, value, _ in found.series] == [50 - 3 * number for number in range(12)]


def test_getting_faster_by_getting_riskier_counts_half(world: World) -> None:
    lead_times(world, list(range(12)))
    assert taken(world, "chg-lead-time-trend").value == 50


# --- Evidence states ---


def test_recall_is_marked_as_experimental(world: World) -> None:
    experimental = {
        indicator.id for indicator in world.catalogue.practice("change").indicators if indicator.experimental
    }
    assert experimental == {"chg-incident-linkage-recall"}


def test_the_change_practice_is_assessed_whole(world: World) -> None:
    changes(world, 60)
    delivers_all(world)
    (result,) = world.assess(practices=("change",)).practices
    assert len(result.indicators) == 14

"""Every release indicator in a world small enough to work its value out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from evaluators.results import State
from tests.evaluators.linked import change, delivers_all, month, taken
from tests.evaluators.world import World, moment

WITH_IDENTITIES = Policy(automation=("svc_*",), exclusions=Exclusions(enabled=False))
RULES = Policy()

RELEASE: Mapping[str, Any] = {
    "type": "release",
    "name": "Pay 1.4",
    "version": "1.4",
    "product": "pay",
    "service_id": "pay",
    "opened_at": "2026-03-02 09:00",
    "baselined_at": "2026-05-04 09:00",
    "planned_at": "2026-05-04 09:00",
    "started_at": "2026-04-04 09:00",
    "released_at": "2026-05-04 09:00",
    "outcome": "successful",
    "model": "Continuous delivery",
    "assignment_group": "Payments",
    "owner": "person:ann",
    "issue_count": 3,
}
"""A release that was shipped on the day planned."""

DEPLOYMENT: Mapping[str, Any] = {
    "type": "deployment",
    "version": "1.4",
    "product": "pay",
    "environment": "production",
    "started_at": "2026-05-04 08:00",
    "released_at": "2026-05-04 09:00",
    "outcome": "successful",
    "model": "Continuous delivery",
    "pipeline": "pay-pipeline",
    "executor": "automation:deploy",
    "assignment_group": "Payments",
}
"""A run of a pipeline that nobody complains about."""


def release(world: World, **columns: Any) -> str:
    """Add a release."""
    return world.record("release", **{**RELEASE, **columns})


def releases(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike releases."""
    return [release(world, **columns) for _ in range(count)]


def deployment(world: World, **columns: Any) -> str:
    """Add a deployment; `on` moves it to another time."""
    values = {**DEPLOYMENT, "service_id": f"svc-{world.next_number()}", **columns}
    on = values.pop("on", None)
    if on is not None:
        values |= {"started_at": moment(on) - timedelta(hours=1), "released_at": moment(on)}
    return world.record("release", **values)


def deployments(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike deployments, each of a service of its own unless one is named."""
    return [deployment(world, **columns) for _ in range(count)]


# --- What counts as a deployment ---


def test_only_deployments_to_production_that_ran_count(world: World) -> None:
    deployments(world, 20)
    deployments(world, 2, environment="PROD")
    deployments(world, 3, environment="test")
    deployments(world, 3, environment=None)
    deployments(world, 3, environment="Pre-production")
    deployments(world, 3, disposition="cancelled")
    # Nobody noticed the first failure; the second reached users.
    deployments(world, 3, outcome="failed")
    deployments(world, 1, outcome="failed", failed_at="2026-05-04 10:00")
    releases(world, 5)
    found = taken(world, "rel-automated-deployment-share", policy=WITH_IDENTITIES)
    assert found.denominator == 23


def test_without_deployments_shipping_a_release_is_its_deployment(world: World) -> None:
    releases(world, 20, pipeline="pay-pipeline")
    releases(world, 2, environment="test", pipeline="pay-pipeline")
    releases(world, 2, released_at=None)
    found = taken(world, "rel-automated-deployment-share", policy=WITH_IDENTITIES)
    assert (found.value, found.denominator) == (100, 20)


def test_deriving_again_gives_the_same(world: World) -> None:
    deployments(world, 2, tested_at="2026-05-04 07:00")
    first = world.column("verified", kind="release")
    world.incident(caused_by_change_id="none")
    assert world.column("verified", kind="release") == first == dict.fromkeys(first, True)


# --- Values ---


def test_deployments_belong_to_a_version_a_release_or_a_change_of_one(world: World) -> None:
    known = release(world)
    deployments(world, 8)
    deployments(world, 4, version=None, parent_id=known)
    for _ in range(4):
        deployment(world, version=None, change_id=change(world, release_id=known))
    deployments(world, 2, version=None, parent_id="nowhere")
    deployments(world, 2, version=None, change_id=change(world, release_id="nowhere"))
    deployments(world, 5, version=None, environment="test")
    found = taken(world, "rel-recorded-deployment-share")
    # The changes themselves do not count: their source tells of deployments.
    assert (found.value, found.numerator, found.denominator) == (80, 16, 20)


def test_without_deployments_software_changes_stand_in_for_them(world: World) -> None:
    known = release(world)
    for _ in range(15):
        change(world, category="Software", release_id=known)
    for _ in range(3):
        change(world, category="Applications Software")
    for _ in range(2):
        change(world, pipeline="pay-pipeline", release_id="nowhere")
    change(world, category="Network", release_id=known)
    change(world, category="Software", production=False)
    change(world, category="Software", actual_end_at=None, closed_at=None)
    found = taken(world, "rel-recorded-deployment-share")
    assert (found.value, found.numerator, found.denominator) == (75, 15, 20)


def test_planned_releases_ship_within_thirty_days_of_their_date(world: World) -> None:
    planned = {"planned_at": "2026-04-01 09:00"}
    releases(world, 4, **planned, released_at="2026-05-01 09:00")
    releases(world, 2, **planned, released_at="2026-05-01 09:00:01")
    releases(world, 1, **planned, released_at=None)
    releases(world, 1, **planned, released_at=None, disposition="cancelled")
    unstarted = {"released_at": None, "started_at": None, "disposition": "cancelled"}
    releases(world, 3, **planned, **unstarted)
    releases(world, 3, **planned, disposition="duplicate")
    releases(world, 3, **planned, created_by="migration:import")
    releases(world, 3, planned_at="2026-05-20 09:00")
    deployments(world, 3, **planned)
    found = taken(world, "rel-completion-rate", policy=RULES)
    assert (found.value, found.numerator, found.denominator) == (50, 4, 8)


def test_shipped_releases_are_traceable_by_version_owner_work_and_date(world: World) -> None:
    releases(world, 4)
    releases(world, 1, version=None)
    releases(world, 1, owner=None)
    releases(world, 1, issue_count=0)
    releases(world, 1, issue_count=None, change_id="C1")
    bundled = release(world, issue_count=None)
    change(world, release_id=bundled)
    releases(world, 1, released_at=None)
    releases(world, 3, released_at=None, outcome=None)
    deployments(world, 3)
    found = taken(world, "rel-content-traceability")
    # Ten shipped releases of four items; version, owner, work and date are missing once each.
    assert (found.numerator, found.denominator) == (36, 40)
    assert found.value == pytest.approx(90)


def test_a_model_is_a_method_if_it_says_more_than_a_size(world: World) -> None:
    modelled = release(world)
    deployments(world, 8)
    deployments(world, 3, model=None, parent_id=modelled)
    deployments(world, 2, model=None)
    deployments(world, 2, model="Emergency")
    releases(world, 4, model="Major release")
    deployments(world, 5, model=None, environment="test")
    found = taken(world, "rel-model-use")
    # With the release that is the parent: twelve of twenty.
    assert (found.value, found.numerator, found.denominator) == (60, 12, 20)


def test_a_version_is_verified_by_a_gate_or_an_earlier_environment(world: World) -> None:
    deployments(world, 4, version="gate", test_gate_passed=True)
    deployments(world, 3, version="tested", tested_at="2026-05-04 09:00")
    deployments(world, 2, version="late", tested_at="2026-05-04 09:00:01", test_gate_passed=True)
    tested = release(world, version="parent", tested_at="2026-05-01 09:00")
    deployments(world, 1, version="parent", parent_id=tested)
    before: dict[str, Any] = {"released_at": "2026-05-04 08:00"}
    deployment(world, version="staged", environment="staging", **before)
    deployments(world, 4, version="staged")
    deployment(world, version="red", environment="staging", outcome="failed", **before)
    deployments(world, 2, version="red")
    deployment(world, version="own", environment="development", **before)
    deployments(world, 2, version="own")
    deployment(world, version="after", environment="staging", released_at="2026-05-04 08:00:01")
    deployments(world, 1, version="after")
    deployment(world, version="other", environment="staging", product="mail", **before)
    deployments(world, 1, version="other")
    found = taken(world, "rel-pre-release-verification")
    assert (found.value, found.numerator, found.denominator) == (60, 12, 20)


def test_teams_that_verify_much_less_than_the_others_do_not_conform(world: World) -> None:
    for team, good, bad in (("Payments", 40, 0), ("Mail", 40, 0), ("Apps", 10, 10)):
        deployments(world, good, assignment_group=team, test_gate_passed=True)
        deployments(world, bad, assignment_group=team)
    deployments(world, 9, assignment_group="Small")
    releases(world, 30, assignment_group="Papers", version=None)
    found = taken(world, "rel-product-consistency")
    # Apps: Wilson upper bound of 10 of 20 is 0.70; the reference is 1 (weighted median), less 10 points.
    assert found.value == pytest.approx(100 * 80 / 100)


def test_without_deployments_teams_are_compared_by_traceable_releases(world: World) -> None:
    for team, good, bad in (("Payments", 40, 0), ("Mail", 40, 0), ("Apps", 10, 10)):
        releases(world, good, assignment_group=team)
        releases(world, bad, assignment_group=team, owner=None)
    assert taken(world, "rel-product-consistency").value == pytest.approx(80)


def test_a_deployment_without_a_team_belongs_to_that_of_its_release_or_change(world: World) -> None:
    known = release(world, id="R", assignment_group="Payments")
    deployment(world, id="D1", assignment_group=None, parent_id=known)
    linked = change(world, assignment_group="Mail", service_id="mail")
    deployment(world, id="D2", assignment_group=None, service_id=None, change_id=linked)
    deployment(world, id="D3", assignment_group=None, service_id=None)
    assert world.column("product_team", kind="release") == {
        "R": "Payments",
        "D1": "Payments",
        "D2": "Mail",
        "D3": None,
    }
    assert world.column("deployed_service", kind="release")["D2"] == "mail"


def failing_deployments(world: World) -> None:
    """Forty deployments of which nine failed, one way or another."""
    deployments(world, 24)
    deployments(world, 2, rolled_back=True)
    deployments(world, 1, outcome="rolled_back")
    deployments(world, 1, failed_at="2026-05-04 10:00")
    linked = change(world)
    deployment(world, change_id=linked)
    world.incidents(3, caused_by_change_id=linked)
    blamed = deployment(world)
    world.incident(caused_by_change_id=blamed)
    spared = deployment(world)
    world.incident(caused_by_change_id=spared, disposition="duplicate")
    # A hotfix of the same service after 72 hours, one a second later, one of another service.
    for service, hours, seconds in (("a", 72, 0), ("b", 72, 1), ("c", 1, 0)):
        deployment(world, service_id=service)
        later = moment(DEPLOYMENT["released_at"]) + timedelta(hours=hours, seconds=seconds)
        deployment(world, service_id="d" if service == "c" else service, on=later, hotfix=True)
    # An emergency change makes a hotfix as well; what it repairs failed, and failed twice.
    deployments(world, 2, service_id="e")
    deployment(world, service_id="e", on="2026-05-05 09:00", change_id=change(world, type="emergency"))


def test_a_deployment_failed_if_rolled_back_blamed_or_repaired(world: World) -> None:
    failing_deployments(world)
    found = taken(world, "rel-change-failure-rate")
    # 2 + 1 + 1 marked, 2 blamed, 1 + 2 repaired.
    assert (found.numerator, found.denominator) == (9, 40)
    assert found.value == pytest.approx(22.5)


def test_an_incident_of_any_change_in_a_release_is_the_releases(world: World) -> None:
    bad = release(world)
    world.incident(caused_by_change_id=change(world, release_id=bad))
    releases(world, 29)
    found = taken(world, "rel-change-failure-rate")
    assert (found.numerator, found.denominator) == (1, 30)


def test_releases_are_on_schedule_within_three_days_or_a_tenth_of_their_duration(world: World) -> None:
    releases(world, 3)
    releases(world, 1, started_at="2026-05-01 09:00", released_at="2026-05-07 09:00")
    releases(world, 1, started_at="2026-05-01 09:00", released_at="2026-05-07 09:00:01")
    # A tenth of 40 days is more than three days.
    releases(world, 1, started_at="2026-03-29 09:00", released_at="2026-05-08 09:00")
    releases(world, 1, baselined_at=None, planned_at=None)
    # Moved after work began: the earlier date holds.
    moved = release(world, baselined_at=None, planned_at="2026-05-20 09:00", released_at="2026-05-20 09:00")
    world.changes(
        moved,
        "planned_at",
        [
            ("2026-03-02 09:00", "2026-05-04 09:00:00", None),
            ("2026-05-03 09:00", "2026-05-20 09:00:00", None),
        ],
        kind="release",
    )
    # Moved before work began: the later date holds.
    agreed = release(world, baselined_at=None, planned_at="2026-05-20 09:00", released_at="2026-05-20 09:00")
    world.changes(
        agreed,
        "planned_at",
        [("2026-04-03 09:00", "2026-05-20 09:00:00", None)],
        kind="release",
        before="2026-05-04 09:00:00",
    )
    # Only a later move is known: what it replaced holds.
    replaced = release(
        world, baselined_at=None, planned_at="2026-05-20 09:00", released_at="2026-05-20 09:00"
    )
    world.changes(
        replaced,
        "planned_at",
        [("2026-05-03 09:00", "2026-05-20 09:00:00", None)],
        kind="release",
        before="2026-05-04 09:00:00",
    )
    deployments(world, 3)
    found = taken(world, "rel-schedule-adherence")
    # Three, the one after three days, the tenth, and the one moved in time.
    assert (found.value, found.numerator, found.denominator) == (60, 6, 10)


def test_deployments_are_automated_by_pipeline_or_identity_without_manual_steps(world: World) -> None:
    deployments(world, 8, executor=None)
    deployments(world, 4, pipeline=None)
    deployments(world, 4, pipeline=None, executor="person:ann")
    deployments(world, 2, manual_steps=True)
    deployments(world, 2, manual_steps=False)
    found = taken(world, "rel-automated-deployment-share", policy=WITH_IDENTITIES)
    assert (found.value, found.numerator, found.denominator) == (70, 14, 20)


def test_where_no_source_records_manual_steps_nothing_is_said_of_them(world: World) -> None:
    deployments(world, 20)
    world.lacks("manual_steps", kind="release")
    found = taken(world, "rel-automated-deployment-share", policy=WITH_IDENTITIES)
    assert (found.value, found.reason) == (None, "no source fills manual_steps")


def test_deployments_are_linked_by_automation_with_a_change_that_was_there(world: World) -> None:
    by_hand, by_machine = (change(world, created_by=who) for who in ("person:ann", "automation:deploy"))
    late = change(world, created_by="automation:deploy", opened_at="2026-05-04 09:00:01")
    deployments(world, 6, change_id=by_machine)
    deployments(world, 4, change_id=by_hand, change_linked_automatically=True)
    deployments(world, 2, approved_at="2026-05-04 08:00")
    deployments(world, 2, approved_at="2026-05-04 08:00:01")
    deployments(world, 2, change_id=by_hand)
    deployments(world, 1, change_id=by_machine, change_linked_automatically=False)
    deployments(world, 1, change_id=late)
    deployments(world, 1, change_id="nowhere", change_linked_automatically=True)
    deployments(world, 1)
    found = taken(world, "rel-deployment-change-linkage", policy=WITH_IDENTITIES)
    assert (found.value, found.numerator, found.denominator) == (60, 12, 20)


def test_recovery_runs_from_the_first_sign_to_restored(world: World) -> None:
    begun = {"failed_at": "2026-05-04 10:00"}
    deployments(world, 3, **begun, restored_at="2026-05-04 12:00")
    deployments(world, 3, **begun, restored_at="2026-05-04 16:00")
    # The incident came before the failure was noticed: from 09:30 to 12:30, when the last one was resolved.
    name = deployment(world, **begun)
    for opened, lasting in (
        ("2026-05-04 09:30", timedelta(hours=1)),
        ("2026-05-04 10:30", timedelta(hours=2)),
    ):
        world.incident(caused_by_change_id=name, opened_at=opened, lasting=lasting)
    # Repaired after four hours.
    deployment(world, service_id="a", **begun)
    deployment(world, service_id="a", on="2026-05-04 14:00", hotfix=True)
    # No end yet, no beginning known, and an end before the beginning.
    still = deployment(world)
    world.incident(caused_by_change_id=still, resolved_at=None)
    deployments(world, 1, rolled_back=True, restored_at="2026-05-04 12:00")
    deployments(world, 1, **begun, restored_at="2026-05-04 09:59")
    deployments(world, 5)
    found = taken(world, "rel-failed-deployment-recovery-time")
    # 2, 2, 2, 3, 4, 6, 6, 6 hours.
    assert (found.n, found.value) == (8, 3.5)


def test_services_are_deployed_so_often_a_month(world: World) -> None:
    for service, count in (("a", 3), ("b", 9), ("c", 12)):
        deployments(world, count, service_id=service)
    deployments(world, 3, service_id=None)
    deployments(world, 30, service_id="a", environment="test")
    found = taken(world, "rel-deployment-frequency")
    assert found.n == 3
    assert found.value == pytest.approx(9 * 30.4375 / 90)


def months_of_deployments(world: World, failures: list[int], **columns: Any) -> None:
    """Twenty deployments in each of twelve months, of which so many fail."""
    for number, failed in enumerate(failures):
        deployments(world, failed, on=month(number), rolled_back=True, **columns)
        deployments(world, 20 - failed, on=month(number), **columns)


def test_failures_of_deployments_get_rarer_month_by_month(world: World) -> None:
    months_of_deployments(world, list(range(12, 0, -1)))
    found = taken(world, "rel-change-failure-trend")
    assert found.value == 100
    assert found.series[0] == ("2025-06", 60.0, 20)


def test_failures_that_get_more_frequent_score_nothing(world: World) -> None:
    months_of_deployments(world, list(range(12)))
    assert taken(world, "rel-change-failure-trend").value == 0


def test_deployments_that_hardly_ever_fail_hold_excellence(world: World) -> None:
    months_of_deployments(world, [0] * 12)
    found = taken(world, "rel-change-failure-trend")
    assert found.value == 100
    assert "held at excellence" in found.reason


def lead_times(world: World, failures: list[int]) -> None:
    """Deployments whose work took 20 hours less every month, some of which fail."""
    for number, failed in enumerate(failures):
        committed = month(number) - timedelta(hours=300 - 20 * number)
        deployments(world, failed, on=month(number), committed_at=committed, rolled_back=True)
        deployments(world, 20 - failed, on=month(number), committed_at=committed)


def test_work_reaches_users_sooner_month_by_month(world: World) -> None:
    lead_times(world, [2] * 12)
    found = taken(world, "rel-lead-time-trend")
    assert found.value == 100
    assert [value for _, value, _ in found.series] == [300 - 20 * number for number in range(12)]


def test_getting_faster_by_failing_more_counts_half(world: World) -> None:
    lead_times(world, list(range(12)))
    assert taken(world, "rel-lead-time-trend").value == 50


# --- Evidence states ---


def test_without_a_list_of_identities_a_pipeline_still_tells_automation(world: World) -> None:
    deployments(world, 20)
    assert taken(world, "rel-automated-deployment-share").value == 100
    world.lacks("pipeline", kind="release")
    assert taken(world, "rel-automated-deployment-share").state is State.NOT_CONNECTED


def test_the_release_practice_is_assessed_whole(world: World) -> None:
    deployments(world, 30)
    delivers_all(world)
    (result,) = world.assess(practices=("release",)).practices
    assert len(result.indicators) == 14

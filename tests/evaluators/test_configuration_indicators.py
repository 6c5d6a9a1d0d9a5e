"""Every configuration indicator in a world small enough to work its value out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from evaluators.results import Measurement, State
from tests.evaluators import linked
from tests.evaluators.linked import change, month
from tests.evaluators.world import EVERYTHING_COUNTS, TODAY, World, moment

WITH_IDENTITIES = Policy(automation=("svc_*",), exclusions=Exclusions(enabled=False))
NOON = moment(f"{TODAY} 00:00")
"""The start of the day of the assessment."""

ITEM: Mapping[str, Any] = {
    "name": "srv-1",
    "class": "server",
    "status": "Operational",
    "operational": True,
    "service": False,
    "environment": "production",
    "support_group": "Servers",
    "discovery_source": "network scan",
    "created_at": "2020-01-01 09:00",
    "last_discovered_at": "2026-06-10 09:00",
}
"""A server that was found last week."""


def item(world: World, **columns: Any) -> str:
    """Add a configuration item."""
    return world.record("configuration_item", **{**ITEM, **columns})


def items(world: World, count: int, **columns: Any) -> list[str]:
    """Add `count` alike items."""
    return [item(world, **columns) for _ in range(count)]


def depends(world: World, *chain: str) -> None:
    """Let each depend on the next."""
    for parent, child in pairwise(chain):
        world.record("ci_relationship", parent_id=parent, child_id=child)


def taken(world: World, indicator: str, **more: Any) -> Measurement:
    """Measure a shipped indicator in a world that has every kind."""
    for kind in ("group", "request"):
        world.delivers(kind)
    return linked.taken(world, indicator, **more)


def days_ago(days: int) -> Any:
    """A moment so many days before the start of the assessment's day."""
    return NOON - timedelta(days=days)


# --- Values ---


def test_items_are_fresh_if_confirmed_within_sixty_days(world: World) -> None:
    never = {"last_discovered_at": None}
    items(world, 20)
    items(world, 5, last_discovered_at=days_ago(60))
    items(world, 5, last_discovered_at=days_ago(61))
    items(world, 5, **never, verified_at=days_ago(10))
    items(world, 5, **never, changed_by_person_at=days_ago(10))
    items(world, 5, **never, created_at=days_ago(10))
    items(world, 4, **never)
    items(world, 1, **never, created_at=None)
    items(world, 7, operational=False)
    items(world, 7, operational=None)
    found = taken(world, "cfg-freshness")
    assert (found.value, found.numerator, found.denominator) == (80, 40, 50)


def test_a_last_change_confirms_where_it_is_known_to_be_a_persons(world: World) -> None:
    stale = {"last_discovered_at": None, "updated_at": days_ago(10)}
    items(world, 30, **stale, changed_by="person:ann")
    items(world, 20, **stale, changed_by="automation:batch")
    assert taken(world, "cfg-freshness", policy=WITH_IDENTITIES).value == 60
    # Without identity lists everybody looks like a person, so nobody is taken for one.
    assert taken(world, "cfg-freshness").value == 0


def test_an_inventory_is_not_called_stale_because_nobody_said_who_is_a_machine(world: World) -> None:
    items(world, 50, last_discovered_at=None, updated_at=days_ago(10), changed_by="person:ann")
    world.lacks("changed_by_person_at", kind="configuration_item")
    world.delivers("configuration_item")
    found = taken(world, "cfg-freshness")
    assert (found.state, found.value) == (State.NOT_CONNECTED, None)
    assert found.reason == "no list of automation identities is configured (people.automation)"
    assert taken(world, "cfg-freshness", policy=WITH_IDENTITIES).value == 100


def test_items_with_an_equal_key_in_their_class_are_duplicates(world: World) -> None:
    items(world, 38)
    for serial in ("SN1", " sn1 "):
        item(world, serial_number=serial)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        item(world, host_name="one.example.org", ip_address=address)
    items(world, 2, host_name="two.example.org")
    items(world, 2, cloud_id="i-1")
    items(world, 2, correlation_id="x")
    for class_ in ("server", "database"):
        item(world, serial_number="SN2", **{"class": class_})
    for operational in (True, False):
        item(world, serial_number="SN3", operational=operational)
    items(world, 2, serial_number="")
    found = taken(world, "cfg-duplicate-free")
    # Two by serial number, two by host and address, two by cloud, two by correlation.
    assert (found.numerator, found.denominator) == (46, 54)
    assert found.value == pytest.approx(100 * 46 / 54)


def test_essential_facts_are_name_class_status_place_and_group(world: World) -> None:
    items(world, 30)
    items(world, 5, environment=None, criticality="high")
    items(world, 5, support_group=None, owner_group="Servers")
    for missing in ("name", "class", "status", "environment", "support_group"):
        items(world, 2, **{missing: None})
    items(world, 9, operational=False, name=None)
    found = taken(world, "cfg-required-completeness")
    assert (found.value, found.numerator, found.denominator) == (80, 40, 50)


def test_a_form_default_is_no_fact(world: World) -> None:
    items(world, 40)
    items(world, 10, support_group="Somebody")
    defaults = {"configuration_item.support_group": ("Somebody",)}
    policy = Policy(field_defaults=defaults, exclusions=Exclusions(enabled=False))
    assert taken(world, "cfg-required-completeness").value == 100
    assert taken(world, "cfg-required-completeness", policy=policy).value == 80


def staffed(world: World) -> None:
    """Groups that can and groups that cannot take care of anything."""
    world.record("group", id="g1", name="Servers", active=True, active_member_count=2)
    world.record("group", id="g2", name="Alone", active=True, active_member_count=1)
    world.record("group", id="g3", name="Gone", active=False, active_member_count=9)


def test_owners_are_groups_that_are_active_with_two_members(world: World) -> None:
    staffed(world)
    items(world, 12)
    items(world, 3, support_group="g1")
    items(world, 3, support_group="Alone", owner_group="Servers")
    for group in ("Alone", "Gone", "Unknown", None):
        items(world, 3, support_group=group)
    found = taken(world, "cfg-ownership")
    # No source calls anything critical, so all items count.
    assert (found.numerator, found.denominator) == (18, 30)
    assert found.value == pytest.approx(60)


def test_only_items_of_critical_services_need_an_owner_where_criticality_is_known(world: World) -> None:
    staffed(world)
    item(world, id="pay", service=True, criticality="1 - most critical")
    item(world, id="lunch", service=True, criticality="4 - not critical", support_group=None)
    for number in range(28):
        name = item(world, support_group="Servers" if number < 20 else "Alone")
        depends(world, "pay", f"app-{number}", name)
    item(world, criticality="Critical")
    for _ in range(5):
        depends(world, "lunch", item(world, support_group=None))
    chain = ["pay", *(item(world, id=f"deep-{step}", operational=step == 6) for step in range(1, 7))]
    depends(world, *chain)
    found = taken(world, "cfg-ownership")
    # The service, 28 items two levels below it and one by itself; the sixth level is too deep.
    assert (found.numerator, found.denominator) == (22, 30)


def service(world: World, name: str, *chain: tuple[str, bool], tickets: int = 1) -> None:
    """Add a service, what it depends on (and whether that is in operation), and incidents that name it."""
    item(world, id=name, service=True)
    for below, operational in chain:
        item(world, id=below, operational=operational)
    depends(world, name, *(below for below, _ in chain))
    world.incidents(tickets, service_id=name)


def test_services_with_tickets_are_mapped_two_levels_deep(world: World) -> None:
    for number in range(5):
        service(world, f"mapped-{number}", (f"a{number}", True), (f"b{number}", True), tickets=9)
    service(world, "over a retired one", ("c1", False), ("c2", True))
    service(world, "flat", ("d1", True))
    service(world, "on a retired one", ("e1", True), ("e2", False))
    service(world, "in a circle", ("f1", True))
    depends(world, "f1", "in a circle")
    world.incident(service_id="unknown")
    item(world, id="changed only", service=True)
    change(world, service_id="changed only", opened_at="2026-05-01 09:00")
    item(world, id="asked for", service=True)
    world.record("request", service_id="asked for", opened_at="2026-05-01 09:00")
    service(world, "quiet", ("g1", True), ("g2", True), tickets=0)
    world.incident(service_id="quiet", opened_at="2025-06-01 09:00")
    world.incident(service_id=None)
    found = taken(world, "cfg-service-mapping")
    # Five and the one over a retired item, of twelve services that incidents, requests or changes name.
    assert (found.value, found.numerator, found.denominator) == (50, 6, 12)
    assert found.n_unit == "different service_id"


def test_a_service_counts_once_however_many_tickets_name_it(world: World) -> None:
    for number in range(9):
        service(world, f"bare-{number}")
    service(world, "mapped", ("a", True), ("b", True), tickets=200)
    assert taken(world, "cfg-service-mapping").value == 10


def test_a_circle_of_dependencies_ends(world: World) -> None:
    service(world, "round", ("a", True), ("b", True))
    depends(world, "b", "a")
    depends(world, "b", "round")
    assert world.column("dependency_levels", kind="configuration_item")["round"] == 4


def test_nine_services_are_too_few(world: World) -> None:
    for number in range(9):
        service(world, f"bare-{number}")
    found = taken(world, "cfg-service-mapping")
    assert found.state is State.INSUFFICIENT_SAMPLE
    assert found.reason == "9 of at least 10 different service_id"


def test_owner_teams_that_fill_in_much_less_do_not_conform(world: World) -> None:
    for team, good, bad in (("Servers", 60, 0), ("Databases", 60, 0), ("Desk", 30, 15)):
        items(world, good, owner_group=team)
        items(world, bad, owner_group=team, environment=None)
    items(world, 35, support_group=None)
    found = taken(world, "cfg-owner-consistency")
    # Desk: Wilson upper bound of 30 of 45 is 0.786, below the reference 1 - 10 points. Items without a group
    # stand under their class and all lack one.
    assert found.value == pytest.approx(100 * 120 / 200)


def test_items_are_verified_within_a_year_or_ninety_days_if_critical(world: World) -> None:
    never = {"last_discovered_at": None}
    items(world, 20)
    items(world, 10, **never, verified_at=days_ago(365))
    items(world, 5, **never, verified_at=days_ago(366))
    items(world, 5, **never, verified_at=days_ago(90), criticality="1 - most critical")
    items(world, 5, **never, verified_at=days_ago(91), criticality="Critical")
    items(world, 5, **never, changed_by_person_at=days_ago(1))
    found = taken(world, "cfg-verified-share")
    assert (found.value, found.numerator, found.denominator) == (70, 35, 50)


def test_without_criticality_a_year_holds_for_all(world: World) -> None:
    items(world, 50, last_discovered_at=days_ago(200))
    world.lacks("criticality", kind="configuration_item")
    assert taken(world, "cfg-verified-share").value == 100


def health(world: World, indicator: str, earlier: Sequence[tuple[date, int, int]]) -> Measurement:
    """Measure an indicator that remembers earlier assessments."""
    taken(world, indicator)
    examination = world.examination(EVERYTHING_COUNTS)
    examination.past = lambda name, _department: earlier if name == indicator else ()
    return examination.result(world.catalogue.indicator(indicator)).measurement


def healthy(world: World) -> None:
    """Fifty items of which forty are fresh, complete and listed once."""
    items(world, 40)
    items(world, 3, last_discovered_at=None)
    items(world, 3, environment=None)
    items(world, 4, serial_number="SN1")
    items(world, 5, operational=False)


def months_before(good: Sequence[int]) -> list[tuple[date, int, int]]:
    """Assessments on the second of each month before this one, with so many healthy items of 100."""
    days = [(month(number - len(good) + 12) - timedelta(days=1)).date() for number in range(len(good))]
    return [(day, healthy, 100) for day, healthy in zip(days, good, strict=True)]


def test_this_months_health_is_kept_for_later_assessments(world: World) -> None:
    healthy(world)
    for indicator in ("cfg-health-in-control", "cfg-health-trend"):
        found = health(world, indicator, [])
        assert found.state is State.INSUFFICIENT_SAMPLE
        assert dict(found.aggregates) == {"snapshot fulfilled": 40, "snapshot counted": 50}


def test_health_that_falls_out_of_its_limits_is_out_of_control(world: World) -> None:
    healthy(world)
    found = health(
        world, "cfg-health-in-control", months_before([80, 82, 81, 79, 80, 82, 40, 80, 81, 80, 81, 82])
    )
    # The last month is today's, 80 %. Of seven judged months the first is bad.
    assert [value for _, value, _ in found.series][-1] == 80
    assert (found.numerator, found.denominator) == (6, 7)


def test_health_that_rises_month_by_month_scores_in_full(world: World) -> None:
    healthy(world)
    found = health(world, "cfg-health-trend", months_before([20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70]))
    assert found.value == 100


def test_health_that_stays_at_95_percent_is_held_at_excellence(world: World) -> None:
    items(world, 50)
    found = health(world, "cfg-health-trend", months_before([96] * 11))
    assert found.value == 100
    assert "held at excellence" in found.reason


def test_tickets_and_changes_use_items_and_services_in_operation(world: World) -> None:
    item(world, id="srv-1")
    item(world, id="mail", service=True)
    item(world, id="old", operational=False)
    bare = {"service_id": None, "ci_id": None}
    recent = {"opened_at": "2026-05-04 09:00"}
    world.incidents(20, **recent, ci_id="srv-1", service_id=None)
    world.incidents(5, **recent, ci_id=None, service_id="mail")
    world.incidents(5, **recent, ci_id="old", service_id=None)
    world.incidents(10, **recent, **bare)
    for _ in range(5):
        change(world, ci_id="srv-1")
    for _ in range(5):
        change(world, **bare)
    found = taken(world, "cfg-used-in-operations")
    assert (found.value, found.numerator, found.denominator) == (60, 30, 50)


def test_discoverable_items_are_found_by_machines_within_thirty_days(world: World) -> None:
    items(world, 25, last_discovered_at=days_ago(30))
    items(world, 5, last_discovered_at=days_ago(31))
    items(world, 5, discovery_source="Manual Entry")
    items(world, 5, discovery_source=None)
    items(world, 5, last_discovered_at=None)
    items(world, 5, **{"class": "badge reader"})
    items(world, 9, **{"class": "contract"}, last_discovered_at=None, discovery_source=None)
    items(world, 9, operational=False)
    found = taken(world, "cfg-discovery-share")
    # A badge reader was found before, so its class can be discovered; a contract cannot.
    assert (found.value, found.numerator, found.denominator) == (60, 30, 50)


def drift(world: World, name: str, at: str = "2026-05-04 09:00", **more: Any) -> None:
    """Let the status of an item change."""
    world.changes(name, "status", [(at, "Down", None)], kind="configuration_item", **{"before": "Up", **more})


def controlled(world: World, **columns: Any) -> str:
    """Add a controlled item in production."""
    return item(world, **{"controlled": True, **columns})


def authorised(world: World, name: str, **columns: Any) -> None:
    """Add a change of an item, worked on from 09:00 to 11:00 of 5 May."""
    change(world, ci_id=name, **{"on": "2026-05-05 09:00", **columns})


def test_drift_is_explained_by_an_authorised_change_of_the_item_within_a_day(world: World) -> None:
    for _ in range(20):
        name = controlled(world)
        drift(world, name)
        authorised(world, name)
    for at in ("2026-05-06 11:00", "2026-05-06 11:00:01", "2026-05-04 08:59:59"):
        name = controlled(world)
        drift(world, name, at)
        authorised(world, name)
    approvals: tuple[dict[str, Any], ...] = (
        {"type": "standard"},
        {"gate_passed": True},
        {},
        {"type": "standard", "unauthorised": True},
        {"type": "standard", "disposition": "cancelled"},
    )
    for columns in approvals:
        name = controlled(world)
        drift(world, name)
        authorised(world, name, **{"approved_at": None, **columns})
    for columns in ({}, {"environment": "test"}, {"outcome": "failed"}):
        name = controlled(world)
        drift(world, name)
        values = {
            "type": "deployment",
            "environment": "production",
            "released_at": "2026-05-05 08:00",
            **columns,
        }
        world.record("release", ci_id=name, **values)
    for _ in range(19):
        drift(world, controlled(world))
    # None of these is drift of a controlled item in production.
    drift(world, controlled(world), before=None)
    drift(world, controlled(world), before="Down")
    drift(world, controlled(world, environment="test"))
    drift(world, controlled(world), "2026-01-01 09:00")
    drift(world, item(world))
    found = taken(world, "cfg-drift-explained")
    # Twenty, the one at the very end of the day after, a standard change, a gate and a deployment.
    assert (found.value, found.numerator, found.denominator) == (48, 24, 50)


def test_it_does_not_matter_who_let_an_item_drift(world: World) -> None:
    for actor in ("person:ann", "automation:scan", None):
        name = controlled(world)
        world.changes(
            name, "status", [("2026-05-04 09:00", "Down", actor)], kind="configuration_item", before="Up"
        )
    assert taken(world, "cfg-drift-explained").denominator == 3


def caused(world: World, count: int, service_id: str | None, **columns: Any) -> None:
    """Add urgent incidents that one change caused."""
    name = change(world, service_id=columns.pop("listed", None), ci_id=columns.pop("ci_id", None))
    world.incidents(count, priority=1, service_id=service_id, caused_by_change_id=name, **columns)


def test_the_model_predicted_services_that_the_change_lists_or_reaches_in_three_steps(world: World) -> None:
    depends(world, "pay", "app", "server", "disk", "rack")
    caused(world, 2, "pay", listed="pay")
    caused(world, 2, "pay", ci_id="pay")
    caused(world, 2, "pay", ci_id="disk")
    caused(world, 2, "pay", ci_id="rack")
    # What a service depends on is not hit by it.
    caused(world, 1, "disk", listed="pay")
    caused(world, 1, "mail", ci_id="disk", listed="pay")
    caused(world, 1, None, listed="pay")
    world.incidents(3, priority=1, service_id="pay", caused_by_change_id="nowhere")
    world.incidents(3, priority=1, service_id="pay")
    minor = change(world, service_id="pay")
    world.incidents(3, priority=3, service_id="pay", caused_by_change_id=minor)
    found = taken(world, "cfg-impact-prediction-recall")
    assert (found.value, found.numerator, found.denominator) == (60, 6, 10)


def corrected(world: World, count: int, wrong: int, number: int, **columns: Any) -> None:
    """Add incidents of a month, of which the item of some was corrected."""
    opened = month(number)
    for index in range(count):
        name = world.incident(opened_at=opened, **columns)
        assigned = opened + timedelta(minutes=10)
        world.changes(name, "assignment_group", [(assigned, "Network", None)])
        if index < wrong:
            world.changes(name, "ci_id", [(assigned + timedelta(minutes=1), "other", None)], before="srv-1")


def test_items_on_tickets_are_corrected_less_and_less(world: World) -> None:
    for number in range(9):
        corrected(world, 50, 20 - 2 * number, number + 3)
    found = taken(world, "cfg-ci-correction-trend")
    assert found.value == 100
    assert found.series[0] == ("2025-09", 40.0, 50)


def test_a_correction_replaces_or_clears_an_item_after_the_assignment(world: World) -> None:
    at = moment("2026-06-01 09:10")
    cases: dict[str, tuple[Any, str | None, str | None]] = {
        "replaced": (at + timedelta(seconds=1), "srv-1", "srv-2"),
        "cleared": (at + timedelta(seconds=1), "srv-1", None),
        "filled": (at + timedelta(seconds=1), None, "srv-1"),
        "same": (at + timedelta(seconds=1), "srv-1", "srv-1"),
        "together": (at, "srv-1", "srv-2"),
    }
    for name, (moved, before, after) in cases.items():
        world.incident(id=name)
        world.changes(name, "assignee", [(at, "person:ann", None)])
        world.changes(name, "ci_id", [(moved, after, None)], before=before)
    world.incident(id="never assigned")
    world.changes("never assigned", "ci_id", [(at, "srv-2", None)], before="srv-1")
    assert world.column("ci_corrected") == {
        "replaced": True,
        "cleared": True,
        "filled": False,
        "same": False,
        "together": False,
        "never assigned": None,
    }


# --- Evidence states ---


def test_the_configuration_practice_is_assessed_whole(world: World) -> None:
    items(world, 60)
    linked.delivers_all(world)
    (result,) = world.assess(practices=("configuration",)).practices
    assert len(result.indicators) == 14

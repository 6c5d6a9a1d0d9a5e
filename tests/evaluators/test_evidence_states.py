from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evaluators.policy import Exclusions, Policy
from evaluators.results import IndicatorResult, State
from evaluators.support import SupportMap
from storage.evidence.store import KindState, Support
from tests.evaluators.world import EVERYTHING_COUNTS, World, entry, share

AUTOMATED = "inc-automated-resolution"
COMPLETENESS = "inc-record-completeness"
WITH_IDENTITIES = Policy(automation=("svc_*",), exclusions=Exclusions(enabled=False))


def reason(result: IndicatorResult) -> tuple[State, str]:
    return result.measurement.state, result.measurement.reason


def test_an_empty_field_of_a_connected_column_lowers_the_value(world: World) -> None:
    world.incidents(30, service_id=None, ci_id=None)
    result = world.measure(COMPLETENESS)
    assert result.measurement.state is State.MEASURED
    assert result.measurement.value == pytest.approx(100 * 5 / 6)


def test_a_column_that_no_mapping_fills_is_not_supported_instead_of_zero(world: World) -> None:
    world.incidents(30, service_id=None, ci_id=None)
    world.lacks("service_id", "ci_id")
    result = world.measure(COMPLETENESS)
    assert reason(result) == (State.NOT_SUPPORTED, "no source fills service_id")
    assert (result.achievement, result.query) == (None, "")


def test_one_alternative_of_two_is_enough(world: World) -> None:
    world.incidents(30, ci_id=None)
    world.lacks("ci_id", "close_code")
    assert world.measure(COMPLETENESS).measurement.value == 100


def test_history_that_is_not_delivered_is_not_supported(world: World) -> None:
    world.incidents(60)
    world.lacks("history of assignment_group")
    assert reason(world.measure("inc-ping-pong-rate")) == (
        State.NOT_SUPPORTED,
        "no source fills history of assignment_group",
    )


def test_a_kind_that_no_source_has_is_not_connected(world: World) -> None:
    found = world.measure(COMPLETENESS)
    assert reason(found) == (State.NOT_CONNECTED, "no source delivers incidents")


@pytest.mark.parametrize("state", [KindState.ABSENT, KindState.DENIED, KindState.HIDDEN, KindState.UNKNOWN])
def test_a_kind_that_cannot_be_read_is_not_connected(world: World, state: KindState) -> None:
    world.delivers("incident", state=state)
    assert world.measure(COMPLETENESS).measurement.state is State.NOT_CONNECTED


def test_an_empty_table_is_a_sample_of_nothing(world: World) -> None:
    world.delivers("incident", state=KindState.EMPTY)
    assert world.measure(COMPLETENESS).measurement.state is State.INSUFFICIENT_SAMPLE


def test_without_service_levels_coverage_is_not_supported(world: World) -> None:
    # Erratum C2.
    world.incidents(30, made_sla=True)
    assert reason(world.measure("inc-sla-coverage")) == (
        State.NOT_SUPPORTED,
        "no source fills service levels",
    )


def test_without_a_list_of_identities_automation_is_not_connected(world: World) -> None:
    world.incidents(100)
    state, why = reason(world.measure(AUTOMATED))
    assert state is State.NOT_CONNECTED
    assert "people.automation" in why
    assert world.measure(AUTOMATED, WITH_IDENTITIES).measurement.value == 0.0


def test_an_empty_list_of_identities_is_a_list(world: World) -> None:
    world.incidents(100)
    policy = replace(WITH_IDENTITIES, automation=())
    assert world.measure(AUTOMATED, policy).measurement.state is State.MEASURED


def test_too_few_records_are_an_insufficient_sample_with_their_number(world: World) -> None:
    world.incidents(29)
    result = world.measure(COMPLETENESS)
    assert reason(result) == (State.INSUFFICIENT_SAMPLE, "29 of at least 30 records")
    assert result.measurement.n == 29


def test_a_current_column_is_not_supported_in_a_reconstruction(world: World) -> None:
    world.incidents(30)
    rule = entry(share("state = 'Closed'"))
    assert world.measure(rule).measurement.value == 100
    assert reason(world.measure(rule, reconstructed=True)) == (
        State.NOT_SUPPORTED,
        "state shows today's state only",
    )


# --- Several sources ---


def test_only_the_source_that_fills_the_column_is_measured(world: World) -> None:
    world.incidents(40)
    world.incidents(60, source="other", service_id=None, ci_id=None)
    world.lacks("service_id", "ci_id", source="other")
    assert (world.measure(COMPLETENESS).measurement.n, world.measure(COMPLETENESS).measurement.value) == (
        40,
        100,
    )


def test_two_sources_that_fill_the_column_are_measured_together(world: World) -> None:
    world.incidents(30)
    world.incidents(30, source="other", service_id=None, ci_id=None)
    found = world.measure(COMPLETENESS).measurement
    assert found.n == 60
    assert found.value == pytest.approx(100 * 11 / 12)


def test_incidents_of_a_source_without_service_levels_are_not_blamed_for_it(world: World) -> None:
    for _ in range(30):
        world.service_level(world.incident())
    world.incidents(30, source="other")
    found = world.measure("inc-sla-coverage").measurement
    assert (found.numerator, found.denominator) == (30, 30)


def test_equal_ids_of_two_sources_are_two_records(world: World) -> None:
    for source in ("desk", "other"):
        for number in range(20):
            world.incident(id=f"INC{number}", source=source)
    assert world.measure(COMPLETENESS).measurement.n == 40


# --- Exemptions ---


def practice(world: World, **more: Any) -> Any:
    return world.assess(**more).practices[0]


def test_an_exempted_indicator_is_not_applicable_with_its_reason(world: World) -> None:
    world.incidents(30)
    found = world.measure(COMPLETENESS, exemptions={COMPLETENESS: "records are kept on paper"})
    assert reason(found) == (State.NOT_APPLICABLE, "records are kept on paper")


def test_an_exempted_indicator_leaves_its_attribute_and_the_coverage(world: World) -> None:
    world.incidents(120, acknowledged_at="2026-06-01 09:10")
    for name in world.incidents(50, category=None, resolver=None, close_code=None, priority=None):
        world.incident(id=name, category=None, resolver=None, ci_id=None, service_id=None)
    before = practice(world)
    after = practice(world, exemptions={COMPLETENESS: "on paper"})
    rated = {one.id: one.achievement for one in before.indicators}
    attributes = {one.attribute: one.achievement for one in after.attributes}
    # What remains of 2.2 is not its core indicator: at most 85 %.
    assert attributes["2.2"] == min(rated["inc-single-person-dependence"], 0.85)
    weights = {one.id: one.weight for one in after.indicators}
    applicable = sum(weights.values()) - weights[COMPLETENESS]
    covered = sum(
        weights[one.id] * (0.5 if one.measurement.low_precision else 1)
        for one in after.indicators
        if one.achievement is not None
    )
    assert after.coverage == pytest.approx(covered / applicable)


def test_an_attribute_of_exempted_indicators_alone_is_skipped(world: World) -> None:
    world.incidents(120, acknowledged_at="2026-06-01 09:10")
    without = {COMPLETENESS: "x", "inc-single-person-dependence": "x"}
    before, after = practice(world), practice(world, exemptions=without)
    assert {one.attribute: one.rating for one in after.attributes}["2.2"] == "NE"
    # Everything hangs on Ann, which 2.1 alone does not mind; the mean is over seven attributes.
    assert (before.level, after.level) == (1, 2)
    rated = [one.achievement or 0.0 for one in after.attributes if one.attribute != "2.2"]
    assert after.breadth == pytest.approx(sum(rated) / 7)


def test_without_the_core_indicator_an_attribute_is_largely_achieved_at_best(world: World) -> None:
    world.incidents(60, opened_at="2026-04-01 09:00")
    world.lacks("acknowledged_at", "history of assignee", "history of state")
    result = practice(world)
    rated = {one.id: one for one in result.indicators}
    assert rated["inc-response-within-target"].measurement.state is State.NOT_SUPPORTED
    assert rated["inc-resolved-within-30-days"].achievement == 1.0
    assert {one.attribute: one.achievement for one in result.attributes}["2.1"] == 0.85


# --- Errors ---


def test_a_query_that_fails_is_an_error_and_the_others_stay(world: World) -> None:
    world.incidents(60, opened_at="2026-04-01 09:00")
    # A text where the column holds numbers, which the engine refuses.
    policy = replace(EVERYTHING_COUNTS, field_defaults={"incident.priority": ("Low",)})
    result = practice(world, policy=policy)
    states = {one.id: one.measurement.state for one in result.indicators}
    assert states[COMPLETENESS] is State.ERROR
    assert states["inc-team-record-consistency"] is State.ERROR
    assert states["inc-resolved-within-30-days"] is State.MEASURED
    failed = next(one for one in result.indicators if one.id == COMPLETENESS)
    assert (failed.achievement, failed.measurement.value) == (None, None)
    assert "The query cannot be run" in failed.measurement.reason
    assert failed.query


def test_without_actors_in_the_history_nobody_is_taken_for_a_machine() -> None:
    # Who changed a record is unknown, so "no person touched it" would be a guess.
    policy = Policy(automation=("svc_*",))
    columns = frozenset({"opened_at", "resolved_at", "resolver"})
    supports = [
        Support("corp", "incident", KindState.READABLE, columns, frozenset({"state"})),
        Support("corp", "transition", KindState.READABLE, frozenset({"at", "new_value"})),
    ]
    found = SupportMap(supports, policy).answerable("incident", ("human_touched",))
    assert (found.state, found.reason) == (State.NOT_SUPPORTED, "no source fills actor of transitions")


def test_a_history_that_was_never_read_to_its_end_is_no_evidence_that_nothing_happened() -> None:
    # On platforms that keep it apart, a first sync that was broken off has incidents and no history yet.
    incidents = Support(
        "corp", "incident", KindState.READABLE, frozenset({"opened_at"}), frozenset({"state"})
    )
    history = Support("corp", "transition", KindState.READABLE, frozenset({"at", "new_value"}))
    before = SupportMap([incidents], Policy()).answerable("incident", ("transition:state",))
    assert (before.state, before.reason) == (State.NOT_SUPPORTED, "no source fills history of state")
    assert (
        SupportMap([incidents, history], Policy()).answerable("incident", ("transition:state",)).state is None
    )

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from evaluators.catalogue import CatalogueError, shipped, with_own
from evaluators.catalogue.catalogue import catalogue_of, exclusions_of
from evaluators.derive import joined
from evaluators.policy import Exclusions, Policy
from evaluators.results import State
from evaluators.windows import Window
from tests.evaluators.world import EVERYTHING_COUNTS, World, entry, share

BOTH = ["incident", "problem"]


def told(rule: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(CatalogueError) as raised:
        with_own(shipped(), {"indicators": [rule]})
    return [(problem.path[2:], problem.message) for problem in raised.value.problems]


# --- Several kinds read as one ---


def test_records_of_several_kinds_are_counted_together(world: World) -> None:
    world.incidents(3)
    world.record("problem", opened_at="2026-06-01 09:00", priority=1, assignment_group="Desk")
    rule = entry(share("priority = 3"), kind=BOTH, window={"snapshot": True})
    found = world.measure(rule).measurement
    assert (found.numerator, found.denominator) == (3, 4)


def test_the_kind_of_a_record_may_be_asked_for(world: World) -> None:
    world.incidents(3)
    world.record("problem", opened_at="2026-06-01 09:00", priority=1, assignment_group="Desk")
    rule = entry(share("record_kind = 'problem'"), kind=BOTH, window={"snapshot": True})
    found = world.measure(rule).measurement
    assert (found.value, found.sample[0]) == (25.0, "R000001")


def test_a_kind_that_no_source_delivers_is_left_out_and_noted(world: World) -> None:
    world.incidents(3)
    rule = entry(share("priority = 3"), kind=BOTH, window={"snapshot": True})
    catalogue = with_own(world.catalogue, {"indicators": [rule]})
    examination = world.examination(catalogue=catalogue)
    assert examination.result(catalogue.indicator("own-indicator")).measurement.denominator == 3
    assert examination.notes == [
        "problems are left out of what is counted over them and incidents (no source delivers problems)"
    ]


def test_with_none_of_the_kinds_the_state_is_that_of_the_first(world: World) -> None:
    rule = entry(share("priority = 3"), kind=BOTH, window={"snapshot": True})
    found = world.measure(rule).measurement
    assert (found.state, found.reason) == (State.NOT_CONNECTED, "no source delivers incidents")


def test_each_kind_has_its_own_exclusions(world: World) -> None:
    world.incidents(3)
    world.incidents(2, parent_id="R000001")
    world.record("problem", opened_at="2026-06-01 09:00", priority=1, assignment_group="Desk")
    rule = entry(share("priority = 3"), kind=BOTH, window={"snapshot": True})
    assert world.measure(rule, Policy()).measurement.denominator == 4


def test_a_column_that_not_all_kinds_have_is_refused() -> None:
    found = told(entry(share("urgency = 1 OR caller = 'x'"), kind=BOTH, window={"snapshot": True}))
    assert found[0][0] == ("measure", "numerator")
    assert "'caller' is not a column of incident and problem" in found[0][1]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (["incident", "problms"], "'problms' is not a record kind"),
        (["incident", "incident"], "named twice"),
        (["incident", "service_level"], "cannot be joined"),
        ([], "a list of such names"),
        (5, "a list of such names"),
    ],
)
def test_kinds_are_checked(kind: object, sentence: str) -> None:
    assert any(
        path == ("kind",) and sentence in message for path, message in told(entry(share("TRUE"), kind=kind))
    )


# --- Snapshots, quarters, ages ---


def test_a_snapshot_counts_all_records_whatever_their_day(world: World) -> None:
    world.incident(opened_at="2019-01-01 09:00")
    world.incident(opened_at="2026-06-14 09:00")
    result = world.measure(entry(share("priority = 3"), window={"snapshot": True}))
    assert result.measurement.denominator == 2
    assert result.window == (date(2026, 6, 14), date(2026, 6, 15))


def test_a_snapshot_of_open_records_is_taken_at_the_start_of_the_day(world: World) -> None:
    # The assessment's day is 2026-06-15.
    world.incident(id="open", opened_at="2026-06-14 23:59", resolved_at=None)
    world.incident(id="later", opened_at="2026-06-15 00:00", resolved_at=None)
    world.incident(id="ended", opened_at="2026-06-01 09:00", resolved_at="2026-06-14 23:59")
    world.incident(id="ends today", opened_at="2026-06-01 09:00", resolved_at="2026-06-15 00:00")
    rule = entry(
        share("priority = 1"), window={"snapshot": True, "opened": "opened_on", "ended": "resolved_on"}
    )
    found = world.measure(rule).measurement
    assert found.denominator == 2
    assert sorted(found.sample) == ["ends today", "open"]


def test_quarters_end_with_the_last_whole_one() -> None:
    window = Window(of="opened_on", quarters=8)
    assert window.bounds(date(2026, 6, 15), Policy()) == (date(2024, 4, 1), date(2026, 4, 1))


@pytest.mark.parametrize(
    "keys",
    [
        {"snapshot": True, "of": "opened_on"},
        {"snapshot": True, "days": 90},
        {"snapshot": True, "opened": "opened_on"},
        {"days": 90},
        {"days": 90, "of": "opened_on", "opened": "opened_on", "ended": "resolved_on"},
    ],
)
def test_a_window_is_days_or_a_snapshot(keys: dict[str, Any]) -> None:
    assert [path for path, _ in told(entry(share("TRUE"), window=keys))] == [("window",)]


def test_an_age_is_whole_days_to_the_start_of_the_assessments_day(world: World) -> None:
    # 2026-06-15 00:00 in Paris is 2026-06-14 22:00 UTC.
    world.incident(id="two", opened_at="2026-06-12 22:00")
    world.incident(id="one", opened_at="2026-06-12 22:01")
    world.incident(id="later", opened_at="2026-06-14 22:01")
    policy = Policy(time_zone="Europe/Paris", exclusions=Exclusions(enabled=False))
    for age, name in ((2, "two"), (1, "one"), (-1, "later")):
        rule = entry(share(f"opened_at_age_days <> {age}"), window={"snapshot": True})
        assert world.measure(rule, policy).measurement.sample == (name,)


def test_days_have_an_age_too(world: World) -> None:
    world.incident(opened_at="2026-06-12 23:00")
    rule = entry(share("opened_on_age_days = 3"), window={"snapshot": True})
    assert world.measure(rule).measurement.numerator == 1


def test_a_kind_without_departments_can_be_counted(world: World) -> None:
    world.record("group", name="Desk")
    rule = entry(share("name = 'Desk'", group="name"), kind="group", window={"snapshot": True})
    assert world.measure(rule).measurement.value == 100.0


# --- Shares of large cells, completeness by condition ---


def test_only_records_of_large_cells_count(world: World) -> None:
    world.incidents(5, category="Mail", ci_id="a")
    world.incidents(4, category="Mail", ci_id="b")
    world.incidents(9, category=None, ci_id="c")
    rule = entry(share("priority = 3", cells={"by": ["category", "ci_id"], "minimum": 5}))
    assert world.measure(rule).measurement.denominator == 5


def test_cells_are_counted_among_the_records_of_the_denominator(world: World) -> None:
    world.incidents(3, category="Mail")
    world.incidents(3, category="Mail", priority=1)
    rule = entry(share("TRUE", "priority = 3", cells={"by": ["category"], "minimum": 4}))
    assert world.measure(rule).measurement.state is State.INSUFFICIENT_SAMPLE


def test_an_item_may_be_a_condition_with_a_name(world: World) -> None:
    world.incidents(3, close_code="Solved")
    world.incidents(1, close_code=None, resolution_note_length=60)
    world.incidents(4, close_code=None, resolution_note_length=10)
    measure = {
        "family": "mean_completeness",
        "items": [
            ["category"],
            {"name": "cause", "when": "close_code IS NOT NULL OR resolution_note_length >= 50"},
        ],
    }
    found = world.measure(entry(measure)).measurement
    assert (found.value, found.reason) == (75.0, "least filled: cause, on 50.0 % of 8 records")


def test_all_columns_of_a_condition_are_needed_unless_optional(world: World) -> None:
    world.incidents(4)
    world.lacks("close_code")
    item = {"name": "cause", "when": "close_code IS NOT NULL OR resolution_note_length >= 40"}
    measure = {"family": "mean_completeness", "items": [item]}
    assert world.measure(entry(measure)).measurement.state is State.NOT_SUPPORTED
    assert world.measure(entry(measure | {"optional": ["close_code"]})).measurement.value == 100.0


def test_a_mistake_in_an_item_is_told_with_its_place() -> None:
    measure = {"family": "mean_completeness", "items": [["category"], {"name": "x", "when": "now() > 1"}]}
    assert told(entry(measure))[0][0] == ("measure", "items", 1, "when")


# --- Direction of anchors, ids ---


def anchors(zero: float, full: float) -> dict[str, Any]:
    return {"zero": zero, "full": full, "origin": "a test", "expert_default": True}


def test_anchors_against_the_declared_direction_are_refused() -> None:
    found = told(entry(share("TRUE"), better="up", anchors=anchors(90, 10)))
    assert found == [(("better",), "the anchors 90 and 10 go the other way")]
    with_own(shipped(), {"indicators": [entry(share("TRUE"), better="down", anchors=anchors(90, 10))]})


def test_an_override_cannot_turn_anchors_round_by_mistake() -> None:
    turned = {"id": "inc-sla-coverage", "anchors": {"zero": 98, "full": 50}}
    [(path, message)] = told(turned)
    assert path == ("anchors",)
    assert "wrong way round" in message
    with_own(shipped(), {"indicators": [turned | {"better": "down"}]})


def test_a_score_is_always_better_upwards() -> None:
    measure = {"family": "improvement", "of": share("major"), "better": "down"}
    assert told(entry(measure, anchors=anchors(100, 0)))[0][0] == ("anchors",)


def test_one_id_in_two_files_is_refused_with_both_places() -> None:
    one = {"practice": "incident", "title": "One", "indicators": [entry(share("TRUE"))]}
    other = {"practice": "problem", "title": "Other", "indicators": [entry(share("TRUE"))]}
    with pytest.raises(CatalogueError) as raised:
        catalogue_of({"one.yaml": one, "other.yaml": other}, {})
    [problem] = raised.value.problems
    assert problem.path == ("other.yaml", "indicators", 0, "id")
    assert problem.message == "'own-indicator' is also in one.yaml"


def test_one_id_twice_in_a_file_is_refused() -> None:
    twice = {
        "practice": "incident",
        "title": "One",
        "indicators": [entry(share("TRUE")), entry(share("TRUE"))],
    }
    with pytest.raises(CatalogueError) as raised:
        catalogue_of({"one.yaml": twice}, {})
    assert [problem.path for problem in raised.value.problems] == [("one.yaml", "indicators", 1, "id")]


def test_exclusions_are_checked_against_their_kind() -> None:
    rules = {"incidnt": [], "problem": [{"name": "x", "when": "prioritty = 1"}]}
    with pytest.raises(CatalogueError) as raised:
        exclusions_of(rules)
    messages = [problem.message for problem in raised.value.problems]
    assert "'incidnt' is not a record kind (did you mean 'incident'?)" in messages
    assert any("did you mean 'priority'?" in message for message in messages)


# --- Parts of a derivation ---


def part(ids: list[str], **columns: list[int]) -> pa.Table:
    return pa.table({"source": ["a"] * len(ids), "id": ids, **columns})


def test_parts_are_joined_by_record() -> None:
    whole = joined([part(["1", "2"], x=[10, 20]), part(["2", "3"], y=[2, 3])])
    assert whole.to_pylist() == [
        {"source": "a", "id": "1", "x": 10, "y": None},
        {"source": "a", "id": "2", "x": 20, "y": 2},
        {"source": "a", "id": "3", "x": None, "y": 3},
    ]
    same = joined([part(["1"], x=[10]), part(["1"], y=[2])])
    assert same.to_pylist() == [{"source": "a", "id": "1", "x": 10, "y": 2}]


def test_no_column_is_derived_twice() -> None:
    with pytest.raises(ValueError, match="derived twice: x"):
        joined([part(["1"], x=[10]), part(["1"], x=[10])])


def test_departments_are_measured_on_their_own_rows(world: World) -> None:
    policy = Policy(departments={"Net*": "IT"}, exclusions=EVERYTHING_COUNTS.exclusions)
    world.incidents(3, assignment_group="Network")
    world.incidents(1, assignment_group="HR", priority=1)
    examination = world.examination(
        policy, catalogue=with_own(shipped(), {"indicators": [entry(share("priority = 3"))]})
    )
    rule = examination.catalogue.indicator("own-indicator")
    assert examination.result(rule).measurement.value == 75.0
    assert examination.result(rule, "IT").measurement.denominator == 3

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from random import Random

import pytest

from evaluators.catalogue import shipped
from evaluators.explanation import attribute_title, next_step, number, reason_of
from evaluators.results import IndicatorResult, Measurement, State
from evaluators.roadmap import roadmap
from tests.evaluators.made import ENTRIES, made_practice, some_practice

ATTRIBUTES = ("2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "5.1", "5.2")


def result(
    name: str, achievement: float | None, value: float | None = None, why: str = "why"
) -> IndicatorResult:
    rule = shipped().indicator(name)
    state = State.NOT_SUPPORTED if achievement is None else State.MEASURED
    return IndicatorResult(
        id=name,
        practice="incident",
        attribute=rule.attribute,
        core=rule.core,
        weight=rule.effective_weight,
        unit=rule.unit,
        measurement=Measurement(state, why, value=value),
        achievement=achievement,
        window=(date(2026, 1, 1), date(2026, 4, 1)),
        rule=rule.rule,
    )


def attributes(**changed: float | None) -> dict[str, float | None]:
    return dict.fromkeys(ATTRIBUTES, 1.0) | {
        name[1:].replace("_", "."): value for name, value in changed.items()
    }


def step_of(achievements: Mapping[str, float | None]) -> str:
    """The next step of the incident practice with these achievements, all others at 100 %."""
    practice = made_practice("incident", achievements)
    return next_step(practice, roadmap(practice, ENTRIES))


def test_a_practice_that_is_not_assessed_says_so() -> None:
    assert reason_of(None, None, attributes(), []).startswith("Not assessed")


def test_half_is_needed_of_the_attributes_of_the_next_level() -> None:
    weak = result("inc-sla-attainment", 0.4, 80.0, "priority 1: 20.0 %")
    reason = reason_of(3, "4.1", attributes(_4_1=0.4), [weak])
    assert reason == (
        "4.1 Measured and controlled is Partly achieved (40 %), level 4 needs more than 50 %. "
        "Weakest there: inc-sla-attainment at 80.0 %, achieving 40 % (priority 1: 20.0 %)."
    )


def test_85_percent_is_needed_of_the_attributes_below() -> None:
    weak = result("inc-sla-coverage", 0.6, 78.8)
    reason = reason_of(3, "3.1", attributes(_3_1=0.6), [weak])
    assert "level 4 needs more than 85 %" in reason
    assert "Largely achieved (60 %)" in reason


def test_an_attribute_without_evidence_says_what_is_missing() -> None:
    missing = result("inc-sla-coverage", None, why="no source fills service levels")
    reason = reason_of(2, "3.1", attributes(_3_1=None), [missing])
    assert reason == (
        "3.1 Standardised is not evidenced, level 3 needs more than 50 %: no source fills service levels."
    )
    unseen = dict.fromkeys(("inc-sla-coverage", "inc-priority-model-conformance"))
    assert step_of(unseen) == (
        "Make evidence for 3.1 Standardised available: "
        "nothing connected shows inc-priority-model-conformance."
    )


def test_a_missing_core_indicator_is_named_where_all_that_is_rated_is_good() -> None:
    # Without core an attribute is at most 85 %: raising what is at 100 % would not help.
    results = [
        result("inc-response-within-target", None, why="no source fills acknowledged_at"),
        result("inc-resolved-within-30-days", 1.0, 100.0),
    ]
    reason = reason_of(2, "2.1", attributes(_2_1=0.85), results)
    assert reason.endswith("Missing there: inc-response-within-target (no source fills acknowledged_at).")
    assert step_of({"inc-response-within-target": None}) == (
        "Make evidence for 2.1 Performed available: nothing connected shows inc-response-within-target."
    )


def test_no_level_above_the_highest_is_asked_for() -> None:
    reason = reason_of(5, "5.1", attributes(_5_1=0.7), [result("inc-automated-resolution", 0.7, 10.5)])
    assert "level 6" not in reason
    assert reason.startswith("The highest level is reached")


def test_a_practice_that_is_not_assessed_is_asked_for_evidence_first() -> None:
    nothing = dict.fromkeys(name for name, entry in ENTRIES.items() if entry.practice == "incident")
    assert step_of(nothing) == "Connect evidence for 2.1 and 2.2 first."


def test_without_bottleneck_there_is_nothing_to_do() -> None:
    assert reason_of(5, None, attributes(), []) == "All attributes are Fully achieved."
    assert step_of({}) == "Hold what has been reached."


def test_the_next_step_goes_from_the_value_to_where_fully_begins() -> None:
    # 85 % and three points of safety: the core counts twice, so 82 % of 50 -> 98 are 89.4.
    assert "Bring inc-sla-coverage from 78.8 % to 89.4 % or more." in step_of({"inc-sla-coverage": 0.6})


def test_the_next_step_goes_down_where_less_is_better() -> None:
    # At the highest level Fully is asked of both; the other counts once, so 64.1 % of 20 -> 3 are 9.1.
    step = step_of({"inc-ping-pong-rate": 0.2})
    assert "Bring inc-ping-pong-rate from 16.6 % to 9.1 % or less." in step


def test_the_next_step_raises_as_many_indicators_as_the_attribute_needs() -> None:
    # The core at 100 % and the other at 40 % are 80 %, below the 85 % that level 4 asks of 3.1.
    step = step_of({"inc-sla-coverage": 0.6, "inc-priority-model-conformance": 0.4})
    assert "Bring inc-priority-model-conformance from 81.2 %" in step
    assert " and inc-sla-coverage from 78.8 %" in step


def test_the_next_step_is_the_first_of_the_roadmap_also_where_it_is_not_the_bottleneck() -> None:
    # Level 4 asks for 85 % of 3.1 before it asks for anything of 4.2, which holds the index down.
    weak = {"inc-first-assignment-resolution": 0.28, "inc-ping-pong-rate": 0.28, "inc-sla-coverage": 0.6}
    assert made_practice("incident", weak).bottleneck == "4.2"
    assert step_of(weak).startswith("3.1 Standardised comes first: Does every incident have a defined")


@pytest.mark.parametrize("seed", range(60))
def test_explain_and_roadmap_name_the_same_first_step(seed: int) -> None:
    practice = some_practice(Random(seed))
    plan = roadmap(practice, ENTRIES)
    step = next_step(practice, plan)
    if plan.steps and practice.level is not None:
        first = plan.steps[0]
        assert (first.question if first.kind == "raise" else attribute_title(first.attribute)) in step


def test_the_reason_names_the_other_attributes_that_the_next_level_waits_for() -> None:
    weak = result("inc-ping-pong-rate", 0.28, 15.0)
    reason = reason_of(3, "4.2", attributes(_3_1=0.75, _4_1=0.3, _4_2=0.28), [weak])
    assert reason.endswith(
        "Level 4 also waits for 3.1 (75 %, needs more than 85 %), 4.1 (30 %, needs more than 50 %)."
    )


def test_numbers_are_written_with_their_unit() -> None:
    assert number(1234.56, "%") == "1,234.6 %"
    assert number(61.0, "% of volume") == "61.0 % of volume"
    assert number(61.0, "score") == "61.0 (score)"
    assert number(None, "%") == "-"

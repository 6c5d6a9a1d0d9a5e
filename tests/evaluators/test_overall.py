from __future__ import annotations

from datetime import date

from evaluators.catalogue import ComponentView, Composition
from evaluators.overall import overall_of
from evaluators.practices import STAGED_SETS
from evaluators.results import (
    AttributeResult,
    IndicatorResult,
    Measurement,
    PracticeResult,
    State,
    View,
)


def practice(name: str, index: float | None, alike: float | None = None, **more: object) -> PracticeResult:
    fields: dict[str, object] = {
        "practice": name,
        "department": None,
        "level": None if index is None else int(index),
        "possible": 5,
        "confirmed": None,
        "index": index or 1.0,
        "breadth": 0.5,
        "coverage": 1.0,
        "confidence": "high",
        "probability": 1.0,
        "bottleneck": None,
        "reason": "",
        "next_step": "",
        "attributes": (AttributeResult("3.2", alike, "F"),),
        "indicators": (),
    }
    return PracticeResult(**(fields | more))  # type: ignore[arg-type]


def nine(**indexes: float | None) -> list[PracticeResult]:
    return [practice(name, indexes.get(name.replace("-", "_"), 3.5)) for name in STAGED_SETS]


def views(results: list[PracticeResult]) -> dict[str, View]:
    return {view.name: view for view in overall_of(results).views}


def test_a_practice_that_is_asked_for_later_does_not_hold_back_earlier_levels() -> None:
    found = overall_of(nine(monitoring=1.5))
    assert (found.level, found.weakest_link) == (3, 1)
    assert found.weakest == "monitoring"
    assert overall_of(nine(incident=1.5)).level == 1


def test_a_practice_not_assessed_counts_as_level_1_and_is_named() -> None:
    found = overall_of(nine(change=None))
    assert (found.level, found.possible) == (1, 5)
    assert found.unassessed == ("change",)


def test_process_sets_and_weights_are_given() -> None:
    composition = Composition(sets={"incident": 2, "change": 2}, weights={"incident": 3.0})
    found = overall_of(nine(incident=2.5), composition)
    assert (found.level, found.index, found.mean_index) == (2, 2.5, 2.75)


def test_departments_do_not_count_in_the_overall_result() -> None:
    results = nine()
    assert overall_of([*results, practice("incident", 1.0, department="Ops", possible=1)]) == overall_of(
        results
    )


def test_components_are_as_mature_as_the_least_of_their_practices() -> None:
    found = views(nine(request=2.25, monitoring=None))
    assert found["service delivery"] == View("service delivery", 2, 2.25, None, "request")
    assert found["release"] == View("release", 3, 3.5, None, "")
    assert found["event"].level is None


def test_departments_together_are_what_they_do_alike() -> None:
    results = [practice("incident", 3.0, 0.9), practice("change", 3.0, 0.5), practice("problem", 3.0)]
    name = "multiple service departments"
    assert views(results)[name] == View(name, None, None, 0.7, "change 3.2")


def test_an_own_view_stands_beside_those_of_the_model_and_one_of_the_same_name_replaces_it() -> None:
    own = (
        ComponentView(name="front office", practices=("incident", "request")),
        ComponentView(name="event", practices=("monitoring", "incident")),
    )
    found = overall_of(nine(incident=2.5), Composition().with_own({}, {}, own)).views
    named = {view.name: view for view in found}
    assert [view.name for view in found][-1] == "front office"
    assert named["front office"] == View("front office", 2, 2.5, None, "incident")
    assert named["event"] == View("event", 2, 2.5, None, "incident")


def test_a_practice_declared_not_applicable_is_asked_for_nowhere() -> None:
    away = practice("release", None, indicators=(not_applicable("rel-model-use"),))
    others = [each for each in nine() if each.practice != "release"]
    found = overall_of([*others, away])
    assert (found.level, found.weakest_link, found.unassessed) == (3, 3, ())
    assert {view.name: view for view in found.views}["release"].level is None


def not_applicable(name: str) -> IndicatorResult:
    found = Measurement(State.NOT_APPLICABLE, "exempt")
    day = date(2026, 1, 1)
    return IndicatorResult(name, "release", "3.1", True, 2.0, "%", found, None, (day, day), "rule", "")

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from evaluators import ladder
from evaluators.ladder import ATTRIBUTES, attribute_achievement, default_weight
from evaluators.practices import STAGED_SETS

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "spec" / "aggregation_reference.py"
CASES = 100_000
EDGES = (0.5, 0.85, 0.15, 1.0, 0.0, 0.86, 0.51, 0.500000001, 0.849999999)

UCI: dict[str, float | None] = {
    "2.1": 0.956,
    "2.2": 0.732,
    "3.1": 0.833,
    "3.2": 0.802,
    "4.1": 0.0,
    "4.2": 0.392,
    "5.1": None,
    "5.2": None,
}


@lru_cache
def reference() -> ModuleType:
    if not REFERENCE.exists():
        pytest.skip("the specification's reference is not beside this repository")
    spec = importlib.util.spec_from_file_location("aggregation_reference", REFERENCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def some_achievement(rnd: random.Random) -> float:
    return rnd.choice((round(rnd.random(), 9), round(rnd.random(), 9), rnd.choice(EDGES)))


def some_indicators(rnd: random.Random) -> list[tuple[bool, float | None]]:
    return [
        (number == 0, None if rnd.random() < 0.2 else some_achievement(rnd))
        for number in range(rnd.randint(1, 4))
    ]


def some_attributes(rnd: random.Random, unrated: float) -> dict[str, float | None]:
    floor = rnd.choice((0.0, 0.5, 0.85))
    return {
        name: None if rnd.random() < unrated else round(max(floor, some_achievement(rnd)), 9)
        for name in ATTRIBUTES
    }


def weighted(indicators: list[tuple[bool, float | None]]) -> list[tuple[float, bool, float | None]]:
    return [(default_weight(core), core, value) for core, value in indicators]


def all_at(value: float) -> dict[str, float | None]:
    return dict.fromkeys(ATTRIBUTES, value)


# --- Against the reference ---


@pytest.mark.shared
def test_attributes_agree_with_the_reference_in_100_000_cases() -> None:
    rnd, oracle = random.Random(1), reference().attribute
    for _ in range(CASES):
        indicators = some_indicators(rnd)
        expected = oracle(indicators)
        found = attribute_achievement(weighted(indicators))
        assert found == (None if expected is None else round(expected, 9)), indicators


@pytest.mark.shared
@pytest.mark.parametrize("unrated", [0.0, 0.05])
def test_level_index_and_bottleneck_agree_with_the_reference_in_100_000_cases(unrated: float) -> None:
    rnd, oracle = random.Random(2), reference()
    for _ in range(CASES // 2):
        attributes = some_attributes(rnd, unrated)
        assert ladder.level(attributes) == oracle.level(attributes), attributes
        assert ladder.index(attributes) == oracle.index(attributes), attributes
        assert ladder.bottleneck(attributes) == oracle.bottleneck(attributes), attributes


@pytest.mark.shared
def test_overall_agrees_with_the_reference_in_100_000_cases() -> None:
    rnd, oracle = random.Random(3), reference()
    for _ in range(CASES):
        indexes: dict[str, float | None] = {
            practice: rnd.choice((1 + 4 * rnd.random(), float(rnd.randint(1, 5)))) for practice in STAGED_SETS
        }
        found = ladder.overall(indexes)
        assert found is not None
        index, _ = oracle.overall(indexes)
        assert (found.index, found.level) == (index, oracle.overall_level(indexes)), indexes


# --- Laws ---


def test_the_integer_part_of_the_index_is_the_level() -> None:
    rnd = random.Random(4)
    for _ in range(30_000):
        attributes = some_attributes(rnd, 0.03)
        skipped = [name for name in ATTRIBUTES if rnd.random() < 0.1]
        assert int(ladder.index(attributes, not_applicable=skipped)) == ladder.level(
            attributes, not_applicable=skipped
        ), (attributes, skipped)


def test_raising_an_indicator_never_lowers_its_attribute() -> None:
    rnd = random.Random(5)
    for _ in range(30_000):
        before = [(core, value) for core, value in some_indicators(rnd) if value is not None]
        if not before:
            continue
        raised = rnd.randrange(len(before))
        core, value = before[raised]
        after = [*before[:raised], (core, min(1.0, value + rnd.random())), *before[raised + 1 :]]
        assert number(attribute_achievement(weighted([*after]))) >= number(
            attribute_achievement(weighted([*before]))
        )


def number(value: float | None) -> float:
    assert value is not None
    return value


@pytest.mark.parametrize("measure", [ladder.level, ladder.index, ladder.breadth])
def test_raising_an_attribute_never_lowers_level_index_or_breadth(measure: Callable[..., float]) -> None:
    rnd = random.Random(6)
    for _ in range(20_000):
        attributes = some_attributes(rnd, 0.05)
        name = rnd.choice(ATTRIBUTES)
        raised = attributes | {name: min(1.0, (attributes[name] or 0.0) + rnd.random())}
        assert measure(raised) >= measure(attributes), (attributes, raised)


def test_the_possible_level_is_never_below_the_proven_one() -> None:
    rnd = random.Random(7)
    for _ in range(5_000):
        found = {name: weighted(some_indicators(rnd)) for name in ATTRIBUTES}
        proven = ladder.level({name: attribute_achievement(each) for name, each in found.items()})
        possible = ladder.level({name: ladder.possible_achievement(each) for name, each in found.items()})
        assert possible >= proven


# --- Attributes ---


def test_a_core_indicator_weighs_twice() -> None:
    assert attribute_achievement([(2.0, True, 0.9), (1.0, False, 0.6)]) == 0.8


def test_a_weakest_indicator_not_achieved_caps_the_attribute_at_50_percent() -> None:
    assert attribute_achievement([(2.0, True, 1.0), (1.0, False, 0.15)]) == 0.5


def test_a_weakest_indicator_partly_achieved_caps_the_attribute_at_85_percent() -> None:
    assert attribute_achievement([(9.0, True, 1.0), (1.0, False, 0.5)]) == 0.85


def test_an_attribute_without_its_core_indicator_is_never_fully_achieved() -> None:
    assert attribute_achievement([(2.0, True, None), (1.0, False, 1.0)]) == 0.85


def test_an_attribute_without_rated_indicators_is_not_rated() -> None:
    assert attribute_achievement([(2.0, True, None)]) is None


def test_an_indicator_a_rounding_error_above_its_band_still_caps() -> None:
    assert attribute_achievement([(2.0, True, 1.0), (1.0, False, 0.15 + 1e-13)]) == 0.5


# --- Practice ---


def test_the_worked_example_is_level_2_held_down_by_records() -> None:
    assert ladder.level(UCI) == 2
    assert ladder.index(UCI) == pytest.approx(2.66, abs=0.05)
    assert ladder.bottleneck(UCI) == "2.2"
    assert ladder.breadth(UCI) == pytest.approx(0.46, abs=0.005)


def test_exactly_50_percent_does_not_reach_the_level() -> None:
    assert ladder.level(all_at(0.5)) == 1
    assert ladder.level(all_at(0.5 + 1e-12)) == 1


def test_exactly_85_percent_stops_the_climb() -> None:
    assert ladder.level(all_at(0.85)) == 2


def test_fully_everywhere_is_level_5_without_bottleneck() -> None:
    assert (ladder.level(all_at(0.9)), ladder.index(all_at(0.9))) == (5, 5.0)
    assert ladder.bottleneck(all_at(0.9)) is None


def test_largely_at_level_5_names_its_own_attribute_not_2_1() -> None:
    assert ladder.bottleneck(all_at(1.0) | {"5.2": 0.8}) == "5.2"


def test_an_unrated_attribute_stops_the_climb() -> None:
    assert ladder.level(all_at(1.0) | {"3.1": None}) == 2


def test_an_attribute_that_is_not_applicable_is_skipped() -> None:
    attributes = all_at(1.0) | {"3.1": None}
    assert ladder.level(attributes, not_applicable={"3.1"}) == 5
    assert ladder.index(attributes, not_applicable={"3.1"}) == 5.0
    assert ladder.bottleneck(attributes, not_applicable={"3.1"}) is None
    assert ladder.breadth(attributes, not_applicable={"3.1"}) == 1.0


def test_a_level_with_nothing_applicable_is_not_reached() -> None:
    assert ladder.level(all_at(1.0), not_applicable={"4.1", "4.2"}) == 3
    assert int(ladder.index(all_at(1.0), not_applicable={"4.1", "4.2"})) == 3


def test_a_practice_without_2_1_and_2_2_is_not_assessed() -> None:
    assert not ladder.is_assessed(all_at(1.0) | {"2.1": None, "2.2": None})
    assert ladder.is_assessed(all_at(1.0) | {"2.1": None})
    assert not ladder.is_assessed(all_at(1.0) | {"2.1": None}, not_applicable={"2.2"})


# --- Draws ---


def test_draws_of_attributes_agree_with_one_by_one() -> None:
    rng = np.random.default_rng(8)
    draws = rng.choice([0.1, 0.15, 0.3, 0.5, 0.7, 0.85, 0.9, 1.0, np.nan], size=(3, 500))
    vector = ladder.attribute_draws(list(zip((2.0, 1.0, 1.0), (True, False, False), draws, strict=True)), 500)
    for position in range(500):
        values = [None if np.isnan(value) else float(value) for value in draws[:, position]]
        single = attribute_achievement(list(zip((2.0, 1.0, 1.0), (True, False, False), values, strict=True)))
        assert vector[position] == pytest.approx(np.nan if single is None else single, nan_ok=True)


def test_draws_of_levels_agree_with_one_by_one() -> None:
    rnd = random.Random(9)
    cases = [some_attributes(rnd, 0.02) for _ in range(2_000)]
    draws = {
        name: np.array([np.nan if case[name] is None else case[name] for case in cases], dtype=np.float64)
        for name in ATTRIBUTES
    }
    for skipped in ([], ["3.1"], ["4.1", "4.2"]):
        expected = [ladder.level(case, not_applicable=skipped) for case in cases]
        assert ladder.draw_levels(draws, 2_000, not_applicable=skipped).tolist() == expected


def test_the_probability_of_a_level_is_its_share_of_the_draws() -> None:
    fully = np.ones(200)
    half = np.array([1.0] * 150 + [0.2] * 50)
    draws = {"2.1": fully, "2.2": fully, "3.1": half, "3.2": fully}
    assert ladder.levels_of_draws(draws, 200) == (1.0, 0.75, 0.0, 0.0)


def test_an_attribute_without_draws_is_unrated() -> None:
    assert np.isnan(ladder.attribute_draws([], 3)).all()
    assert ladder.levels_of_draws({}, 200) == (0.0, 0.0, 0.0, 0.0)


# --- Overall ---


def test_absent_practices_count_as_index_1_and_leave_the_result_proven_so_far() -> None:
    found = ladder.overall({"incident": 3.4, "request": None})
    assert found is not None
    assert (found.level, found.index, found.proven, found.weakest) == (1, 1.0, True, "request")


def test_a_practice_declared_not_applicable_is_removed() -> None:
    others = [practice for practice in STAGED_SETS if practice != "incident"]
    found = ladder.overall({"incident": 3.4}, not_applicable=others)
    assert found is not None
    assert (found.level, found.index, found.proven, found.mean_index) == (3, 3.4, False, 3.4)


def test_what_is_still_possible_counts_unassessed_practices_in_full() -> None:
    found = ladder.overall({"incident": 3.0}, unassessed=5.0)
    assert found is not None
    assert (found.level, found.weakest) == (3, "incident")


def test_monitoring_is_not_asked_for_before_level_4() -> None:
    indexes: dict[str, float | None] = dict.fromkeys(STAGED_SETS, 4.0)
    found = ladder.overall(indexes | {"monitoring": 1.0})
    assert found is not None
    assert (found.level, found.weakest, found.weakest_link) == (3, "monitoring", 1)


def test_weights_shift_the_mean_index() -> None:
    others = [practice for practice in STAGED_SETS if practice not in ("incident", "change")]
    found = ladder.overall({"incident": 4.0, "change": 2.0}, not_applicable=others, weights={"incident": 3.0})
    assert found is not None
    assert found.mean_index == 3.5


def test_nothing_assessed_has_no_overall_maturity() -> None:
    assert ladder.overall({"incident": None}) is None
    assert ladder.overall({}, not_applicable=list(STAGED_SETS)) is None

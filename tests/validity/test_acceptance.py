"""A small part of the acceptance table; `make validate` does all of it."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from tests.validity import (
    acceptance_levels,
    acceptance_methods,
    acceptance_missing,
    acceptance_planted,
    acceptance_single,
)
from tests.validity.acceptance_same import difference, invariance
from tests.validity.acceptance_single import Fall, Trial
from tests.validity.acceptance_world import Case, Outcome, agreement, assessed, organisation_of, outcomes_of
from tests.validity.figures import Figure
from tests.validity.kept import Kept

SIZE = 4_000
NUMBERS = count(1)


def next_number(_question: str) -> int:
    return next(NUMBERS)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return outcomes_of(Case(3, 2, SIZE))


def failing(figures: list[Figure]) -> list[Figure]:
    return [each for each in figures if not each.holds]


def test_every_one_of_the_128_indicators_is_compared_with_what_was_planted(outcomes: list[Outcome]) -> None:
    found = acceptance_planted.tallies(outcomes)
    assert len(found) == 128
    assert all(each.tried == 1 for each in found)
    assert sum(each.agreeing for each in found) >= 0.85 * len(found)


def test_no_level_is_found_above_the_planted_one(outcomes: list[Outcome]) -> None:
    assert {each.truth for each in outcomes} == {3}
    assert sum(each.found == 3 for each in outcomes) >= 7
    assert [str(each) for each in outcomes if each.found > each.truth] == []


def test_the_truth_stays_below_what_is_possible_without_some_indicators(outcomes: list[Outcome]) -> None:
    right = [each for each in outcomes if each.found == each.truth]
    figures = list(acceptance_missing.dropped_indicators(right, 0.2))
    assert figures[1].figure <= 5


def test_a_lost_source_changes_no_other_number() -> None:
    organisation = organisation_of(Case(3, 2, 1_500))
    whole = assessed(organisation)
    assert list(acceptance_missing.lost_source(organisation, whole, "survey")) == []


def test_order_repetition_and_zone_of_storage_change_no_byte() -> None:
    assert failing(list(invariance(Case(3, 2, 1_000), print, ["incident"]))) == []


def test_methods_keep_their_bars_in_short_series() -> None:
    assert failing(list(acceptance_methods.controls(1_000))) == []
    assert acceptance_methods.falls(1_000) == 0


def test_a_stable_year_that_never_changes_has_no_changes() -> None:
    figures = list(acceptance_levels.stability("10x", [((3, 3),) * 5], 0.4))
    assert figures[0].figure == 0


def test_an_answer_is_worked_out_once_for_each_question(tmp_path: Path) -> None:
    asked = Kept(next_number, tmp_path)
    assert [asked("one"), asked("two"), asked("one")] == [1, 2, 1]


def test_a_better_record_lets_nothing_fall_in_any_copy() -> None:
    sorts = ("a link to an item", "a category", "a workaround", "an owner")
    found = acceptance_single.improved(Trial(Case(3, 1, 1_000), copies=4, rounds=1, sorts=sorts))
    assert found.tried >= 6
    assert [fall for fall in found.falls if not fall.allowed] == []


def test_what_falls_misses_the_bar_of_its_kind_and_is_named() -> None:
    plain = Fall("a link", "inc-sla-coverage", -3.0, allowed=False)
    stepped = Fall("a target", "slm-attainment-in-control", -20.0, allowed=False)
    slight = Fall("a target", "slm-attainment-in-control", -0.5, allowed=True)
    anything, steps, few, tried = acceptance_single.figures_of([plain, stepped, slight], 10_000, print)
    assert [each.figure for each in (anything, steps, few)] == [1, 1, 1]
    assert [each.verdict for each in (anything, steps, few, tried)] == ["FAIL", "FAIL", "shown", "pass"]
    assert "`inc-sla-coverage` 1" in anything.reading


def test_agreement_is_one_for_equal_levels_and_none_for_chance() -> None:
    assert agreement([(1, 1), (5, 5)]) == 1
    assert agreement([(1, 1), (1, 5), (5, 1), (5, 5)]) == 0


def test_difference_counts_bytes_and_length() -> None:
    assert difference(b"abc", b"abd") == 1
    assert difference(b"abc", b"abcde") == 2

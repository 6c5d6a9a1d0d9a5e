"""What a line of proof may call a pass."""

from __future__ import annotations

import pytest

from tests.validity.figures import at_least, at_most, bounds, shown


def test_a_share_of_few_cases_passes_only_where_chance_cannot_have_brought_it_over_the_bar() -> None:
    assert at_least("few", 100, 95, "%", cases=27).verdict == "undecided"
    assert at_least("few", 100, 78, "%", cases=27).verdict == "pass"
    assert at_most("few", 0, 1, "%", cases=27).verdict == "undecided"


def test_a_share_of_few_cases_fails_only_where_chance_cannot_have_kept_it_below_the_bar() -> None:
    assert at_least("few", 88.9, 90, "%", cases=63).verdict == "undecided"
    assert at_least("few", 50, 90, "%", cases=63).verdict == "FAIL"


def test_a_share_of_many_cases_is_judged_as_it_stands() -> None:
    assert at_least("many", 96, 95, "%", cases=100).verdict == "pass"
    assert at_least("many", 94, 95, "%", cases=100).verdict == "FAIL"


def test_what_must_hold_in_every_case_is_judged_by_the_cases_there_are() -> None:
    assert at_least("all", 100, 100, "%", cases=5).verdict == "pass"
    assert at_least("all", 80, 100, "%", cases=5).verdict == "FAIL"


def test_a_figure_without_a_bar_is_shown() -> None:
    assert shown("beside", 46, "%", cases=20).verdict == "shown"


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    assert bounds(100, 59) == pytest.approx((95.05, 100), abs=0.01)
    assert bounds(0, 59) == pytest.approx((0, 4.95), abs=0.01)

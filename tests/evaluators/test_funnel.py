from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from evaluators.catalogue import shipped
from evaluators.funnel import Comparison, comparisons, outside
from evaluators.results import IndicatorResult, Measurement, PracticeResult, State
from evaluators.statistics.funnel import binomial_limits, limits_of_interval

DAY = date(2026, 1, 1)


def result(name: str, value: float | None, n: int, **more: object) -> IndicatorResult:
    entry = shipped().indicator(name)
    state = State.MEASURED if value is not None else State.INSUFFICIENT_SAMPLE
    fields: dict[str, object] = {"value": value, "n": n, "numerator": 1, "denominator": n, **more}
    found = Measurement(state, "", **fields)  # type: ignore[arg-type]
    return IndicatorResult(
        name, entry.practice, entry.attribute, entry.core, 2.0, entry.unit, found, 0.5, (DAY, DAY), "rule"
    )


def practice(department: str | None, *indicators: IndicatorResult) -> PracticeResult:
    return PracticeResult(
        "incident", department, 2, 3, 2, 2.0, 0.5, 1.0, "high", 1.0, None, "", "", (), indicators
    )


def compared(*practices: PracticeResult) -> tuple[Comparison, ...]:
    return comparisons(practices, {entry.id: entry for entry in shipped().entries})


@settings(derandomize=True, max_examples=60)
@given(st.integers(30, 5000), st.floats(1, 99))
def test_a_share_lies_outside_its_limits_as_seldom_as_they_say(n: int, centre: float) -> None:
    for (low, high), most in zip(binomial_limits(centre, n), (0.05, 0.002), strict=True):
        below = float(binom.cdf(low / 100 * n - 1, n, centre / 100))
        above = float(binom.sf(high / 100 * n + 1, n, centre / 100))
        assert low <= centre + 100 / n
        assert high >= centre - 100 / n
        assert below + above <= most


@settings(derandomize=True, max_examples=40)
@given(st.integers(30, 2000), st.floats(5, 95))
def test_limits_narrow_with_volume_and_998_is_wider_than_95(n: int, centre: float) -> None:
    (low, high), (lower, higher) = binomial_limits(centre, n)
    assert lower <= low <= high <= higher
    (wide, wider), _ = binomial_limits(centre, 4 * n)
    assert wider - wide < high - low


def test_limits_around_a_half_are_those_of_the_normal_distribution() -> None:
    (low, high), (lower, higher) = binomial_limits(50, 10_000)
    assert (low, high) == pytest.approx((49.02, 50.98), abs=0.02)
    assert (lower, higher) == pytest.approx((48.455, 51.545), abs=0.02)


def test_nothing_may_differ_from_none_or_all() -> None:
    assert binomial_limits(0, 50) == ((0, 0), (0, 0))
    assert binomial_limits(100, 50) == ((100, 100), (100, 100))


def test_limits_of_an_interval_keep_its_width() -> None:
    inner, outer = limits_of_interval(10, 4, 8)
    assert inner == pytest.approx((8, 12))
    assert outer == pytest.approx((10 - 2 * 3.090232 / 1.959964, 10 + 2 * 3.090232 / 1.959964))


def test_a_department_is_called_different_only_where_chance_does_not_explain_it() -> None:
    name = "inc-response-within-target"
    found = compared(
        practice(None, result(name, 80.0, 5000)),
        practice("Small", result(name, 74.0, 50)),
        practice("Large", result(name, 70.0, 2000)),
        practice("Fast", result(name, 90.0, 900)),
    )
    assert [(each.department, each.standing, each.method) for each in found] == [
        ("Large", "much worse", "binomial"),
        ("Fast", "much better", "binomial"),
        ("Small", "inside", "binomial"),
    ]
    assert [each.department for each in outside(found)] == ["Large", "Fast"]


def test_departments_are_compared_with_one_another_and_not_with_what_belongs_to_none_of_them() -> None:
    # Of 1,000 articles 600 have no owning group: they count against the organisation, and lie nowhere.
    name = "knw-article-ownership"
    found = compared(
        practice(None, result(name, 39.0, 1000, numerator=390)),
        practice("One", result(name, 97.0, 300, numerator=291)),
        practice("Other", result(name, 99.0, 100, numerator=99)),
    )
    assert [(each.department, each.standing) for each in found] == [("One", "inside"), ("Other", "inside")]
    assert {(each.organisation, each.centre) for each in found} == {(39.0, 97.5)}


def test_where_less_is_better_a_high_value_is_worse() -> None:
    none = {"numerator": None, "denominator": None}
    found = compared(
        practice(None, result("slm-pause-share", 10.0, 900, low=9.0, high=11.0, **none)),
        practice("Slow", result("slm-pause-share", 30.0, 300, low=28.0, high=32.0, **none)),
    )
    assert [(each.standing, each.method) for each in found] == [("much worse", "interval")]


def test_only_what_was_measured_in_both_scopes_is_compared() -> None:
    name = "inc-response-within-target"
    assert not compared(practice(None, result(name, None, 5)), practice("A", result(name, 70.0, 40)))
    assert not compared(practice(None, result(name, 70.0, 500)), practice("A", result(name, None, 4)))
    aside = "inc-resolved-within-30-days"
    assert not compared(practice(None, result(aside, 70.0, 500)), practice("A", result(aside, 60.0, 99)))

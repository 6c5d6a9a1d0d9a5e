from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.statistics.periods import (
    complete_months,
    complete_weeks,
    iso_week,
    merge_short,
    month_index,
    month_name,
    month_start,
)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2016, 3, 1), "2016-W09"),
        (date(2021, 1, 3), "2020-W53"),
        (date(2024, 12, 30), "2025-W01"),
    ],
)
def test_a_week_is_named_by_its_iso_year(day: date, name: str) -> None:
    assert iso_week(day) == name


def test_a_month_is_named_by_year_and_number() -> None:
    assert month_name(date(2016, 3, 31)) == "2016-03"


def test_consecutive_months_have_consecutive_indices() -> None:
    assert month_index(date(2026, 1, 1)) - month_index(date(2025, 12, 31)) == 1
    assert month_start(month_index(date(2025, 12, 31))) == date(2025, 12, 1)


def test_incomplete_weeks_at_both_ends_are_dropped() -> None:
    assert complete_weeks(date(2026, 1, 6), date(2026, 1, 27)) == [date(2026, 1, 12), date(2026, 1, 19)]


def test_a_window_of_whole_weeks_loses_nothing() -> None:
    assert len(complete_weeks(date(2026, 1, 5), date(2026, 1, 26))) == 3


def test_incomplete_months_at_both_ends_are_dropped() -> None:
    assert complete_months(date(2025, 11, 2), date(2026, 2, 28)) == [date(2025, 12, 1), date(2026, 1, 1)]


def test_a_window_of_whole_months_loses_nothing() -> None:
    assert len(complete_months(date(2025, 11, 1), date(2026, 2, 1))) == 3


def test_a_window_shorter_than_a_period_has_none() -> None:
    assert complete_weeks(date(2026, 1, 6), date(2026, 1, 8)) == []
    assert complete_months(date(2026, 1, 6), date(2026, 1, 28)) == []


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(0, 400))
@settings(max_examples=200, derandomize=True)
def test_complete_weeks_lie_inside_and_less_than_a_week_is_lost_at_each_end(start: date, days: int) -> None:
    end = start + timedelta(days=days)
    weeks = complete_weeks(start, end)
    assert all(
        monday.weekday() == 0 and start <= monday and monday + timedelta(days=7) <= end for monday in weeks
    )
    assert days - 7 * len(weeks) <= 12


@pytest.mark.parametrize(
    ("counts", "groups"),
    [
        ([10, 12, 30], [[0], [1], [2]]),
        ([4, 12, 30], [[0, 1], [2]]),
        ([4, 4, 4, 30], [[0, 1, 2], [3]]),
        ([30, 30, 4], [[0], [1, 2]]),
        ([30, 0, 5, 4], [[0, 1, 2, 3]]),
        ([3, 3], [[0, 1]]),
        ([], []),
    ],
)
def test_short_periods_merge_with_the_next_and_the_last_backward(
    counts: list[int], groups: list[list[int]]
) -> None:
    assert merge_short(counts, 10) == groups


@given(st.lists(st.integers(0, 30), max_size=60))
@settings(max_examples=200, derandomize=True)
def test_merging_loses_no_period_and_leaves_no_short_group(counts: list[int]) -> None:
    groups = merge_short(counts, 10)
    assert [position for group in groups for position in group] == list(range(len(counts)))
    sizes = [sum(counts[position] for position in group) for group in groups]
    assert len(groups) <= 1 or min(sizes) >= 10

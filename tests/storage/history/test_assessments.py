from __future__ import annotations

import dataclasses
import itertools
import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings

from evaluators import results
from storage.errors import UsageError
from storage.history import (
    ALL_DEPARTMENTS,
    StoredAssessment,
    StoredAttribute,
    StoredIndicator,
    StoredOverall,
    StoredPractice,
    StoredSource,
)
from storage.history.store import History
from tests.storage.history import samples
from tests.storage.history.places import Place
from tests.storage.history.samples import assessment, indicator, practice

COUNTER = itertools.count()


@given(samples.assessments)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_what_is_read_back_is_what_was_saved_to_the_last_bit(
    shared_history: History, stored: StoredAssessment
) -> None:
    stored = dataclasses.replace(stored, id=f"{stored.id}-{next(COUNTER)}")
    shared_history.save_assessment(stored)
    found = shared_history.assessment(stored.id)
    assert found == stored
    assert repr(found) == repr(stored)


def test_times_of_any_zone_come_back_in_utc(history: History) -> None:
    taken_at = datetime(2026, 3, 29, 6, 30, 0, 7, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    history.save_assessment(assessment(taken_at=taken_at))
    found = history.assessment("a-0001").taken_at
    assert found == taken_at
    assert found.isoformat() == "2026-03-29T01:00:00.000007+00:00"


def test_a_negative_zero_is_kept_as_zero_on_every_database(history: History) -> None:
    zero = indicator(value=-0.0, series=(("2026-W01", -0.0, 1),))
    history.save_assessment(assessment(practices=[practice(indicators=(zero,))]))
    found = history.assessment("a-0001").practices[0].indicators[0]
    assert math.copysign(1, found.value or 0.0) == 1
    assert math.copysign(1, found.series[0][1]) == 1


def test_an_assessment_outlives_its_process(place: Place) -> None:
    with place.open() as history:
        history.save_assessment(assessment())
    with place.open() as history:
        assert history.latest() == assessment()


def test_an_empty_history_has_no_latest_assessment(history: History) -> None:
    assert history.latest() is None
    assert history.assessments().items == ()


def test_an_assessment_without_practices_can_be_stored(history: History) -> None:
    nothing = assessment(
        practices=[], overall=StoredOverall(None, None, None, None, None), sources=(), notes=()
    )
    history.save_assessment(nothing)
    assert history.latest() == nothing


def test_an_id_is_stored_once(history: History) -> None:
    history.save_assessment(assessment())
    with pytest.raises(UsageError, match="a-0001 is stored already"):
        history.save_assessment(assessment(catalogue="2.0+77"))
    assert history.assessment("a-0001") == assessment()


@pytest.mark.parametrize("table", ["", "_source", "_practice", "_attribute", "_indicator"])
@pytest.mark.parametrize("change", ["UPDATE assessment{} SET {}", "DELETE FROM assessment{}"])
def test_the_database_itself_refuses_to_change_an_assessment(place: Place, table: str, change: str) -> None:
    column = "id = id" if table == "" else "position = position"
    with place.open() as history:
        history.save_assessment(assessment())
        with pytest.raises(Exception, match="history is never changed"):
            place.execute(change.format(table, column))
        assert history.latest() == assessment()


UNSTORABLE: list[tuple[str, Any, str]] = [
    ("value", math.nan, r"practices\[0\].indicators\[0\].value is not a finite number"),
    ("high", math.inf, r"indicators\[0\].high is not a finite number"),
    ("series", (("2026-W01", math.nan, 3),), r"series\[0\]\[1\] is not a finite number"),
    ("groups", (("x", -math.inf, 3),), r"groups\[0\]\[1\] is not a finite number"),
    ("numerator", 2**63, "numerator is an integer beyond 64 bits"),
    ("reason", "a\0b", "reason is a text with a NUL"),
    ("sample", ("\ud800",), r"sample\[0\] is a text that is no valid Unicode"),
    ("n", 3 + 0j, "n is of type complex"),
]


@pytest.mark.parametrize(("field", "value", "message"), UNSTORABLE)
def test_a_value_that_would_not_come_back_is_refused_by_name(
    history: History, field: str, value: Any, message: str
) -> None:
    broken = practice(indicators=(indicator(**{field: value}),))
    with pytest.raises(UsageError, match=message):
        history.save_assessment(assessment(practices=[broken]))
    assert history.latest() is None


def test_a_time_without_a_zone_is_refused(history: History) -> None:
    with pytest.raises(UsageError, match="taken_at is a time without a zone"):
        history.save_assessment(assessment(taken_at=datetime(2026, 1, 1)))


def test_a_level_outside_of_one_to_five_is_refused(history: History) -> None:
    with pytest.raises(UsageError, match="break its rules"):
        history.save_assessment(assessment(practices=[practice(level=6)]))
    assert history.latest() is None


def test_an_assessment_is_found_by_the_beginning_of_its_id(history: History) -> None:
    for name in ("abcd-1", "abcd-2", "ABCE-1", "a%_d-1", "xy"):
        history.save_assessment(assessment(name))
    assert history.assessment("abcd-1").id == "abcd-1"
    assert history.assessment("ABCE").id == "ABCE-1"
    assert history.assessment("xy").id == "xy"
    assert history.assessment("a%_d").id == "a%_d-1"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("abcd", "could mean abcd-[12] or abcd-[12]"), ("abc", "too short"), ("nobody", "no assessment nobody")],
)
def test_an_id_that_means_no_or_several_assessments_is_refused(
    history: History, wanted: str, message: str
) -> None:
    history.save_assessment(assessment("abcd-1"))
    history.save_assessment(assessment("abcd-2"))
    with pytest.raises(UsageError, match=message) as caught:
        history.assessment(wanted)
    assert caught.value.hint


def fill(history: History) -> None:
    """Five assessments, saved out of order; the two of 1 October were taken an hour apart."""
    early = samples.NOON - timedelta(hours=1)
    only_change = [practice("change"), practice("change", "IT")]
    history.save_assessment(assessment("oct-late", date(2026, 10, 1)))
    history.save_assessment(assessment("dec", date(2026, 12, 1), practices=only_change))
    history.save_assessment(assessment("oct-early", date(2026, 10, 1), taken_at=early))
    history.save_assessment(assessment("jan", date(2026, 1, 1), kind="reconstructed"))
    history.save_assessment(assessment("none", date(2025, 1, 1), practices=[]))


def ids(page: Any) -> list[str]:
    return [item.id for item in page.items]


def test_assessments_come_newest_first_by_day_then_by_time_taken(history: History) -> None:
    fill(history)
    assert ids(history.assessments()) == ["dec", "oct-late", "oct-early", "jan", "none"]
    latest = history.latest()
    assert latest is not None
    assert latest.id == "dec"


def test_assessments_come_in_pages_with_their_total(history: History) -> None:
    fill(history)
    page = history.assessments(limit=2, offset=1)
    assert ids(page) == ["oct-late", "oct-early"]
    assert (page.total, page.limit, page.offset) == (5, 2, 1)
    assert history.assessments(limit=0).total == 5
    with pytest.raises(UsageError):
        history.assessments(limit=-1)


def test_assessments_are_filtered_by_practice_department_and_day(history: History) -> None:
    fill(history)
    assert ids(history.assessments(practice="change")) == ["dec"]
    assert ids(history.assessments(practice="incident", department="IT")) == ["oct-late", "oct-early", "jan"]
    assert ids(history.assessments(department="HR")) == []
    assert ids(history.assessments(since=date(2026, 10, 1))) == ["dec", "oct-late", "oct-early"]
    assert history.assessments(practice="incident", since=date(2026, 2, 1)).total == 2


def test_an_assessment_shows_the_practices_that_were_asked_for(history: History) -> None:
    fill(history)

    def shown(**filters: Any) -> list[tuple[str, str | None]]:
        first = history.assessments(**filters).items[0]
        return [(found.practice, found.department) for found in first.practices]

    assert shown() == [("change", None)]
    assert shown(department="IT") == [("change", "IT")]
    assert shown(department=ALL_DEPARTMENTS) == [("change", None), ("change", "IT")]
    assert shown(practice="incident", department=ALL_DEPARTMENTS) == [("incident", None), ("incident", "IT")]


def test_details_come_only_when_asked_for(history: History) -> None:
    history.save_assessment(assessment())
    brief = history.assessments(department=ALL_DEPARTMENTS).items[0]
    assert [(found.attributes, found.indicators) for found in brief.practices] == [((), ()), ((), ())]
    assert brief.sources == assessment().sources
    assert history.assessments(department=ALL_DEPARTMENTS, detail=True).items == (assessment(),)
    assert history.assessments(department="IT", detail=True).items[0].practices == (
        assessment().practices[1],
    )


def test_an_indicator_is_followed_over_time(history: History) -> None:
    for month, value in ((9, 50.0), (10, 51.5), (11, 53.0)):
        scopes = [
            practice(indicators=(indicator(value=value),)),
            practice(department="IT", indicators=(indicator(value=value + 1),)),
        ]
        history.save_assessment(assessment(f"month-{month}", date(2026, month, 1), practices=scopes))
    page = history.indicator_history("inc-first-assignment-resolution", limit=2)
    assert [(point.assessment, point.indicator.value) for point in page.items] == [
        ("month-11", 53.0),
        ("month-10", 51.5),
    ]
    assert page.total == 3
    assert page.items[0].as_of == date(2026, 11, 1)
    assert page.items[0].indicator == indicator(value=53.0)
    department = history.indicator_history("inc-first-assignment-resolution", department="IT")
    assert [point.indicator.value for point in department.items] == [54.0, 52.5, 51.0]
    every = history.indicator_history(
        "inc-first-assignment-resolution", department=ALL_DEPARTMENTS, since=date(2026, 10, 1)
    )
    assert [point.department for point in every.items] == [None, "IT", None, "IT"]
    assert history.indicator_history("no-such").total == 0


def test_an_indicator_that_was_never_asked_is_followed_as_well(history: History) -> None:
    unasked = indicator(query="", state="not_connected", reason="no identity list is configured", value=None)
    history.save_assessment(assessment(practices=[practice(indicators=(unasked,))]))
    (point,) = history.indicator_history(unasked.id).items
    assert point.indicator == unasked


def test_the_previous_result_is_the_newest_of_an_earlier_day(history: History) -> None:
    early = samples.NOON - timedelta(hours=1)
    for name, day, taken_at, level in (
        ("feb-late", date(2026, 2, 1), samples.NOON, 3),
        ("feb-early", date(2026, 2, 1), early, 2),
        ("mar", date(2026, 3, 1), early, 4),
    ):
        found = practice(level=level, confirmed=level)
        history.save_assessment(assessment(name, day, taken_at=taken_at, practices=[found]))
    previous = history.previous("incident", None, date(2026, 3, 1))
    assert previous is not None
    assert (previous.level, previous.confirmed) == (3, 3)
    assert previous.probability_at_least == (0.99, 0.7, 0.1, 0.0)
    assert history.previous("incident", None, date(2026, 2, 1)) is None
    assert history.previous("incident", "IT", date(2027, 1, 1)) is None
    assert history.previous("change", None, date(2027, 1, 1)) is None


def test_the_previous_result_passes_over_unassessed_and_reconstructed_ones(history: History) -> None:
    for name, day, level, kind in (
        ("assessed", date(2026, 1, 1), 2, "live"),
        ("unassessed", date(2026, 2, 1), None, "live"),
        ("rebuilt", date(2026, 3, 1), 4, "reconstructed"),
    ):
        found = practice(level=level, confirmed=level)
        history.save_assessment(assessment(name, day, kind=kind, practices=[found]))
    live = history.previous("incident", None, date(2026, 4, 1))
    rebuilt = history.previous("incident", None, date(2026, 4, 1), "reconstructed")
    assert (live and live.level, rebuilt and rebuilt.level) == (2, 4)


MIRRORS: list[tuple[type, type, set[str], set[str]]] = [
    (results.Assessment, StoredAssessment, set(), set()),
    (results.OverallResult, StoredOverall, set(), set()),
    (results.SourceState, StoredSource, set(), set()),
    (results.AttributeResult, StoredAttribute, set(), set()),
    (results.PracticeResult, StoredPractice, set(), set()),
    (
        results.IndicatorResult,
        StoredIndicator,
        {"measurement", "window"},
        {"window_start", "window_end"}
        | {field.name for field in dataclasses.fields(results.Measurement)} - {"draws"},
    ),
]


@pytest.mark.parametrize(("result", "stored", "left_out", "added"), MIRRORS)
def test_history_keeps_every_field_of_a_result(
    result: type, stored: type, left_out: set[str], added: set[str]
) -> None:
    names = {field.name for field in dataclasses.fields(result)}
    assert {field.name for field in dataclasses.fields(stored)} == names - left_out | added

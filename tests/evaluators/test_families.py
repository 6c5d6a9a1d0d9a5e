from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from evaluators.catalogue import Catalogue, CatalogueError, shipped, with_own
from evaluators.policy import Policy
from evaluators.results import Measurement, State
from tests.evaluators.world import EVERYTHING_COUNTS, World, entry, share

HOURS = {"family": "median", "of": "resolution_seconds", "per": 3600}
RATIO = {"family": "count_ratio", "numerator": {"of": "resolved_on"}, "denominator": {"of": "opened_on"}}
COVERED = {
    "family": "covered_volume",
    "cells": ["service_id", "category"],
    "covered_by": [{"kind": "problem", "cells": ["service_id", "category"], "window": {"snapshot": True}}],
}
MACRO = {
    "family": "macro_share",
    "cells": ["service_id"],
    "minimum_in_cell": 4,
    "numerator": "reopen_count = 0",
}
ANY_UNIT = {"unit": "ratio", "anchors": {"zero": 1, "full": 100, "origin": "a test", "expert_default": True}}


def measured(world: World, measure: dict[str, Any], **changes: Any) -> Measurement:
    found = world.measure(entry(measure, **ANY_UNIT | changes)).measurement
    assert found.state is State.MEASURED, found.reason
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert found.low <= found.value <= found.high
    assert len(found.draws) == 200
    return found


def refused(world: World, measure: dict[str, Any], **changes: Any) -> str:
    found = world.measure(entry(measure, **ANY_UNIT | changes)).measurement
    assert found.state is State.INSUFFICIENT_SAMPLE
    return found.reason


def month(number: int) -> date:
    """The month that lies `number` months before June 2026."""
    total = 2026 * 12 + 5 - number
    return date(total // 12, total % 12 + 1, 1)


# --- Median and mean ---


def test_the_median_is_given_in_its_unit_with_order_statistics_around_it(world: World) -> None:
    # Ranks of 9: ceil(4.5 - 0.98 x 3) = 2 and 8.
    for hours in range(1, 10):
        world.incident(lasting=timedelta(hours=hours))
    found = measured(world, HOURS)
    assert (found.value, found.low, found.high, found.n) == (5.0, 2.0, 8.0, 9)


def test_the_mean_of_chosen_records(world: World) -> None:
    for hours in (1, 2, 6):
        world.incident(lasting=timedelta(hours=hours))
    world.incident(lasting=timedelta(hours=100), priority=1)
    measure = {"family": "mean", "of": "resolution_seconds", "per": 3600, "where": "priority = 3"}
    found = measured(world, measure)
    assert (found.value, found.n) == (3.0, 3)


def test_few_values_are_not_rated(world: World) -> None:
    world.incidents(3)
    assert refused(world, HOURS, minimum_sample=4) == "3 of at least 4 records"


# --- Count ratio ---


def test_what_ends_is_set_against_what_begins(world: World) -> None:
    world.incidents(3)
    world.incidents(1, resolved_at=None)
    world.incidents(2, opened_at="2026-01-05 09:00", resolved_at="2026-06-02 09:00")
    found = measured(world, RATIO)
    assert (found.value, found.numerator, found.denominator, found.n) == (1.25, 5, 4, 4)


def test_the_complement_tells_what_is_saved(world: World) -> None:
    world.incidents(10)
    world.record("problem", opened_at="2026-06-01 09:00")
    measure = {
        "family": "count_ratio",
        "numerator": {"kind": "problem", "of": "opened_on"},
        "denominator": {"of": "opened_on"},
        "complement": True,
        "per": 100,
    }
    assert measured(world, measure, unit="%").value == 90.0


def test_numbers_are_added_up_and_different_values_counted_once(world: World) -> None:
    for caller, count in (("person:a", 1), ("person:a", 2), ("person:b", 3)):
        world.incident(caller=caller, reassignment_count=count)
    world.incident(caller="person:a", opened_at="2026-04-01 09:00", reassignment_count=0)
    measure = {
        "family": "count_ratio",
        "numerator": {"of": "opened_on", "weight": "reassignment_count"},
        "denominator": {"of": "opened_on", "distinct": "caller"},
    }
    found = measured(world, measure)
    assert (found.numerator, found.denominator, found.value) == (6, 2, 3.0)


def test_a_ratio_without_enough_of_the_counted_side_is_not_rated(world: World) -> None:
    world.incidents(3)
    assert refused(world, RATIO, minimum_sample=4) == "3 of at least 4 in the denominator"
    assert refused(world, RATIO | {"counted": "numerator"}, minimum_sample=4).endswith("in the numerator")


def test_a_side_that_no_source_delivers_is_not_connected(world: World) -> None:
    world.incidents(3)
    measure = RATIO | {"numerator": {"kind": "problem", "of": "opened_on"}}
    assert world.measure(entry(measure)).measurement.state is State.NOT_CONNECTED


# --- Covered volume ---


def test_work_is_covered_where_its_cell_is_named(world: World) -> None:
    world.incidents(6, service_id="mail", category="Mail")
    world.incidents(3, service_id="mail", category="Network")
    world.incidents(1, service_id=None, category="Mail")
    world.record("problem", opened_at="2019-06-01 09:00", service_id="mail", category="Mail")
    world.record("problem", opened_at="2019-06-01 09:00", category="Mail")
    found = measured(world, COVERED)
    assert (found.value, found.numerator, found.denominator) == (60.0, 6, 10)
    assert found.groups[0] == ("mail / Network", 100.0, 3)
    assert len(found.sample) == 3


def test_every_element_must_name_the_cell_often_enough_in_its_window(world: World) -> None:
    world.incidents(4, service_id="mail")
    world.incidents(6, service_id="pay")
    for service in ("mail", "mail", "pay"):
        world.record("problem", opened_at="2026-06-01 09:00", service_id=service)
    world.record("problem", opened_at="2025-06-01 09:00", service_id="pay")
    twice = {"kind": "problem", "cells": ["service_id"], "of": "opened_on", "minimum": 2}
    known = {"kind": "incident", "cells": ["service_id"], "of": "opened_on"}
    measure = {"family": "covered_volume", "cells": ["service_id"], "covered_by": [twice, known]}
    assert measured(world, measure).value == 40.0


def test_cells_may_be_asked_for_besides_records(world: World) -> None:
    world.incidents(4, service_id="mail")
    world.record("problem", opened_at="2026-06-01 09:00", service_id="mail")
    covering = {"kind": "problem", "cells": ["service_id"], "of": "opened_on"}
    measure = {
        "family": "covered_volume",
        "cells": ["service_id"],
        "covered_by": [covering],
        "minimum_records": 4,
    }
    assert refused(world, measure, minimum_sample=2) == "1 of at least 2 different service_id"
    assert refused(world, measure | {"minimum_records": 5}) == "4 of at least 5 records"
    assert measured(world, measure).value == 100.0


# --- Cells one by one ---


def test_every_cell_counts_alike_whatever_its_size(world: World) -> None:
    # mail 4 of 4, pay 5 of 10, web is too small.
    world.incidents(4, service_id="mail")
    world.incidents(5, service_id="pay")
    world.incidents(5, service_id="pay", reopen_count=1)
    world.incidents(3, service_id="web", reopen_count=1)
    found = measured(world, MACRO)
    assert (found.value, found.n) == (75.0, 2)
    assert refused(world, MACRO, minimum_sample=3) == "2 of at least 3 service_id with 4 records"


def test_the_usual_frequency_of_a_cell(world: World) -> None:
    # 90 days, 9, 18 and 45 records: the median is 18.
    for service, count in (("mail", 9), ("pay", 18), ("web", 45)):
        world.incidents(count, service_id=service)
    measure = {"family": "cell_frequency", "cells": ["service_id"], "per_days": 30}
    found = measured(world, measure)
    assert (found.value, found.groups[0]) == (6.0, ("mail", 3.0, 9))
    assert "72 records of 3" in refused(world, measure | {"minimum_records": 73})


def test_the_spread_of_durations_weighs_cells_by_volume(world: World) -> None:
    # 1..11 hours: P50 6, P90 10, ratio 5/3. 21 of one hour: ratio 1 and the larger volume.
    for hours in range(1, 12):
        world.incident(service_id="mail", lasting=timedelta(hours=hours))
    measure = {
        "family": "cell_spread",
        "cells": ["service_id"],
        "of": "resolution_seconds",
        "minimum_in_cell": 11,
    }
    value = measured(world, measure).value
    assert value is not None
    assert math.isclose(value, 10 / 6)
    world.incidents(21, service_id="pay", lasting=timedelta(hours=1))
    found = measured(world, measure)
    assert (found.value, found.n) == (1.0, 2)
    assert found.groups[0] == ("mail", 1.67, 11)
    assert "2 of at least 3" in refused(world, measure, minimum_sample=3)


# --- AUC, matched ratio ---


def test_the_area_is_the_chance_that_the_event_scores_higher(world: World) -> None:
    # Urgency 1: 3 events, 1 other; urgency 2: 1 event, 3 others. Pairs 16: 9 won, 6 tied: 12/16.
    for urgency, reopened, count in ((1, 1, 3), (1, 0, 1), (2, 1, 1), (2, 0, 3)):
        world.incidents(count, urgency=urgency, reopen_count=reopened)
    measure = {"family": "auc", "score": "urgency", "event": "reopen_count > 0", "higher_is_riskier": False}
    found = measured(world, measure, minimum_sample=4)
    assert (found.value, found.n) == (0.75, 8)
    assert measured(world, measure | {"higher_is_riskier": True}).value == 0.25
    assert refused(world, measure, minimum_sample=5).startswith("4 records with the event and 4 without")


def test_the_window_is_extended_where_events_are_few(world: World) -> None:
    world.incidents(2, urgency=3, reopen_count=1)
    world.incidents(4, urgency=1)
    world.incidents(2, urgency=1, reopen_count=1, opened_at="2025-01-06 09:00")
    measure = {"family": "auc", "score": "urgency", "event": "reopen_count > 0", "extended": {"days": 730}}
    assert measured(world, measure, minimum_sample=2).value == 1.0
    longer = measured(world, measure, minimum_sample=4)
    assert (longer.value, longer.n) == (0.75, 8)
    assert "730 days" in longer.reason


def test_alike_records_are_compared_with_and_without(world: World) -> None:
    # Each stratum takes twice as long without; strata with one side alone do not count.
    for category, hours in (("Mail", 1), ("Network", 8)):
        world.incidents(3, category=category, knowledge_used=True, lasting=timedelta(hours=hours))
        world.incidents(3, category=category, knowledge_used=False, lasting=timedelta(hours=2 * hours))
    world.incidents(9, category="Apps", knowledge_used=True, lasting=timedelta(hours=90))
    measure = {
        "family": "matched_ratio",
        "duration": "resolution_seconds",
        "strata": ["category"],
        "with": "knowledge_used",
        "without": "NOT knowledge_used",
    }
    found = measured(world, measure, minimum_sample=6)
    assert found.value is not None
    assert (round(found.value, 9), found.n) == (0.5, 12)
    assert "7 of each are needed" in refused(world, measure, minimum_sample=7)


def test_a_catalogue_with_every_family_comes_back_from_its_content() -> None:
    measures: list[dict[str, Any]] = [
        {
            "family": "matched_ratio",
            "duration": "resolution_seconds",
            "strata": ["category"],
            "with": "major",
            "without": "NOT major",
        },
        {
            "family": "auc",
            "score": "urgency",
            "event": "major",
            "extended": {"days": 730},
        },
        COVERED,
        RATIO,
        MACRO,
        HOURS,
    ]
    rules = [entry(measure, id=f"own-{number}") for number, measure in enumerate(measures)]
    catalogue = with_own(shipped(), {"indicators": rules})
    assert Catalogue.of_content(catalogue.content()) == catalogue


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (HOURS | {"of": "resolution_second"}, "did you mean 'resolution_seconds'?"),
        (HOURS | {"of": "category"}, "not a column of whole numbers"),
        (HOURS | {"where": "prioritty = 1"}, "did you mean 'priority'?"),
        (RATIO | {"numerator": {"of": "resolved_at"}}, "'resolved_at' is not a date column"),
        (RATIO | {"numerator": {"of": "resolved_on", "weight": "category"}}, "whole numbers"),
        (RATIO | {"numerator": {"of": "resolved_on", "distinct": "calller"}}, "did you mean 'caller'?"),
        (
            COVERED | {"covered_by": [{"kind": "problem", "cells": ["service"]}]},
            "did you mean 'service_id'?",
        ),
        (COVERED | {"covered_by": [{"kind": "problem", "cells": ["service_id"]}]}, "has 1 columns"),
        (MACRO | {"cells": ["servic_id"]}, "did you mean 'service_id'?"),
        (
            {"family": "auc", "score": "category", "event": "major"},
            "'category' is not a column of whole numbers",
        ),
        (
            {"family": "cell_spread", "cells": ["item"], "of": "resolution_seconds"},
            "'item' is not a column",
        ),
        ({"family": "cell_frequency", "cells": ["servic_id"]}, "did you mean 'service_id'?"),
        (
            {
                "family": "matched_ratio",
                "duration": "resolution_seconds",
                "strata": ["servic_id"],
                "with": "major",
                "without": "NOT major",
            },
            "did you mean 'service_id'?",
        ),
    ],
)
def test_unknown_columns_are_told_with_the_nearest_name(measure: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CatalogueError) as raised:
        with_own(shipped(), {"indicators": [entry(measure)]})
    assert sentence in " ".join(problem.message for problem in raised.value.problems)


def test_departments_are_measured_on_their_own(world: World) -> None:
    policy = Policy(departments={"Net*": "IT", "HR*": "HR"}, exclusions=EVERYTHING_COUNTS.exclusions)
    world.incidents(4, assignment_group="Network", lasting=timedelta(hours=1))
    world.incidents(8, assignment_group="HR desk", lasting=timedelta(hours=9), reopen_count=1)
    rules = [
        entry(measure, id=f"own-{measure['family']}".replace("_", "-")) for measure in (HOURS, RATIO, MACRO)
    ]
    examination = world.examination(policy, catalogue=with_own(shipped(), {"indicators": rules}))
    values = {
        rule.id: [examination.result(rule, scope).measurement.value for scope in ("IT", "HR")]
        for rule in examination.catalogue.entries
        if rule.own
    }
    assert values == {
        "own-median": [1.0, 9.0],
        "own-count-ratio": [1.0, 1.0],
        "own-macro-share": [100.0, 0.0],
    }


# --- Series ---


def improving(of: dict[str, Any], better: str = "down", **more: Any) -> dict[str, Any]:
    return {"family": "improvement", "of": of, "better": better, "minimum_in_period": 5, **more}


MONTHS: dict[str, Any] = {"window": {"months": 24, "of": "opened_on"}, "minimum_sample": 9}


def by_month(world: World, hours: Sequence[float], records: int = 5, **columns: Any) -> None:
    for position, length in enumerate(hours):
        opened = f"{month(len(hours) - position)} 09:00"
        world.incidents(records, opened_at=opened, lasting=timedelta(hours=length), **columns)


def test_a_median_that_falls_month_by_month_is_an_improvement(world: World) -> None:
    by_month(world, range(40, 28, -1))
    found = measured(world, improving(HOURS), **MONTHS)
    assert (found.value, found.n, found.series[0]) == (100.0, 12, ("2025-06", 40.0, 5))
    assert measured(world, improving(HOURS, "up"), **MONTHS).value == 0.0


def test_quarters_take_six_of_eight(world: World) -> None:
    # Eight quarters from April 2024 to March 2026.
    by_month(world, [90 - number for number in range(26)])
    quarters = {"window": {"quarters": 8, "of": "opened_on"}, "minimum_sample": 6}
    found = measured(world, improving(HOURS, period="quarter"), **quarters)
    assert (found.value, found.n, found.n_unit) == (100.0, 8, "quarters")
    assert (found.series[0][0], found.series[-1][0]) == ("2024-Q2", "2026-Q1")
    reason = refused(world, improving(HOURS, period="quarter"), **quarters | {"minimum_sample": 9})
    assert reason == "8 of the last 8 quarters have 5 records, 9 are needed"


def test_a_series_may_be_held_at_a_value_of_its_own(world: World) -> None:
    by_month(world, [10] * 12)
    assert measured(world, improving(HOURS), **MONTHS).value == 0.0
    held = measured(world, improving(HOURS, ceiling_value=10), **MONTHS)
    assert held.value == 100.0
    assert held.reason == "held at excellence: it stays at 10 for 10 of 12 months"
    assert measured(world, improving(HOURS, ceiling_value=9), **MONTHS).value == 0.0


@pytest.mark.parametrize("falling", [True, False])
def test_a_gain_counts_half_where_another_indicator_gets_worse(world: World, falling: bool) -> None:
    for position in range(12):
        opened, bad = f"{month(12 - position)} 09:00", 2 + position if falling else 8
        lasting = timedelta(hours=40 - position)
        world.incidents(bad, opened_at=opened, lasting=lasting, reopen_count=1)
        world.incidents(20 - bad, opened_at=opened, lasting=lasting)
    other = entry(share("reopen_count = 0"), id="own-quality")
    rule = entry(
        improving(HOURS, balance={"indicator": "own-quality", "worse": "significantly"}), **ANY_UNIT | MONTHS
    )
    catalogue = with_own(shipped(), {"indicators": [other, rule]})
    result = world.examination(catalogue=catalogue).result(catalogue.indicator("own-indicator"))
    assert result.measurement.value == (50.0 if falling else 100.0)
    assert ("own-quality gets significantly worse" in result.measurement.reason) is falling


@pytest.mark.parametrize(("above", "value"), [(49, 50.0), (50, 100.0)])
def test_a_gain_counts_half_where_another_value_is_beyond(world: World, above: float, value: float) -> None:
    by_month(world, range(40, 28, -1), 10, priority=1)
    by_month(world, range(40, 28, -1), 10)
    other = entry(share("priority = 1"), id="own-urgent")
    rule = entry(improving(HOURS, balance={"indicator": "own-urgent", "above": above}), **ANY_UNIT | MONTHS)
    catalogue = with_own(shipped(), {"indicators": [other, rule]})
    result = world.examination(catalogue=catalogue).result(catalogue.indicator("own-indicator"))
    assert result.measurement.value == value


def test_a_balance_names_an_indicator_there_is() -> None:
    measure = improving(HOURS, balance={"indicator": "inc-sla-atainment", "above": 1})
    with pytest.raises(CatalogueError) as raised:
        with_own(shipped(), {"indicators": [entry(measure)]})
    [problem] = raised.value.problems
    assert problem.path == ("indicators", 0, "measure", "balance", "indicator")
    assert "did you mean 'inc-sla-attainment'?" in problem.message


@pytest.mark.parametrize(
    "of", [HOURS, {"family": "mean", "of": "resolution_seconds"}, RATIO, MACRO, share("reopen_count = 0")]
)
def test_every_series_has_a_value_a_month(world: World, of: dict[str, Any]) -> None:
    by_month(world, [3, 4] * 6)
    found = world.measure(entry(improving(of), **ANY_UNIT | MONTHS)).measurement
    assert (found.state, found.n) == (State.MEASURED, 12)


# --- In control ---


def test_weekly_shares_are_judged_on_their_logits(world: World) -> None:
    # 18 and 17 of 20 in turn; the last four weeks have 5 of 20.
    first = date(2025, 6, 16)
    good = [18, 17] * 24 + [5] * 4
    for number, count in enumerate(good):
        opened = f"{first + timedelta(weeks=number)} 09:00"
        world.incidents(count, opened_at=opened)
        world.incidents(20 - count, opened_at=opened, reopen_count=1)
    measure = {
        "family": "in_control",
        "of": share("reopen_count = 0"),
        "better": "up",
        "minimum_in_period": 20,
    }
    weeks = {"window": {"weeks": 52, "of": "opened_on"}, "minimum_sample": 26}
    found = measured(world, measure, **weeks)
    assert (found.numerator, found.denominator, found.n_unit) == (22, 26, "weeks")
    assert found.series[-1] == ("2026-W24", 25.0, 20)
    assert measured(world, measure | {"better": "down"}, **weeks).value == 100.0


# --- Past ---


def past(world: World, earlier: Sequence[tuple[date, int, int]], family: dict[str, Any]) -> Measurement:
    world.record("configuration_item", name="a", operational=True, support_group="Desk")
    world.record("configuration_item", name="b", operational=False, support_group="Desk")
    snapshot = share("operational", group="support_group")
    rule = entry(
        family | {"of": {"family": "past", "snapshot": snapshot}, "better": "up", "minimum_in_period": 2},
        kind="configuration_item",
        window={"snapshot": True, "months": 24},
        minimum_sample=9,
    )
    catalogue = with_own(shipped(), {"indicators": [rule]})
    examination = world.examination(catalogue=catalogue)
    examination.past = lambda indicator, department: earlier if indicator == "own-indicator" else ()
    return examination.result(catalogue.indicator("own-indicator")).measurement


def test_a_snapshot_is_kept_for_later_also_where_nothing_can_be_rated(world: World) -> None:
    found = past(world, [], {"family": "improvement"})
    assert found.state is State.INSUFFICIENT_SAMPLE
    assert found.aggregates == (("snapshot fulfilled", 1), ("snapshot counted", 2))


def test_earlier_snapshots_and_todays_make_a_series(world: World) -> None:
    earlier = [(month(number) + timedelta(days=9), 20 - number, 100) for number in range(1, 12)]
    found = past(world, [*earlier, (date(2026, 5, 2), 99, 100)], {"family": "improvement"})
    # Of two in May the later counts, and June is today's.
    assert found.series[-2:] == (("2026-05", 19.0, 100), ("2026-06", 50.0, 2))
    assert (found.value, found.n) == (100.0, 12)
    assert found.aggregates[-1] == ("snapshot counted", 2)


def test_a_snapshot_of_the_first_of_a_month_shows_the_month_before(world: World) -> None:
    found = past(world, [(date(2026, 6, 1), 40, 100)], {"family": "improvement"})
    assert found.n == 2


def test_past_snapshots_can_be_in_control(world: World) -> None:
    earlier = [(month(number), 80 + number % 2, 100) for number in range(1, 13)]
    found = past(world, earlier, {"family": "in_control", "period": "month"})
    assert (found.state, found.n, found.n_unit) == (State.MEASURED, 13, "months")

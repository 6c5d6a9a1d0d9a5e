"""The planted values are in the records: counted again by other code."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from itertools import pairwise

import pytest

from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.anchors import ANCHORS, ATTRIBUTES
from tests.sandbox.recount import FIGURES, Recount, by_matrix, weekly_medians

UNTIL = date(2026, 6, 17)
INCIDENTS = 12_000
TOLERANCE = dict.fromkeys(FIGURES, 1.5) | {"inc-major-incident-non-recurrence": 3.0}
"""In points; fewer than 300 urgent incidents stand behind non-recurrence."""
CASES = [(level, seed) for level in range(1, 6) for seed in (11, 12)]


@cache
def organisation(level: int, seed: int) -> Organisation:
    return generate(Quality.of_level(level, seed), seed=seed, until=UNTIL, incidents=INCIDENTS)


@cache
def recount(level: int, seed: int) -> Recount:
    return Recount(organisation(level, seed), UNTIL)


def planted(made: Organisation) -> dict[str, float]:
    indicators = made.truth["indicators"]
    assert isinstance(indicators, dict)
    return {name: truth["value"] for name, truth in indicators.items()}


def deviations(found: dict[str, float], truth: dict[str, float]) -> dict[str, tuple[float, float]]:
    return {
        name: (value, truth[name])
        for name, value in found.items()
        if abs(value - truth[name]) > TOLERANCE[name]
    }


@pytest.mark.parametrize(("level", "seed"), CASES)
def test_every_planted_value_is_found_in_the_records(level: int, seed: int) -> None:
    assert deviations(recount(level, seed).values(), planted(organisation(level, seed))) == {}


@pytest.mark.parametrize(("level", "seed"), CASES)
def test_the_planted_level_is_the_level_asked_for(level: int, seed: int) -> None:
    assert organisation(level, seed).truth["level"] == level


@pytest.mark.parametrize(("level", "seed"), CASES)
def test_what_the_records_show_scores_as_asked(level: int, seed: int) -> None:
    """But for trends, which come out at 0 or 100, and for what whole weeks and whole teams allow."""
    indicators = organisation(level, seed).truth["indicators"]
    assert isinstance(indicators, dict)
    coarse = {"inc-resolution-time-trend", "inc-handoff-trend", "inc-resolution-in-control"}
    coarse |= {name for name in indicators if ANCHORS[name].attribute == "3.2"}
    for name, truth in indicators.items():
        if name not in coarse:
            assert truth["achievement"] == pytest.approx(truth["asked"], abs=0.03), name


@pytest.mark.parametrize("seed", [1, 4])
def test_a_random_quality_is_planted_too(seed: int) -> None:
    made = generate(Quality.random(seed), seed=seed, until=UNTIL, incidents=INCIDENTS)
    assert deviations(Recount(made, UNTIL).values(), planted(made)) == {}


@pytest.mark.parametrize("achievement", [0.0, 1.0])
def test_the_extremes_are_planted_too(achievement: float) -> None:
    quality = Quality(dict.fromkeys(ATTRIBUTES, achievement))
    made = generate(quality, seed=5, until=UNTIL, incidents=INCIDENTS)
    assert deviations(Recount(made, UNTIL).values(), planted(made)) == {}


@pytest.mark.parametrize("groups", [5, 40])
def test_few_and_many_groups_are_planted_too(groups: int) -> None:
    made = generate(Quality.of_level(3, 6), seed=6, until=UNTIL, incidents=INCIDENTS, groups=groups)
    assert len(made.groups) == groups
    assert deviations(Recount(made, UNTIL).values(), planted(made)) == {}


@pytest.mark.parametrize("level", [1, 5])
def test_a_declared_matrix_gives_the_same_as_the_usual_priority_of_each_cell(level: int) -> None:
    count = recount(level, 11)
    assert by_matrix(count) == pytest.approx(FIGURES["inc-priority-model-conformance"](count), abs=0.1)


def test_bad_weeks_stand_in_the_second_half_of_the_year_only() -> None:
    series = weekly_medians(recount(3, 11))
    steps = [abs(after - before) for before, after in pairwise(series[:26])]
    assert max(series[26:]) > max(series[:26]) + max(steps) / 2


def test_the_groups_named_as_incomplete_are_those_behind() -> None:
    made, count = organisation(2, 11), recount(2, 11)
    named = made.truth["incomplete_groups"]
    assert isinstance(named, list)
    for group in named:
        rows = [
            row for row in count.within(count.resolved, "resolved_at", 90) if row["assignment_group"] == group
        ]
        filled = [bool(row["close_code"]) for row in rows]
        assert sum(filled) / len(filled) < 0.85


@pytest.mark.parametrize("level", [1, 5])
def test_urgent_priorities_are_frequent_enough_and_none_prevails(level: int) -> None:
    count = recount(level, 11)
    rows = count.within(count.resolved, "resolved_at", 90)
    shares = {priority: sum(row["priority"] == priority for row in rows) for priority in range(1, 6)}
    assert min(shares[1], shares[2]) >= 10
    assert max(shares.values()) < 0.85 * len(rows)


def test_groups_follow_zipf_and_openings_the_working_week() -> None:
    count = recount(3, 11)
    volumes = Counter(row["assignment_group"] for row in count.incidents if row["state"] == "Closed")
    assert max(volumes.values()) / min(volumes.values()) == pytest.approx(12**0.9, rel=0.1)
    weekend = [
        row for row in count.incidents if date.fromisoformat(str(row["opened_at"])[:10]).weekday() >= 5
    ]
    assert 0.05 < len(weekend) / len(count.incidents) < 0.12

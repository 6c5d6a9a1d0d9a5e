"""What disturbs measurements is there (section 8.1 of the model), each counted, and can be left out."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from sandbox.organisation import Organisation, Quality, generate, nuisance
from tests.sandbox.recount import Row

UNTIL = date(2026, 6, 17)


@cache
def disturbed(kind: str = "FULL") -> Organisation:
    asked: nuisance.Nuisance = getattr(nuisance, kind)
    return generate(Quality.of_level(3, 5), seed=5, until=UNTIL, incidents=12_000, nuisance=asked)


@cache
def incidents(kind: str = "FULL") -> tuple[Row, ...]:
    return tuple(disturbed(kind).incidents.rows())


def at(row: Row, name: str) -> datetime | None:
    return datetime.fromisoformat(str(row[name])) if row[name] else None


def opened() -> list[datetime]:
    """Openings of what was not imported."""
    return [
        moment
        for row in incidents()
        if row["created_by"] != "import.user" and (moment := at(row, "opened_at"))
    ]


def share(count: int) -> float:
    return count / len(incidents())


def test_weekends_are_quiet() -> None:
    days = Counter(moment.weekday() for moment in opened())
    assert max(days[5], days[6]) < 0.4 * min(days[day] for day in range(5))


def test_the_turn_of_the_year_is_quiet() -> None:
    by_day = Counter(moment.date() for moment in opened())
    for year in (2024, 2025):
        quiet, usual = (
            sum(by_day[start + timedelta(days=day)] for day in range(14))
            for start in (date(year, 12, 24), date(year, 11, 12))
        )
        assert quiet < 0.9 * usual


def test_durations_are_log_normal_with_a_sigma_of_one_and_a_half() -> None:
    """Within priority and category, by the quartiles: what takes longest is cut at 30 days."""
    strata: dict[object, list[float]] = {}
    for row in incidents():
        begin, end = at(row, "opened_at"), at(row, "resolved_at")
        if begin and end and end > begin and not row["disposition"] and row["resolver"] != "svc_autoheal":
            strata.setdefault((row["priority"], row["category"]), []).append(
                np.log((end - begin).total_seconds())
            )
    large = [values for values in strata.values() if len(values) > 300]
    sigmas = [float(np.subtract(*np.percentile(values, [75, 25]))) / 1.349 for values in large]
    assert len(large) > 8
    assert 1.3 < float(np.median(sigmas)) < 1.7


@pytest.mark.parametrize("groups", [5, 12, 40])
def test_the_work_of_groups_falls_by_their_rank(groups: int) -> None:
    made = generate(Quality.of_level(3, 5), seed=5, until=UNTIL, incidents=3_000, groups=groups, months=15)
    volumes = sorted(Counter(made.incidents.column("assignment_group")).values(), reverse=True)
    assert len(volumes) == groups
    slope = np.polyfit(np.log(np.arange(1, groups + 1)), np.log(volumes), 1)[0]
    assert -1.3 < slope < -0.6


def test_one_to_three_percent_of_the_timestamps_are_wrong() -> None:
    wrong = 0
    for row in incidents():
        moments = [moment for name in ("opened_at", "resolved_at", "closed_at") if (moment := at(row, name))]
        wrong += moments != sorted(moments)
    assert 0.01 <= share(wrong) <= 0.03


def test_there_are_records_that_do_not_count() -> None:
    dispositions = Counter(row["disposition"] for row in incidents())
    assert min(share(dispositions[name]) for name in ("cancelled", "duplicate", "test", "spam")) > 0.0005
    assert share(sum(row["parent_id"] is not None for row in incidents())) > 0.002
    known = {row["id"] for row in incidents()}
    assert {row["parent_id"] for row in incidents()} - {None} <= known


def test_a_go_live_imports_in_one_night_what_was_there() -> None:
    truth = disturbed().truth
    day = str(truth["go_live"])
    imported = [row for row in incidents() if row["created_by"] == "import.user"]
    night = [row for row in imported if f"{day}T00:00" <= str(row["opened_at"]) < f"{day}T02:00:00"]
    assert share(len(night)) > 0.008
    told = {row["record_id"] for row in disturbed().transitions.rows()}
    assert {row["id"] for row in night} <= told


def test_clocks_are_paused() -> None:
    held = {row["record_id"] for row in disturbed().transitions.rows() if row["new_value"] == "On Hold"}
    assert share(len(held)) > 0.05


def test_all_of_it_can_be_left_out() -> None:
    rows = incidents("NONE")
    assert len(rows) == 12_000
    assert {(row["disposition"], row["parent_id"]) for row in rows} == {(None, None)}
    assert "import.user" not in {row["created_by"] for row in rows}
    for row in rows:
        moments = [moment for name in ("opened_at", "resolved_at", "closed_at") if (moment := at(row, name))]
        assert moments == sorted(moments)
    assert "go_live" not in disturbed("NONE").truth
    assert disturbed("NONE").truth["level"] == 3

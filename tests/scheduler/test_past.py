from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from evaluators.measures.past import COUNTED, FULFILLED
from scheduler.past import snapshots
from storage.history import History, StoredAssessment, StoredIndicator, StoredOverall, StoredPractice

BEFORE = date(2026, 6, 1)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open("sqlite:history.db", tmp_path) as opened:
        yield opened


def keep(
    history: History,
    as_of: str,
    good: int | None,
    *,
    rule: str = "rule",
    policy: str = "policy",
    department: str | None = None,
) -> None:
    """Store an assessment whose indicator saw `good` of 100 records."""
    day = date.fromisoformat(as_of)
    sums = () if good is None else ((FULFILLED, good), (COUNTED, 100))
    indicator = StoredIndicator(
        id="cfg-health-in-control",
        practice="configuration",
        attribute="4.1",
        core=False,
        weight=1.0,
        unit="%",
        achievement=None,
        window_start=day,
        window_end=day,
        rule=rule,
        state="insufficient_sample",
        reason="too few months",
        aggregates=(*sums, ("months", 3)),
    )
    practice = StoredPractice(
        "configuration", department, None, 5, None, 1.0, 0.0, 0.0, "low", 0.0, None, "", ""
    )
    history.save_assessment(
        StoredAssessment(
            id=f"{as_of}-{good}-{rule}-{policy}-{department}",
            taken_at=datetime(2026, 6, 1, 6, tzinfo=UTC),
            as_of=day,
            kind="live",
            catalogue="1.0+c",
            policy=policy,
            evidence_store="store",
            evidence_number=1,
            evidence_content="content",
            overall=StoredOverall(None, None, None, None, None),
            practices=(replace(practice, indicators=(indicator,)),),
            sources=(),
        )
    )


def found(history: History, department: str | None = None) -> list[tuple[str, int]]:
    seen = snapshots(history, "cfg-health-in-control", department, "rule", "policy", BEFORE)
    assert all(counted == 100 for _, _, counted in seen)
    return [(day.isoformat(), good) for day, good, _ in seen]


def test_of_each_month_the_latest_assessment_counts(history: History) -> None:
    for as_of, good in (("2026-04-05", 50), ("2026-04-30", 60), ("2026-05-02", 70), ("2026-05-31", 80)):
        keep(history, as_of, good)
    assert found(history) == [("2026-04-30", 60), ("2026-05-31", 80)]


def test_an_assessment_of_the_first_shows_the_month_before(history: History) -> None:
    keep(history, "2026-04-30", 60)
    keep(history, "2026-05-01", 61)
    assert found(history) == [("2026-05-01", 61)]


def test_other_rules_and_other_policies_measured_something_else(history: History) -> None:
    keep(history, "2026-03-31", 50)
    keep(history, "2026-04-20", 60, rule="other")
    keep(history, "2026-05-20", 70, policy="other")
    assert found(history) == [("2026-03-31", 50)]


def test_limits_of_what_is_doubted_measured_the_same(history: History) -> None:
    keep(history, "2026-03-31", 50, policy="policy+limits")
    assert found(history) == [("2026-03-31", 50)]


def test_only_assessments_of_before_count(history: History) -> None:
    keep(history, "2026-05-20", 70)
    keep(history, "2026-06-01", 71)
    keep(history, "2026-06-20", 72)
    assert found(history) == [("2026-05-20", 70)]


def test_a_department_has_its_own_past(history: History) -> None:
    keep(history, "2026-05-20", 70)
    keep(history, "2026-05-21", 20, department="Platform")
    assert found(history) == [("2026-05-20", 70)]
    assert found(history, "Platform") == [("2026-05-21", 20)]


def test_an_assessment_that_saw_no_snapshot_is_passed_over(history: History) -> None:
    keep(history, "2026-04-20", 60)
    keep(history, "2026-04-21", None)
    assert found(history) == [("2026-04-20", 60)]

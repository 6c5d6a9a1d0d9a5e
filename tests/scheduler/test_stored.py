from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from evaluators.catalogue import shipped
from evaluators.gaming import SideBySide, Suspicion
from evaluators.ladder import ATTRIBUTES
from evaluators.quality import QualityFinding
from evaluators.results import (
    Assessment,
    AttributeResult,
    IndicatorResult,
    Measurement,
    OverallResult,
    PracticeResult,
    SourceState,
    State,
)
from evaluators.standing import standing_of
from scheduler.recompute import differences, recompute
from scheduler.stored import from_stored, to_stored
from storage.history import History


def indicator_result(position: int) -> IndicatorResult:
    entry = shipped().entries[position]
    measured = position % 3 != 2
    found = Measurement(
        State.MEASURED if measured else State.NOT_CONNECTED,
        "29 of 30 records" if measured else "no source delivers them",
        value=entry.anchors.full if measured else None,
        low=1.25 if measured else None,
        high=97.5 if measured else None,
        numerator=29 if measured else None,
        denominator=30 if measured else None,
        n=30,
        n_unit="weeks",
        cap=0.5 if position == 0 else 1.0,
        low_precision=position == 1,
        series=(("2026-01", 1.5, 12),),
        groups=(("Network", 40.0, 12),),
        sample=("INC1", "INC2"),
        aggregates=(("sum", 12),),
        draws=(1.0, 2.0),
    )
    return IndicatorResult(
        entry.id,
        entry.practice,
        entry.attribute,
        entry.core,
        entry.effective_weight,
        entry.unit,
        found,
        (0.5 if position == 0 else 1.0) if measured else None,
        (date(2026, 8, 1), date(2026, 11, 1)),
        entry.rule,
    )


def assessment() -> Assessment:
    indicators = tuple(indicator_result(position) for position in range(len(shipped().entries)))
    standing = standing_of(indicators)
    practice = PracticeResult(
        practice="incident",
        department=None,
        level=1,
        possible=5,
        confirmed=1,
        index=1.0,
        breadth=0.1,
        coverage=0.75,
        confidence="low",
        probability=0.5,
        bottleneck="2.1",
        reason="because",
        next_step="do it",
        attributes=tuple(AttributeResult(name, standing.proven[name], "F") for name in ATTRIBUTES),
        indicators=indicators,
        probability_at_least=(0.5, 0.25, 0.125, 0.0),
        kinds=("incident", "transition"),
        completeness=0.9,
    )
    when = datetime(2026, 11, 1, 12, 30, 15, 123456, tzinfo=UTC)
    return Assessment(
        "a" * 12,
        when,
        date(2026, 11, 1),
        "live",
        shipped().version,
        "policy",
        "store",
        3,
        "content",
        OverallResult(1, 5, 1.0, "incident", 1.0),
        (practice,),
        (SourceState("one", "incident", "readable", when, 30, 2, 1, 0.9),),
        ("a note",),
        (
            Suspicion(
                "closure-burst",
                "Closure bursts",
                "40 of 130",
                ("inc-resolved-within-30-days",),
                (("share now", 0.25), ("suspect", 40.0)),
                (("a_day", 20.0),),
                40,
                "incident",
                ("INC1",),
                (SideBySide("inc-resolved-within-30-days", "%", 90.0, None, 12),),
            ),
        ),
        (
            QualityFinding(
                "durations",
                "Ends",
                "3 of 9",
                "incident",
                ("opened_at",),
                3,
                9,
                None,
                False,
                ("a", "b"),
                ("I",),
            ),
        ),
    )


def without_draws(found: Assessment) -> Assessment:
    practices = (
        replace(
            practice,
            indicators=tuple(
                replace(each, measurement=replace(each.measurement, draws=())) for each in practice.indicators
            ),
        )
        for practice in found.practices
    )
    return replace(found, practices=tuple(practices))


def test_an_assessment_comes_back_from_history_as_it_was_except_for_draws(tmp_path: Path) -> None:
    with History.open("sqlite:maturity.db", tmp_path) as history:
        history.save_assessment(to_stored(assessment()))
        back = from_stored(history.assessment("a" * 12))
    assert back == without_draws(assessment())


def test_a_stored_level_comes_out_again_from_what_is_stored(tmp_path: Path) -> None:
    proven = recompute(to_stored(assessment()), shipped())
    assert differences(proven, shipped()) == []
    assert proven == recompute(proven, shipped())


def test_a_level_that_does_not_follow_from_its_evidence_is_found() -> None:
    proven = recompute(to_stored(assessment()), shipped())
    practice = replace(proven.practices[0], level=5, index=5.0)
    found = differences(replace(proven, practices=(practice,)), shipped())
    assert {difference.where.rsplit(" ", 1)[1] for difference in found} >= {"level", "index"}


def test_a_changed_achievement_is_found() -> None:
    proven = recompute(to_stored(assessment()), shipped())
    practice = proven.practices[0]
    forged = replace(practice.indicators[0], achievement=1.0)
    changed = replace(practice, indicators=(forged, *practice.indicators[1:]))
    found = differences(replace(proven, practices=(changed,)), shipped())
    assert "incident (organisation) indicators" in {difference.where for difference in found}

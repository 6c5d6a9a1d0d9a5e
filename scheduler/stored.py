"""Between what an assessment says and what history keeps of it, field by field, both ways.

Only resampled draws are not kept, so what comes back equals what was saved except for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import orjson

from evaluators.gaming import SideBySide, Suspicion
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
    View,
)
from storage.history import (
    StoredAssessment,
    StoredAttribute,
    StoredIndicator,
    StoredOverall,
    StoredPractice,
    StoredSource,
)

MEASURED = tuple(field.name for field in fields(Measurement) if field.name not in ("state", "draws"))
"""Fields of a measurement that are kept with its indicator."""

OWN = tuple(field.name for field in fields(IndicatorResult) if field.name not in ("measurement", "window"))
"""Fields of an indicator's result that are kept as they are."""


def to_stored(assessment: Assessment) -> StoredAssessment:
    """Return what history keeps of an assessment."""
    return StoredAssessment(
        **_same(assessment, leave_out=("overall", "practices", "sources", "suspicions", "quality")),
        overall=_overall_to_stored(assessment.overall),
        practices=tuple(map(_practice_to_stored, assessment.practices)),
        sources=tuple(StoredSource(**_same(source)) for source in assessment.sources),
        suspicions=tuple(map(_as_plain, assessment.suspicions)),
        quality=tuple(map(_as_plain, assessment.quality)),
    )


def from_stored(stored: StoredAssessment) -> Assessment:
    """Return an assessment as it was, without resampled draws."""
    return Assessment(
        **_same(stored, leave_out=("overall", "practices", "sources", "suspicions", "quality")),
        overall=_overall_from_stored(stored.overall),
        practices=tuple(map(_practice_from_stored, stored.practices)),
        sources=tuple(SourceState(**_same(source)) for source in stored.sources),
        suspicions=tuple(map(_suspicion, stored.suspicions)),
        quality=tuple(map(_finding, stored.quality)),
    )


def _as_plain(value: Suspicion | QualityFinding) -> dict[str, Any]:
    """Return a doubt as JSON has it: lists in place of tuples, so that it comes back as it was saved."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(asdict(value)))
    return plain


def _suspicion(stored: Mapping[str, Any]) -> Suspicion:
    return Suspicion(
        **{
            **stored,
            **{name: tuple(stored[name]) for name in ("indicators", "sample")},
            **{name: tuple(map(tuple, stored[name])) for name in ("figures", "limits")},
            "beside": tuple(SideBySide(**each) for each in stored["beside"]),
        }
    )


def _finding(stored: Mapping[str, Any]) -> QualityFinding:
    return QualityFinding(
        **{**stored, **{name: tuple(stored[name]) for name in ("columns", "indicators", "sample")}}
    )


def _overall_to_stored(overall: OverallResult) -> StoredOverall:
    views = tuple(
        (view.name, view.level, view.index, view.achievement, view.held_by) for view in overall.views
    )
    return StoredOverall(**_same(overall, leave_out=("views",)), views=views)


def _overall_from_stored(stored: StoredOverall) -> OverallResult:
    return OverallResult(
        **_same(stored, leave_out=("views",)), views=tuple(View(*view) for view in stored.views)
    )


def indicator_from_stored(stored: StoredIndicator) -> IndicatorResult:
    """Return one indicator's result as it was, without resampled draws."""
    measured = {name: getattr(stored, name) for name in MEASURED}
    return IndicatorResult(
        **{name: getattr(stored, name) for name in OWN},
        measurement=Measurement(state=State(stored.state), **measured),
        window=(stored.window_start, stored.window_end),
    )


def _practice_to_stored(practice: PracticeResult) -> StoredPractice:
    return StoredPractice(
        **_same(practice, leave_out=("attributes", "indicators")),
        attributes=tuple(StoredAttribute(**_same(each)) for each in practice.attributes),
        indicators=tuple(map(_indicator_to_stored, practice.indicators)),
    )


def _practice_from_stored(stored: StoredPractice) -> PracticeResult:
    return PracticeResult(
        **_same(stored, leave_out=("attributes", "indicators")),
        attributes=tuple(AttributeResult(**_same(each)) for each in stored.attributes),
        indicators=tuple(map(indicator_from_stored, stored.indicators)),
    )


def _indicator_to_stored(result: IndicatorResult) -> StoredIndicator:
    measured = {name: getattr(result.measurement, name) for name in MEASURED}
    return StoredIndicator(
        **{name: getattr(result, name) for name in OWN},
        window_start=result.window[0],
        window_end=result.window[1],
        state=result.measurement.state.value,
        **measured,
    )


def _same(value: object, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    names = (field.name for field in fields(value))  # type: ignore[arg-type]
    return {name: getattr(value, name) for name in names if name not in leave_out}

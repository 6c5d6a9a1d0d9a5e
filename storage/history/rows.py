"""Turns what is stored into table rows and back, by field name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

from storage.history.assessments import (
    StoredAssessment,
    StoredAttribute,
    StoredIndicator,
    StoredOverall,
    StoredPractice,
    StoredSource,
)
from storage.history.runs import JobRun, LedgerRow, Run, Standing
from storage.history.tables import (
    AssessmentTable,
    AttributeTable,
    HistoryTable,
    IndicatorTable,
    JobRunTable,
    LedgerTable,
    PracticeTable,
    QueryTable,
    RunTable,
    SourceTable,
    StandingTable,
)

Row = dict[str, Any]


def plain(value: Any) -> Any:
    """Return a value as columns take it.

    A negative zero becomes zero: SQLite and JSONB would drop its sign, columns of PostgreSQL keep it.
    """
    if isinstance(value, float):
        return float(value) + 0.0
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return value


def row(stored: object, *, without: Iterable[str] = (), **more: Any) -> Row:
    """Return the columns of a stored dataclass, its own and `more`, except the fields in `without`."""
    kind: Any = type(stored)
    return {name: plain(getattr(stored, name)) for name in _names(kind, tuple(without))} | more


@lru_cache
def _names(kind: type, without: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a stored dataclass's fields, looked up once for its thousands of rows."""
    return tuple(field.name for field in fields(kind) if field.name not in without)


def assessment_row(assessment: StoredAssessment) -> Row:
    """Return the columns of an assessment with its overall result."""
    overall = {f"overall_{name}": value for name, value in row(assessment.overall).items()}
    return row(assessment, without=("overall", "practices", "sources"), **overall)


def child_rows(assessment: StoredAssessment, number: int) -> list[tuple[type[HistoryTable], list[Row]]]:
    """Return all rows below an assessment, tables in the order of their foreign keys."""
    queries = _queries(assessment)
    return [
        (SourceTable, _numbered(assessment.sources, assessment=number)),
        (
            PracticeTable,
            _numbered(assessment.practices, without=("attributes", "indicators"), assessment=number),
        ),
        (AttributeTable, _attribute_rows(assessment, number)),
        (
            QueryTable,
            [{"assessment": number, "position": at, "text": text} for text, at in queries.items()],
        ),
        (IndicatorTable, _indicator_rows(assessment, number, queries)),
    ]


def _queries(assessment: StoredAssessment) -> dict[str, int]:
    """Return the position of each query; scopes share them, so each text is stored once."""
    texts = (indicator.query for practice in assessment.practices for indicator in practice.indicators)
    return {text: position for position, text in enumerate(dict.fromkeys(filter(None, texts)))}


def _attribute_rows(assessment: StoredAssessment, number: int) -> list[Row]:
    return [
        child
        for position, practice in enumerate(assessment.practices)
        for child in _numbered(practice.attributes, assessment=number, practice_position=position)
    ]


def _indicator_rows(assessment: StoredAssessment, number: int, queries: Mapping[str, int]) -> list[Row]:
    return [
        row(
            indicator,
            assessment=number,
            practice_position=practice_position,
            position=position,
            query=queries.get(indicator.query),
        )
        for practice_position, practice in enumerate(assessment.practices)
        for position, indicator in enumerate(practice.indicators)
    ]


def _numbered(items: Iterable[object], *, without: Iterable[str] = (), **more: Any) -> list[Row]:
    return [row(item, without=without, position=position, **more) for position, item in enumerate(items)]


def read_assessment(
    found: AssessmentTable, practices: tuple[StoredPractice, ...], sources: tuple[StoredSource, ...]
) -> StoredAssessment:
    """Return an assessment from its row and what was read below it."""
    overall = StoredOverall(**_columns(found, StoredOverall, prefix="overall_"))
    below: dict[str, Any] = {"overall": overall, "practices": practices, "sources": sources}
    return StoredAssessment(**_columns(found, StoredAssessment, without=below), **below)


def read_practice(
    found: PracticeTable,
    attributes: tuple[StoredAttribute, ...] = (),
    indicators: tuple[StoredIndicator, ...] = (),
) -> StoredPractice:
    """Return a practice from its row and what was read below it."""
    below: dict[str, Any] = {"attributes": attributes, "indicators": indicators}
    return StoredPractice(**_columns(found, StoredPractice, without=below), **below)


def read_attribute(found: AttributeTable) -> StoredAttribute:
    """Return an attribute from its row."""
    return StoredAttribute(**_columns(found, StoredAttribute))


def read_indicator(found: IndicatorTable, query: str | None) -> StoredIndicator:
    """Return an indicator from its row and its query's text."""
    return StoredIndicator(**_columns(found, StoredIndicator, without=("query",)), query=query or "")


def read_source(found: SourceTable) -> StoredSource:
    """Return a source's state from its row."""
    return StoredSource(**_columns(found, StoredSource))


def read_run(found: RunTable) -> Run:
    """Return a run from its row."""
    return Run(**_columns(found, Run))


def read_job_run(found: JobRunTable) -> JobRun:
    """Return what became of a job's due time from its row."""
    return JobRun(**_columns(found, JobRun))


def read_ledger(found: LedgerTable) -> LedgerRow:
    """Return a ledger row from its row."""
    return LedgerRow(**_columns(found, LedgerRow))


def read_standing(found: StandingTable) -> Standing:
    """Return a standing from its row."""
    return Standing(**_columns(found, Standing))


def _columns(found: HistoryTable, kind: type, *, prefix: str = "", without: Iterable[str] = ()) -> Row:
    """Return the fields of `kind` from a row, with JSON lists as the tuples they were."""
    names = _names(kind, tuple(without))
    return {name: _field(name, getattr(found, prefix + name)) for name in names}


def _field(name: str, value: Any) -> Any:
    read = _LISTS.get(name)
    return read(value) if read else value


def _triples(items: list[list[Any]]) -> tuple[tuple[str, float, int], ...]:
    # JSONB writes 1e16 as an integer, which would come back as one
    return tuple((name, float(value), n) for name, value, n in items)


def _view(item: list[Any]) -> tuple[str, int | None, float | None, float | None, str]:
    name, level, index, achievement, held_by = item
    # JSONB writes 2.0 as an integer.
    first, second = (None if number is None else float(number) for number in (index, achievement))
    return name, level, first, second, held_by


def _pairs(items: list[list[Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((name, count) for name, count in items)


_LISTS: Mapping[str, Callable[[list[Any]], tuple[Any, ...]]] = {
    "notes": tuple,
    # Assessments of before these columns have none.
    **dict.fromkeys(("kinds", "unassessed", "suspicions", "quality"), lambda items: tuple(items or ())),
    "views": lambda items: tuple(map(_view, items or ())),
    "sample": tuple,
    "series": _triples,
    "groups": _triples,
    "aggregates": _pairs,
    "probability_at_least": lambda items: tuple(map(float, items)),
}

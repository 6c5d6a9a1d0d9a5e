"""Reads assessments: newest first, filtered, in pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import Session, col, select

from storage.errors import UsageError
from storage.history import rows
from storage.history.assessments import (
    ALL_DEPARTMENTS,
    IndicatorPoint,
    Page,
    StoredAssessment,
    StoredAttribute,
    StoredIndicator,
    StoredPractice,
    StoredSource,
)
from storage.history.tables import (
    AssessmentTable,
    AttributeTable,
    IndicatorTable,
    PracticeTable,
    QueryTable,
    SourceTable,
)

SHORTEST_PREFIX = 4

NEWEST_FIRST = (
    col(AssessmentTable.as_of).desc(),
    col(AssessmentTable.taken_at).desc(),
    col(AssessmentTable.number).desc(),
)

Found = TypeVar("Found", AttributeTable, IndicatorTable)
Stored = TypeVar("Stored")

Below: TypeAlias = dict[tuple[int, int], list[Stored]]
"""What stands below practices, by (assessment, position of the practice)."""


@dataclass(frozen=True)
class Scope:
    """Which practices are asked for; `department` as in `History.assessments`."""

    practice: str | None = None
    department: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on practice rows."""
        conditions = []
        if self.practice is not None:
            conditions.append(col(PracticeTable.practice) == self.practice)
        if self.department is None:
            conditions.append(col(PracticeTable.department).is_(None))
        elif self.department != ALL_DEPARTMENTS:
            conditions.append(col(PracticeTable.department) == self.department)
        return conditions

    @property
    def selective(self) -> bool:
        """Whether assessments without a matching practice are left out."""
        return self.practice is not None or self.department not in (None, ALL_DEPARTMENTS)


EVERYTHING = Scope(None, ALL_DEPARTMENTS)


def by_id(session: Session, wanted: str) -> AssessmentTable:
    """Return the row of an assessment by its id or a unique prefix of it; UsageError otherwise."""
    exact = session.exec(select(AssessmentTable).where(col(AssessmentTable.id) == wanted)).first()
    if exact is not None:
        return exact
    if len(wanted) < SHORTEST_PREFIX:
        raise UsageError(
            f"{wanted!r} is too short for an assessment", hint=f"Give at least {SHORTEST_PREFIX} characters."
        )
    # not LIKE: SQLite's ignores case
    starts = func.substr(AssessmentTable.id, 1, len(wanted)) == wanted
    found = session.exec(select(AssessmentTable).where(starts).order_by(*NEWEST_FIRST).limit(3)).all()
    if not found:
        raise UsageError(f"there is no assessment {wanted}", hint="`itsm-maturity history` lists them.")
    if len(found) > 1:
        raise UsageError(
            f"{wanted} could mean {' or '.join(row.id for row in found)}", hint="Give more characters."
        )
    return found[0]


def complete(session: Session, found: AssessmentTable) -> StoredAssessment:
    """Return an assessment with all that belongs to it."""
    return _assessments(session, [found], EVERYTHING, detail=True)[0]


def page_of_assessments(
    session: Session, scope: Scope, since: date | None, limit: int, offset: int, detail: bool
) -> Page[StoredAssessment]:
    """Return a page of assessments, newest first, with the practices in `scope`."""
    conditions = _since(since)
    if scope.selective:
        belongs = col(PracticeTable.assessment) == col(AssessmentTable.number)
        conditions.append(exists().where(belongs, *scope.conditions()))
    query = select(AssessmentTable).where(*conditions).order_by(*NEWEST_FIRST)
    found, total = _page(session, query, limit, offset)
    return Page(_assessments(session, found, scope, detail), total, limit, offset)


def page_of_points(
    session: Session, indicator: str, department: str | None, since: date | None, limit: int, offset: int
) -> Page[IndicatorPoint]:
    """Return a page of one indicator's answers, newest first, then in the order of the assessment."""
    query = (
        select(IndicatorTable, QueryTable.text, PracticeTable.department, AssessmentTable)
        .join(PracticeTable, _same_practice(IndicatorTable))
        .join(AssessmentTable, col(AssessmentTable.number) == col(IndicatorTable.assessment))
        .outerjoin(QueryTable, _its_query())
        .where(col(IndicatorTable.id) == indicator, *Scope(None, department).conditions(), *_since(since))
        .order_by(*NEWEST_FIRST, col(IndicatorTable.practice_position), col(IndicatorTable.position))
    )
    found, total = _page(session, query, limit, offset)
    return Page(tuple(_point(*row) for row in found), total, limit, offset)


def previous(session: Session, scope: Scope, before_as_of: date, kind: str) -> StoredPractice | None:
    """Return the newest assessed practice result in `scope` of an assessment as of an earlier day."""
    query = (
        select(PracticeTable)
        .join(AssessmentTable, col(AssessmentTable.number) == col(PracticeTable.assessment))
        .where(
            *scope.conditions(),
            col(AssessmentTable.as_of) < before_as_of,
            col(AssessmentTable.kind) == kind,
            col(PracticeTable.level).is_not(None),
        )
        .order_by(*NEWEST_FIRST, col(PracticeTable.position))
    )
    found = session.exec(query.limit(1)).first()
    return rows.read_practice(found) if found else None


def _point(
    found: IndicatorTable, query: str | None, department: str | None, assessment: AssessmentTable
) -> IndicatorPoint:
    return IndicatorPoint(
        assessment=assessment.id,
        taken_at=assessment.taken_at,
        as_of=assessment.as_of,
        kind=assessment.kind,
        catalogue=assessment.catalogue,
        department=department,
        indicator=rows.read_indicator(found, query),
        policy=assessment.policy,
    )


def _since(since: date | None) -> list[ColumnElement[bool]]:
    return [col(AssessmentTable.as_of) >= since] if since else []


def _page(session: Session, query: Any, limit: int, offset: int) -> tuple[Sequence[Any], int]:
    if limit < 0 or offset < 0:
        raise UsageError("limit and offset count from 0", hint="Give numbers that are not negative.")
    matches = query.order_by(None).with_only_columns(col(AssessmentTable.number), maintain_column_froms=True)
    total = session.exec(select(func.count()).select_from(matches.subquery())).one()
    return session.exec(query.limit(limit).offset(offset)).all(), total


def _assessments(
    session: Session, found: Sequence[AssessmentTable], scope: Scope, detail: bool
) -> tuple[StoredAssessment, ...]:
    numbers = [row.number for row in found]
    practices = _practices(session, numbers, scope, detail)
    sources: dict[int | None, list[StoredSource]] = defaultdict(list)
    query = select(SourceTable).where(col(SourceTable.assessment).in_(numbers))
    for row in session.exec(query.order_by(col(SourceTable.assessment), col(SourceTable.position))):
        sources[row.assessment].append(rows.read_source(row))
    return tuple(
        rows.read_assessment(row, tuple(practices[row.number]), tuple(sources[row.number])) for row in found
    )


def _practices(
    session: Session, numbers: Sequence[int | None], scope: Scope, detail: bool
) -> dict[int | None, list[StoredPractice]]:
    chosen = [col(PracticeTable.assessment).in_(numbers), *scope.conditions()]
    attributes, indicators = _details(session, numbers, chosen) if detail else ({}, {})
    query = select(PracticeTable).where(*chosen)
    practices: dict[int | None, list[StoredPractice]] = defaultdict(list)
    for row in session.exec(query.order_by(col(PracticeTable.assessment), col(PracticeTable.position))):
        key = (row.assessment, row.position)
        practice = rows.read_practice(row, tuple(attributes.get(key, ())), tuple(indicators.get(key, ())))
        practices[row.assessment].append(practice)
    return practices


def _details(
    session: Session, numbers: Sequence[int | None], chosen: Sequence[ColumnElement[bool]]
) -> tuple[Below[StoredAttribute], Below[StoredIndicator]]:
    """Return attributes and indicators of the chosen practices."""
    stored = session.exec(select(QueryTable).where(col(QueryTable.assessment).in_(numbers)))
    texts = {(query.assessment, query.position): query.text for query in stored}

    def read(row: IndicatorTable) -> StoredIndicator:
        return rows.read_indicator(row, texts[row.assessment, row.query] if row.query is not None else None)

    attributes = _below(session, AttributeTable, rows.read_attribute, chosen)
    return attributes, _below(session, IndicatorTable, read, chosen)


def _below(
    session: Session,
    table: type[Found],
    read: Callable[[Found], Stored],
    chosen: Sequence[ColumnElement[bool]],
) -> Below[Stored]:
    query = select(table).join(PracticeTable, _same_practice(table)).where(*chosen)
    order = (col(table.assessment), col(table.practice_position), col(table.position))
    below: Below[Stored] = defaultdict(list)
    for row in session.exec(query.order_by(*order)):
        below[row.assessment, row.practice_position].append(read(row))
    return below


def _its_query() -> ColumnElement[bool]:
    return (col(QueryTable.assessment) == col(IndicatorTable.assessment)) & (
        col(QueryTable.position) == col(IndicatorTable.query)
    )


def _same_practice(table: Any) -> ColumnElement[bool]:
    same: ColumnElement[bool] = (col(PracticeTable.assessment) == table.assessment) & (
        col(PracticeTable.position) == table.practice_position
    )
    return same

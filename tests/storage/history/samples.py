"""Assessments as the product stores them, from one number, and strategies for all that may be stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from storage.history import (
    LedgerRow,
    Standing,
    StoredAssessment,
    StoredAttribute,
    StoredIndicator,
    StoredOverall,
    StoredPractice,
    StoredSource,
)

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


def indicator(id: str = "inc-first-assignment-resolution", **more: Any) -> StoredIndicator:  # noqa: A002
    stored = StoredIndicator(
        id=id,
        practice="incident",
        attribute="4.2",
        core=True,
        weight=2.0,
        unit="%",
        achievement=0.321428571,
        window_start=date(2026, 8, 24),
        window_end=date(2026, 11, 22),
        rule="9f2c",
        state="measured",
        reason="11 390 of 21 571 incidents",
        value=100 * 11390 / 21571,
        low=52.1,
        high=53.5,
        numerator=11390,
        denominator=21571,
        n=21571,
        series=(("2026-W34", 51.25, 811), ("2026-W35", 0.1 + 0.2, 790)),
        groups=(("Network · Köln", 12.0, 433),),
        sample=("INC0000045", "INC0000101"),
        aggregates=(("paused_seconds", 2**53 + 1), ("squares", 10**24)),
        query="SELECT COUNT(*) FROM incident",
    )
    return replace(stored, **more)


def practice(name: str = "incident", department: str | None = None, **more: Any) -> StoredPractice:
    stored = StoredPractice(
        practice=name,
        department=department,
        level=2,
        possible=4,
        confirmed=None,
        index=2.66,
        breadth=0.46,
        coverage=0.81,
        confidence="medium",
        probability=0.7,
        bottleneck="2.2",
        reason="Level 2 proven, up to 4 possible.",
        next_step="Record the affected service.",
        attributes=(StoredAttribute("2.1", 0.96, "F"), StoredAttribute("5.1", None, "NE")),
        indicators=(
            indicator(),
            indicator("inc-automated-resolution", state="not_connected", value=None, query=""),
        ),
        probability_at_least=(0.99, 0.7, 0.1, 0.0),
        kinds=("incident", "transition"),
        completeness=21571 / 21721,
        volume=21571,
    )
    return replace(stored, **more)


def assessment(
    id: str = "a-0001",  # noqa: A002
    as_of: date = date(2026, 11, 22),
    *,
    taken_at: datetime = NOON,
    practices: Iterable[StoredPractice] | None = None,
    **more: Any,
) -> StoredAssessment:
    stored = StoredAssessment(
        id=id,
        taken_at=taken_at,
        as_of=as_of,
        kind="live",
        catalogue="1.0+3f9a",
        policy="77aa",
        evidence_store="5b1e",
        evidence_number=12,
        evidence_content="c0ffee",
        overall=StoredOverall(
            level=1,
            possible=4,
            index=1.5,
            weakest="incident",
            mean_index=2.25,
            weakest_link=1,
            unassessed=("change", "request"),
            views=(
                ("service delivery", 2, 2.0, None, "incident"),
                ("multiple service departments", None, None, 1.0, "change 3.2"),
                ("release", None, None, None, ""),
            ),
        ),
        practices=tuple(practices) if practices is not None else (practice(), practice(department="IT")),
        sources=(
            StoredSource("corp", "incident", "readable", NOON - timedelta(hours=1), 21571, 148, 2, 0.993),
        ),
        notes=("No go-live date is configured, so no warm-up was left out.",),
        suspicions=(
            {
                "scenario": "closure-burst",
                "figures": [["share now", 0.25], ["suspect", 40.0]],
                "beside": [{"indicator": "inc-resolved-within-30-days", "value": 80.5, "without": None}],
            },
        ),
        quality=({"check": "durations", "columns": ["opened_at"], "limit": 0.02, "failed": True},),
    )
    return replace(stored, **more)


def large_assessment(number: int) -> StoredAssessment:
    """Return an assessment that takes many statements to store; equal for equal numbers."""
    departments = [None, *(f"Department {position}" for position in range(20))]
    indicators = tuple(indicator(f"inc-{position}", n=number + position) for position in range(14))
    practices = [practice(department=name, indicators=indicators) for name in departments]
    return assessment(f"large-{number:06}", practices=practices, evidence_number=number)


def ledger_row(**more: Any) -> LedgerRow:
    row = LedgerRow(
        connector="corp",
        kind="incident",
        counted=None,
        received=1000,
        distinct=990,
        stored=900,
        changed=50,
        unchanged=30,
        older=10,
        deleted=3,
        hidden=7,
        rejected=1,
        requests=12,
        retries=2,
        seconds=1.25,
        outcome="stored",
        message="line 17: no number",
        window_since=NOON - timedelta(days=1),
        window_until=NOON,
    )
    return replace(row, **more)


def standing(**more: Any) -> Standing:
    return replace(Standing("corp", "incident", "incident", "store-1", begun=True, whole=True), **more)


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
days = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))
times = st.datetimes(
    min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)
).map(lambda time: time.replace(fold=0))
integers = st.integers(-(2**63) + 1, 2**63 - 1)
levels = st.integers(1, 5)


def some(items: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, max_size=3).map(tuple)


def maybe(item: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | item


triples = some(st.tuples(texts, numbers, st.integers()))

indicators = st.builds(
    StoredIndicator,
    id=texts,
    practice=texts,
    attribute=texts,
    core=st.booleans(),
    weight=numbers,
    unit=texts,
    achievement=maybe(numbers),
    window_start=days,
    window_end=days,
    rule=texts,
    state=texts,
    reason=texts,
    value=maybe(numbers),
    low=maybe(numbers),
    high=maybe(numbers),
    numerator=maybe(integers),
    denominator=maybe(integers),
    n=integers,
    n_unit=texts,
    cap=numbers,
    low_precision=st.booleans(),
    series=triples,
    groups=triples,
    sample=some(texts),
    aggregates=some(st.tuples(texts, st.integers())),
    query=st.sampled_from(["", "SELECT 1", "SELECT 2"]),
)

practices = st.builds(
    StoredPractice,
    practice=texts,
    department=maybe(texts),
    level=maybe(levels),
    possible=levels,
    confirmed=maybe(levels),
    index=numbers,
    breadth=numbers,
    coverage=numbers,
    confidence=texts,
    probability=numbers,
    bottleneck=maybe(texts),
    reason=texts,
    next_step=texts,
    attributes=some(st.builds(StoredAttribute, texts, maybe(numbers), texts)),
    indicators=some(indicators),
    probability_at_least=st.tuples(numbers, numbers, numbers, numbers),
    kinds=some(texts),
    completeness=maybe(numbers),
)

assessments = st.builds(
    StoredAssessment,
    id=st.uuids().map(str),
    taken_at=times,
    as_of=days,
    kind=st.sampled_from(["live", "reconstructed"]),
    catalogue=texts,
    policy=texts,
    evidence_store=texts,
    evidence_number=integers,
    evidence_content=texts,
    overall=st.builds(
        StoredOverall, maybe(levels), maybe(levels), maybe(numbers), maybe(texts), maybe(numbers)
    ),
    practices=some(practices),
    sources=some(
        st.builds(
            StoredSource,
            texts,
            texts,
            texts,
            maybe(times),
            integers,
            maybe(integers),
            maybe(integers),
            maybe(numbers),
        )
    ),
    notes=some(texts),
    suspicions=some(st.dictionaries(texts, texts | numbers | st.lists(texts, max_size=2), max_size=2)),
    quality=some(st.dictionaries(texts, texts | maybe(numbers) | st.booleans(), max_size=2)),
)

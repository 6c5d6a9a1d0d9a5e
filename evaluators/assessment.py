"""Assess: from evidence, catalogue and policy to levels with their reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from evaluators.catalogue import Catalogue, Indicator, Practice
from evaluators.departments import lagging, main_kind, volumes_of
from evaluators.derive import derive
from evaluators.doubts import Doubts, doubts_of
from evaluators.examination import Examination
from evaluators.measures.base import Snapshot
from evaluators.overall import overall_of
from evaluators.policy import Policy
from evaluators.practice import assess_practice
from evaluators.publication import Previous
from evaluators.results import Assessment, PracticeResult, SourceState
from evaluators.support import SupportMap, plural
from storage.errors import UsageError
from storage.evidence import relation
from storage.evidence.store import EvidenceStore, EvidenceVersion, Support


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    as_of: date
    """Evidence up to the start of this day, in the policy's zone."""
    taken_at: datetime
    practices: tuple[str, ...] | None = None
    """Practices to assess; None for all of the catalogue."""
    sources: frozenset[str] | None = None
    """Sources whose records count; None for all that evidence holds."""
    exemptions: Mapping[str, str] = field(default_factory=dict)
    """Reason by indicator that is declared not applicable on that day."""
    previous: Callable[[str, str | None], Previous | None] = lambda _practice, _department: None
    """What the assessment before this one found, by practice and department."""
    past: Callable[[str, str | None], Sequence[Snapshot]] = lambda _indicator, _department: ()
    """What earlier assessments kept of an indicator's snapshot: their day, records fulfilled and counted."""
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None


def assess(store: EvidenceStore, catalogue: Catalogue, policy: Policy, request: Request) -> Assessment:
    """Assess the practices asked for; a UsageError names an unknown practice."""
    practices = [_practice(catalogue, name) for name in request.practices or _names(catalogue)]
    derive(store, policy)
    supports = _supports(store, request)
    version = store.version()
    examination = examination_of(store, catalogue, policy, request)
    doubts = doubts_of(examination, practices, request.taken_at)
    results = _organisation_first(
        [each for practice in practices for each in _assessed(examination, practice, request, doubts)]
    )
    return Assessment(
        id=_identifier(version, catalogue, policy, request),
        taken_at=request.taken_at,
        as_of=request.as_of,
        kind=kind_of(request.as_of, request.taken_at, policy),
        catalogue=catalogue.version,
        policy=policy.fingerprint,
        evidence_store=version.store,
        evidence_number=version.number,
        evidence_content=version.content,
        overall=overall_of(results, catalogue.composition),
        practices=results,
        sources=_sources(store, supports),
        notes=(
            *lagging(results),
            *_left_out(store, supports),
            *_twins(store, supports),
            *dict.fromkeys(examination.notes),
            *doubts.notes,
        ),
        suspicions=doubts.suspicions,
        quality=doubts.quality,
    )


def examination_of(
    store: EvidenceStore, catalogue: Catalogue, policy: Policy, request: Request
) -> Examination:
    """Return the examination that answers a request; the derive step has been done."""
    return Examination(
        store=store,
        catalogue=catalogue,
        policy=policy,
        as_of=request.as_of,
        reconstructed=kind_of(request.as_of, request.taken_at, policy) == "reconstructed",
        supports=SupportMap(_supports(store, request), policy, request.taken_at),
        evidence=store.version().content,
        exemptions=request.exemptions,
        past=request.past,
    )


def _supports(store: EvidenceStore, request: Request) -> list[Support]:
    return [each for each in store.supports() if request.sources is None or each.source in request.sources]


def kind_of(as_of: date, taken_at: datetime, policy: Policy) -> str:
    """Return live, or reconstructed where an earlier day is read from today's evidence.

    A fixed cohort is read to the end of its log whatever the day, so it counts as live.
    """
    if policy.cohort is not None:
        return "live"
    past = as_of < taken_at.date() - timedelta(days=1)
    return "reconstructed" if past else "live"


def _assessed(
    examination: Examination, practice: Practice, request: Request, doubts: Doubts
) -> list[PracticeResult]:
    total = len(practice.indicators)
    sources = examination.supports.sources(main_kind(practice))
    volumes = volumes_of(examination.store, practice, sources, request.as_of)
    examination.departments = tuple(name for name in volumes if name is not None)

    def examined(number: int, indicator: Indicator) -> None:
        request.progress(indicator.id, number, total)

    return assess_practice(examination, practice, volumes, request.previous, examined, doubts)


def _organisation_first(results: Sequence[PracticeResult]) -> tuple[PracticeResult, ...]:
    return tuple(sorted(results, key=lambda each: each.department is not None))


def _names(catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(practice.practice for practice in catalogue.practices)


def _practice(catalogue: Catalogue, name: str) -> Practice:
    names = _names(catalogue)
    if name not in names:
        raise UsageError(f"'{name}' is not a practice", hint=f"Choose from {', '.join(names)}.")
    return catalogue.practice(name)


def _identifier(version: EvidenceVersion, catalogue: Catalogue, policy: Policy, request: Request) -> str:
    parts = (
        request.taken_at.isoformat(),
        request.as_of.isoformat(),
        version.store,
        version.content,
        catalogue.version,
        policy.fingerprint,
        ",".join(request.practices or ()),
    )
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:12]


def _left_out(store: EvidenceStore, supports: Sequence[Support]) -> list[str]:
    """Name the sources in evidence that are not configured any more."""
    counted = {support.source for support in supports}
    others = sorted({support.source for support in store.supports()} - counted)
    return [f"{source} is not configured any more: its records are left out" for source in others]


def _twins(store: EvidenceStore, supports: Sequence[Support]) -> list[str]:
    """Name the pairs of sources whose records have the same ids: perhaps they are the same records."""
    notes = []
    sources: dict[str, set[str]] = {}
    for support in supports:
        sources.setdefault(support.kind, set()).add(support.source)
    # The history of shared records is shared as well, and counting it would say nothing more.
    for kind in (each for each, known in sources.items() if len(known) > 1 and each != "transition"):
        rows = store.query(
            f"SELECT a.source AS one, b.source AS other, COUNT(*) AS n FROM {relation(kind)} AS a "
            f"JOIN {relation(kind)} AS b ON a.id = b.id AND a.source < b.source GROUP BY 1, 2 ORDER BY 1, 2"
        )
        notes += [
            f"{row['one']} and {row['other']} share {row['n']:,} ids of {plural(kind)}: "
            "if these are the same records, they count twice"
            for row in rows.to_pylist()
            if {row["one"], row["other"]} <= sources[kind]
        ]
    return notes


def _sources(store: EvidenceStore, supports: Sequence[Support]) -> tuple[SourceState, ...]:
    counts: dict[tuple[str, str], int] = {}
    for kind in dict.fromkeys(support.kind for support in supports):
        rows = store.query(f"SELECT source, COUNT(*) AS n FROM {relation(kind)} GROUP BY 1 ORDER BY 1")
        counts |= {(row["source"], kind): row["n"] for row in rows.to_pylist()}
    return tuple(
        SourceState(
            support.source,
            support.kind,
            support.state.value,
            support.synced_at,
            counts.get((support.source, support.kind), 0),
        )
        for support in supports
    )

"""How complete the sources of a practice were: which record kinds its indicators read, and what is missing.

The completeness of a practice is that of its least complete source and kind (`SourceState.completeness`), so
that a large complete kind cannot hide a small one with holes. It is not known where one of them is not known.
Kinds that may not be read at all have none: their indicators are not rated, which coverage shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from evaluators.catalogue import Catalogue, Indicator
from evaluators.results import Assessment, PracticeResult, SourceState, State
from evaluators.support import PRESENT
from storage.records import KINDS

READ = frozenset(state.value for state in PRESENT)
"""States of a kind that is read, even if there is nothing in it."""


def with_completeness(assessment: Assessment, catalogue: Catalogue) -> Assessment:
    """Return an assessment whose practices say which record kinds they read and how complete these are."""
    practices = tuple(
        _practice(each, catalogue.practice(each.practice).indicators, assessment.sources)
        for each in assessment.practices
    )
    return replace(assessment, practices=practices)


def kinds_of(indicator: Indicator) -> frozenset[str]:
    """Return the record kinds an indicator reads: its own, and those its columns are computed from."""
    found: set[str] = set()
    for reading in indicator.readings().values():
        for kind in reading.kinds:
            found.update(_kinds(kind, reading.needed_of(kind), set()))
    return frozenset(found)


def sources_of(practice: PracticeResult, sources: Iterable[SourceState]) -> list[SourceState]:
    """Return the sources of a practice that were read, in the order of its kinds."""
    return [
        source
        for kind in practice.kinds
        for source in sources
        if source.kind == kind and source.state in READ
    ]


def unread_of(practice: PracticeResult, sources: Iterable[SourceState]) -> list[SourceState]:
    """Return the sources of a practice that could not be read."""
    return [source for source in sources if source.kind in practice.kinds and source.state not in READ]


def _practice(
    practice: PracticeResult, indicators: Sequence[Indicator], sources: Sequence[SourceState]
) -> PracticeResult:
    exempt = {each.id for each in practice.indicators if each.measurement.state is State.NOT_APPLICABLE}
    used = {kind for each in indicators if each.id not in exempt for kind in kinds_of(each)}
    found = replace(practice, kinds=tuple(kind for kind in KINDS if kind in used))
    return replace(found, completeness=_least(sources_of(found, sources)))


def _least(sources: Collection[SourceState]) -> float | None:
    """Return the least completeness; None where one is not known or there is none."""
    known = [source.completeness for source in sources if source.completeness is not None]
    return min(known) if known and len(known) == len(sources) else None


def _kinds(kind: str, needs: Sequence[str], seen: set[tuple[str, str]]) -> Iterator[str]:
    yield kind
    for name in (name for need in needs for name in need.split("|")):
        prefix, colon, _ = name.partition(":")
        other, dot, _ = name.partition(".")
        if colon or dot:
            yield from ({prefix if colon else other} & KINDS.keys())
        elif name in KINDS[kind].by_name and (kind, name) not in seen:
            seen.add((kind, name))
            yield from _kinds(kind, KINDS[kind].by_name[name].needs, seen)

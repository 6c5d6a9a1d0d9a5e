"""Overall maturity and the views of single components of service management (section 6.6, erratum B20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evaluators import ladder
from evaluators.results import OverallResult, PracticeResult, State, View

COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "service delivery": ("incident", "request", "service-level"),
    "release": ("release",),
    "event": ("monitoring",),
    "configuration management": ("configuration",),
}
"""Views of some practices: as mature as the least mature of them."""
DEPARTMENTS = "multiple service departments"
"""View of how departments work alike and hand work over: all attributes 3.2 and the hand-offs of 4.2."""
ALIKE = "3.2"
HAND_OFFS = ("inc-first-assignment-resolution", "inc-ping-pong-rate")


def overall_of(
    results: Sequence[PracticeResult],
    starts: Mapping[str, int] = ladder.STAGED_SETS,
    weights: Mapping[str, float] | None = None,
) -> OverallResult:
    """Return the overall maturity of the organisation's practices.

    `starts` says from which overall level on a practice is asked for, `weights` are those of the mean index.
    """
    whole = [each for each in results if each.department is None]
    exempt = [each.practice for each in whole if _is_exempt(each)]
    indexes = {each.practice: each.index if each.level is not None else None for each in whole}
    views = tuple(_views(whole, indexes, exempt))
    proven = ladder.overall(indexes, not_applicable=exempt, starts=starts, weights=weights)
    possible = ladder.overall(
        {each.practice: float(each.possible) for each in whole},
        not_applicable=exempt,
        starts=starts,
        unassessed=float(ladder.HIGHEST_LEVEL),
    )
    if proven is None or possible is None:
        return OverallResult(None, None, None, None, None, views=views)
    return OverallResult(
        proven.level,
        possible.level,
        proven.index,
        proven.weakest,
        proven.mean_index,
        weakest_link=proven.weakest_link,
        unassessed=tuple(name for name in starts if name not in exempt and indexes.get(name) is None),
        views=views,
    )


def _is_exempt(practice: PracticeResult) -> bool:
    """Say whether a practice is declared not applicable as a whole."""
    states = {each.measurement.state for each in practice.indicators}
    return states == {State.NOT_APPLICABLE}


def _views(
    whole: Sequence[PracticeResult], indexes: Mapping[str, float | None], exempt: Sequence[str]
) -> Iterator[View]:
    for name, practices in COMPONENTS.items():
        asked = {each: 2 for each in practices if each not in exempt}
        found = ladder.overall(indexes, starts=asked) if asked else None
        if found is None:
            yield View(name, None, None, None, "")
        else:
            index = min(indexes.get(each) or 1.0 for each in asked)
            yield View(name, int(index), index, None, found.weakest if len(asked) > 1 else "")
    yield _departments(whole)


def _departments(whole: Sequence[PracticeResult]) -> View:
    parts = dict(_parts(whole))
    if not parts:
        return View(DEPARTMENTS, None, None, None, "")
    least = min(parts, key=lambda name: (parts[name], name))
    return View(DEPARTMENTS, None, None, sum(parts.values()) / len(parts), least)


def _parts(whole: Sequence[PracticeResult]) -> Iterator[tuple[str, float]]:
    for practice in whole:
        for attribute in practice.attributes:
            if attribute.attribute == ALIKE and attribute.achievement is not None:
                yield f"{practice.practice} {ALIKE}", attribute.achievement
        for indicator in practice.indicators:
            if indicator.id in HAND_OFFS and indicator.achievement is not None:
                yield indicator.id, indicator.achievement

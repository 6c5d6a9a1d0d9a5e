"""Overall maturity and the views of single components of service management (section 6.6, erratum B20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evaluators import ladder
from evaluators.catalogue import ComponentView, Composition
from evaluators.explanation import is_exempt
from evaluators.results import OverallResult, PracticeResult, View

MODEL = Composition()
"""Process sets, weights and views of the model itself."""


def overall_of(results: Sequence[PracticeResult], composition: Composition = MODEL) -> OverallResult:
    """Return the overall maturity of the organisation's practices."""
    whole = [each for each in results if each.department is None]
    exempt = [each.practice for each in whole if is_exempt(each.indicators)]
    indexes = {each.practice: each.index if each.level is not None else None for each in whole}
    views = tuple(_view(view, whole, indexes, exempt) for view in composition.views)
    starts = composition.sets
    proven = ladder.overall(indexes, not_applicable=exempt, starts=starts, weights=composition.weights)
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


def _view(
    view: ComponentView,
    whole: Sequence[PracticeResult],
    indexes: Mapping[str, float | None],
    exempt: Sequence[str],
) -> View:
    if not view.practices:
        return _mean_view(view, whole)
    asked = {each: 2 for each in view.practices if each not in exempt}
    found = ladder.overall(indexes, starts=asked) if asked else None
    if found is None:
        return View(view.name, None, None, None, "")
    index = min(indexes.get(each) or 1.0 for each in asked)
    return View(view.name, int(index), index, None, found.weakest if len(asked) > 1 else "")


def _mean_view(view: ComponentView, whole: Sequence[PracticeResult]) -> View:
    parts = dict(_parts(view, whole))
    if not parts:
        return View(view.name, None, None, None, "")
    least = min(parts, key=lambda name: (parts[name], name))
    return View(view.name, None, None, sum(parts.values()) / len(parts), least)


def _parts(view: ComponentView, whole: Sequence[PracticeResult]) -> Iterator[tuple[str, float]]:
    for practice in whole:
        for attribute in practice.attributes:
            if attribute.attribute in view.attributes and attribute.achievement is not None:
                yield f"{practice.practice} {attribute.attribute}", attribute.achievement
        for indicator in practice.indicators:
            if indicator.id in view.indicators and indicator.achievement is not None:
                yield indicator.id, indicator.achievement

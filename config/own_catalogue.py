"""The catalogue in force: the shipped one with a customer's own entries and settings, checked with places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from config.document import Document, Route
from config.interpolation import Interpolation
from evaluators.catalogue import (
    Catalogue,
    CatalogueError,
    ComponentView,
    Composition,
    shipped,
    with_own,
)
from storage.errors import Problem

if TYPE_CHECKING:
    from config.decisions import OverallSettings


def with_entries(own: Document | None) -> tuple[Catalogue, list[Problem]]:
    """Return the shipped catalogue with the entries of a file in it, or the problems of that file."""
    if own is None or own.problems:
        return shipped(), []
    # The file may be the bare list of entries.
    bare = isinstance(own.data, list)
    data = {"indicators": own.data} if bare else own.data
    try:
        return with_own(shipped(), data), []
    except CatalogueError as error:
        return shipped(), [
            own.problem(each.path[1:] if bare else each.path, each.message, offset=each.offset)
            for each in error.problems
        ]


def composed(catalogue: Catalogue, overall: OverallSettings) -> Catalogue:
    """Return a catalogue whose practices add up as a customer's settings say."""
    views = tuple(
        ComponentView(name=name, practices=view)
        if isinstance(view, tuple)
        else ComponentView(name=name, attributes=view.attributes, indicators=view.indicators)
        for name, view in overall.views.items()
    )
    return replace(catalogue, composition=Composition().with_own(overall.sets, overall.weights, views))


def unknown_indicators(
    document: Document, interpolation: Interpolation, catalogue: Catalogue, own: Document | None
) -> list[Problem]:
    """Return a problem for each indicator that the configuration names and nobody knows."""
    known = [*(entry.id for entry in catalogue.entries), *_ids(own)]
    problems = []
    for path, name in _named(interpolation.data):
        if name in known or path in interpolation.unresolved:
            continue
        near = get_close_matches(name, known, n=1)
        suggestion = f" (did you mean '{near[0]}'?)" if near else "; `itsm-maturity indicators` lists them"
        message = f"there is no indicator '{name}'{suggestion}"
        problems.append(document.problem(path, interpolation.redacted(message, path)))
    return problems


def names_indicators(data: object) -> bool:
    """Say whether the configuration names any indicator, which only the catalogue can know."""
    return next(_named(data), None) is not None


def _ids(own: Document | None) -> list[str]:
    """Return the ids in a file of own entries, also of entries that are wrong otherwise."""
    data = own.data if own is not None else None
    entries = data.get("indicators") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        return []
    return [str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry]


def _named(data: object) -> Iterator[tuple[Route, str]]:
    """Yield the indicators named in a configuration, which may be wrong in any other way."""
    whole = data if isinstance(data, dict) else {}
    exemptions, overall = whole.get("exemptions"), whole.get("overall")
    for number, each in enumerate(exemptions if isinstance(exemptions, list) else ()):
        if isinstance(each, dict) and isinstance(each.get("indicator"), str):
            yield ("exemptions", number, "indicator"), each["indicator"]
    views = overall.get("views") if isinstance(overall, dict) else None
    for name, view in views.items() if isinstance(views, dict) else ():
        indicators = view.get("indicators") if isinstance(view, dict) else None
        for number, each in enumerate(indicators if isinstance(indicators, list) else ()):
            if isinstance(each, str):
                yield ("overall", "views", name, "indicators", number), each

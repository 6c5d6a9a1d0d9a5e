"""A customer's own entries and overrides, in the syntax of the shipped catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from evaluators.catalogue.catalogue import Catalogue, Practice
from evaluators.catalogue.entry import Indicator
from evaluators.catalogue.problems import CatalogueError, CatalogueProblem, Path, closest, placed, problems_of

NESTED = ("anchors", "remediation")
"""Keys of which an override may give a part."""
SHOWN = ("rule", "references")
"""Keys that `indicators --json` shows beside an entry: one that is pasted from there may keep them."""
EXEMPTION = "exemption"
SHOWN_EXEMPTION = {"indicator", "practice", "reason", "owner", "until"}
"""Keys of an exemption as `indicators --json` shows it; it is declared in the configuration."""


def with_own(catalogue: Catalogue, data: object) -> Catalogue:
    """Return the catalogue with a customer's entries: `indicators`, a list.

    An entry with the id of an existing one overrides the keys it gives; any other is a new indicator and
    names its `practice`. Raises CatalogueError with all problems.
    """
    problems: list[CatalogueProblem] = []
    entries = _listed(data, problems)
    own: dict[str, Indicator] = {}
    named: set[str] = set()
    for number, entry in enumerate(entries):
        path = ("indicators", number)
        if not isinstance(entry, Mapping) or not isinstance(entry.get("id"), str):
            problems.append(CatalogueProblem(path, "an entry is a mapping with an `id`, a text"))
            continue
        if entry["id"] in named:
            problems.append(CatalogueProblem((*path, "id"), f"'{entry['id']}' is here twice"))
        named.add(entry["id"])
        indicator = _entry(catalogue, entry, path, problems)
        if indicator is not None:
            own[indicator.id] = indicator
    problems.extend(_unknown_references(catalogue, own, entries))
    if problems:
        raise CatalogueError([placed(problem, data) for problem in problems])
    return replace(catalogue, practices=tuple(_practice(practice, own) for practice in catalogue.practices))


def _listed(data: object, problems: list[CatalogueProblem]) -> list[Any]:
    if not isinstance(data, Mapping) or not isinstance(data.get("indicators"), list):
        problems.append(CatalogueProblem((), "the file needs one key `indicators` with a list of entries"))
        return []
    problems.extend(CatalogueProblem((key,), f"unknown key '{key}'") for key in data if key != "indicators")
    return list(data["indicators"])


def _entry(
    catalogue: Catalogue, entry: Mapping[str, Any], path: Path, problems: list[CatalogueProblem]
) -> Indicator | None:
    known = {indicator.id: indicator for indicator in catalogue.entries}
    shipped = known.get(entry["id"])
    near = closest(entry["id"], list(known))
    if shipped is None and "practice" not in entry and (near or "measure" not in entry):
        message = f"there is no indicator '{entry['id']}' to change{near}; a new one says all it is made of"
        problems.append(CatalogueProblem((*path, "id"), message))
        return None
    wanted, fault = _practice_of(catalogue, entry, shipped)
    if fault:
        problems.append(CatalogueProblem((*path, "practice"), fault))
    given = {key: value for key, value in entry.items() if key not in SHOWN}
    if not _is_shown(given.pop(EXEMPTION, None)):
        message = "is declared under `exemptions` in the configuration, with reason, owner and until"
        problems.append(CatalogueProblem((*path, EXEMPTION), message))
    try:
        indicator = Indicator.model_validate(_overridden(shipped, given) | {"practice": wanted, "own": True})
    except ValidationError as error:
        problems.extend(problems_of(error, path))
        return None
    if shipped is not None and _turned(shipped, indicator, entry):
        way = "zero below full" if shipped.better_up else "zero above full"
        message = f"the anchors go the wrong way round: {indicator.id} has {way} (say `better` to turn it)"
        problems.append(CatalogueProblem((*path, "anchors"), message))
    return indicator


def _practice_of(
    catalogue: Catalogue, entry: Mapping[str, Any], shipped: Indicator | None
) -> tuple[str, str]:
    """Return the practice of an entry, and what is wrong with it; empty where nothing is."""
    names = [practice.practice for practice in catalogue.practices]
    if shipped is not None:
        moved = entry.get("practice", shipped.practice) != shipped.practice
        fault = f"'{shipped.id}' belongs to {shipped.practice}; give an own indicator another id"
        return shipped.practice, fault if moved else ""
    wanted = entry.get("practice")
    if wanted is None:
        return names[0], f"a new indicator names its practice; choose from {', '.join(names)}"
    if wanted in names:
        return str(wanted), ""
    near = closest(str(wanted), names)
    return names[0], f"'{wanted}' is not a practice{near}; choose from {', '.join(names)}"


def _is_shown(exemption: object) -> bool:
    """Say whether an exemption is none, or one as `indicators --json` shows it."""
    return exemption is None or (isinstance(exemption, Mapping) and {*exemption} == SHOWN_EXEMPTION)


def _turned(shipped: Indicator, indicator: Indicator, entry: Mapping[str, Any]) -> bool:
    """Say whether an override that asks the same question has its anchors the other way round."""
    asks_anew = "measure" in entry or "better" in entry
    return indicator.better_up != shipped.better_up and not asks_anew


def _unknown_references(
    catalogue: Catalogue, own: Mapping[str, Indicator], entries: list[Any]
) -> list[CatalogueProblem]:
    """Say which ceilings and balances name no indicator; only the whole catalogue knows."""
    given = [str(entry.get("id", "")) if isinstance(entry, Mapping) else "" for entry in entries]
    names = [*(indicator.id for indicator in catalogue.entries), *given]
    return [
        CatalogueProblem(
            ("indicators", number, "measure", *path), f"'{named}' is not an indicator{closest(named, names)}"
        )
        for number, name in enumerate(given)
        if name in own
        for path, named in own[name].measure.references().items()
        if named not in names
    ]


def _overridden(shipped: Indicator | None, entry: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(entry)
    if shipped is None:
        return given
    base = shipped.model_dump(mode="json")
    for key in NESTED:
        if isinstance(given.get(key), Mapping):
            given[key] = base[key] | dict(given[key])
    return base | given


def _practice(practice: Practice, own: Mapping[str, Indicator]) -> Practice:
    kept = [own.get(indicator.id, indicator) for indicator in practice.indicators]
    known = {indicator.id for indicator in practice.indicators}
    new = [entry for entry in own.values() if entry.practice == practice.practice and entry.id not in known]
    return practice.model_copy(update={"indicators": (*kept, *new)})

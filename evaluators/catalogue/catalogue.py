"""A catalogue: practices with their exclusions and indicators, one version for all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import orjson
from pydantic import ValidationError

from evaluators.catalogue.entry import Indicator, Strict
from evaluators.measures import FAMILIES
from evaluators.predicates import Predicate, PredicateError

RELEASE = "1.0"
"""Version of the model that the shipped catalogue follows."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class CatalogueProblem:
    """One thing wrong in a catalogue; `offset` is the character inside the scalar where known."""

    path: Path
    message: str
    offset: int | None = None


class CatalogueError(ValueError):
    """Entries that cannot be used; `problems` holds all of them."""

    def __init__(self, problems: Sequence[CatalogueProblem]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, item.path))}: {item.message}" for item in problems))
        self.problems = tuple(problems)


class Exclusion(Strict):
    """Records that never count (X0, section 4 of the model)."""

    name: str
    when: Predicate


class Practice(Strict):
    """One practice: its name, what never counts, and its indicators."""

    practice: str
    title: str
    exclusions: tuple[Exclusion, ...] = ()
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Catalogue:
    """All practices in force."""

    practices: tuple[Practice, ...]

    @cached_property
    def entries(self) -> tuple[Indicator, ...]:
        """All indicators, by practice and attribute as written."""
        return tuple(indicator for practice in self.practices for indicator in practice.indicators)

    @cached_property
    def version(self) -> str:
        """Release and digest of the content, `1.0+3f9a…`."""
        text = orjson.dumps(self.content(), option=orjson.OPT_SORT_KEYS)
        return f"{RELEASE}+{hashlib.sha256(text).hexdigest()[:12]}"

    def practice(self, name: str) -> Practice:
        """Return one practice; KeyError when there is none of that name."""
        return {practice.practice: practice for practice in self.practices}[name]

    def indicator(self, name: str) -> Indicator:
        """Return one indicator; KeyError when there is none of that name."""
        return {indicator.id: indicator for indicator in self.entries}[name]

    def content(self) -> dict[str, Any]:
        """Return all of it as plain data, from which `of_content` makes an equal catalogue."""
        return {"practices": [practice.model_dump(mode="json") for practice in self.practices]}

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Catalogue:
        """Make a catalogue of what `content` returned."""
        return cls(tuple(Practice.model_validate(practice) for practice in content["practices"]))

    def with_own(self, data: object) -> Catalogue:
        """Return the catalogue with a customer's entries: `indicators`, a list.

        An entry with the id of an existing one overrides the keys it gives; any other is a new indicator and
        names its `practice`. Raises CatalogueError with all problems.
        """
        from evaluators.catalogue.own import merged

        return merged(self, data)


@lru_cache(maxsize=1)
def shipped() -> Catalogue:
    """Return the catalogue that comes with the product."""
    from ruamel.yaml import YAML

    files = sorted(
        (item for item in resources.files("evaluators.catalogue").iterdir() if item.name.endswith(".yaml")),
        key=lambda item: item.name,
    )
    practices = []
    for file in files:
        data = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
        for entry in data["indicators"]:
            entry["practice"] = data["practice"]
        practices.append(Practice.model_validate(data))
    return Catalogue(tuple(practices))


def problems_of(error: ValidationError, base: Path) -> list[CatalogueProblem]:
    """Translate what pydantic found into problems with plain sentences."""
    found = []
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        offset = cause.offset if isinstance(cause, PredicateError) else None
        message = str(cause) if isinstance(cause, ValueError) else item["msg"]
        location = tuple(part for part in item["loc"] if not _is_tag(part, item["loc"]))
        found.append(CatalogueProblem(base + location, message, offset))
    return found


def _is_tag(part: str | int, location: tuple[str | int, ...]) -> bool:
    """Say whether a part of the location is the name of a measure family, which is no key in the file."""
    return part in FAMILIES and location[-1] != part


def closest(name: str, names: Sequence[str]) -> str:
    """Return ` (did you mean 'x'?)`, or nothing."""
    close = get_close_matches(name, names, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""

"""A catalogue: practices with their indicators, and what never counts; one version for all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import orjson
from pydantic import ValidationError

from evaluators.catalogue.composition import Composition
from evaluators.catalogue.entry import Indicator, Strict
from evaluators.catalogue.problems import CatalogueError, CatalogueProblem, closest, problems_of
from evaluators.practices import PRACTICES
from evaluators.predicates import Predicate
from storage.records import KINDS

RELEASE = "1.0"
"""Version of the model that the shipped catalogue follows."""


class Exclusion(Strict):
    """Records that never count (X0, section 4 of the model)."""

    name: str
    when: Predicate


class Practice(Strict):
    """One practice: its name and its indicators."""

    practice: str
    title: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Catalogue:
    """All practices in force."""

    practices: tuple[Practice, ...]
    exclusions: Mapping[str, tuple[Exclusion, ...]] = field(default_factory=dict)
    """What never counts, by record kind."""
    composition: Composition = field(default_factory=Composition)
    """How practices add up to the overall result."""

    @cached_property
    def entries(self) -> tuple[Indicator, ...]:
        """All indicators, by practice and attribute as written."""
        return tuple(indicator for practice in self.practices for indicator in practice.indicators)

    @cached_property
    def version(self) -> str:
        """Release and digest of the content, `1.0+3f9a…`."""
        return _digest(self.content())

    @cached_property
    def measured(self) -> str:
        """Release and digest of what is measured, without how practices add up: what draws are seeded by."""
        content = self.content()
        del content["composition"]
        return _digest(content)

    def practice(self, name: str) -> Practice:
        """Return one practice; KeyError when there is none of that name."""
        return {practice.practice: practice for practice in self.practices}[name]

    def indicator(self, name: str) -> Indicator:
        """Return one indicator; KeyError when there is none of that name."""
        return {indicator.id: indicator for indicator in self.entries}[name]

    def content(self) -> dict[str, Any]:
        """Return all of it as plain data, from which `of_content` makes an equal catalogue."""
        return {
            "practices": [practice.model_dump(mode="json") for practice in self.practices],
            "exclusions": {
                kind: [rule.model_dump(mode="json") for rule in rules]
                for kind, rules in self.exclusions.items()
            },
            "composition": self.composition.model_dump(mode="json"),
        }

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Catalogue:
        """Make a catalogue of what `content` returned."""
        return cls(
            tuple(Practice.model_validate(practice) for practice in content["practices"]),
            exclusions_of(content["exclusions"]),
            Composition.model_validate(content["composition"]),
        )


def _digest(content: Mapping[str, Any]) -> str:
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return f"{RELEASE}+{hashlib.sha256(text).hexdigest()[:12]}"


def exclusions_of(data: Mapping[str, Any]) -> dict[str, tuple[Exclusion, ...]]:
    """Read what never counts; raises CatalogueError with all problems."""
    found: dict[str, tuple[Exclusion, ...]] = {}
    problems = []
    for kind, rules in data.items():
        if kind not in KINDS:
            problems.append(
                CatalogueProblem((kind,), f"'{kind}' is not a record kind{closest(kind, [*KINDS])}")
            )
            continue
        found[kind] = tuple(Exclusion.model_validate(rule) for rule in rules)
        for number, rule in enumerate(found[kind]):
            problems += [
                CatalogueProblem((kind, number, "when"), each) for each in rule.when.problems(KINDS[kind])
            ]
    if problems:
        raise CatalogueError(problems)
    return found


def catalogue_of(files: Mapping[str, Mapping[str, Any]], exclusions: Mapping[str, Any]) -> Catalogue:
    """Make a catalogue of practice files by name; raises CatalogueError with all problems."""
    problems: list[CatalogueProblem] = []
    places: dict[str, str] = {}
    practices = []
    for name, data in files.items():
        for number, entry in enumerate(data["indicators"]):
            entry["practice"] = data["practice"]
            first = places.setdefault(entry["id"], name)
            if (first, number) != (name, _first(data["indicators"], entry["id"])):
                message = (
                    f"'{entry['id']}' is here twice"
                    if first == name
                    else f"'{entry['id']}' is also in {first}"
                )
                problems.append(CatalogueProblem((name, "indicators", number, "id"), message))
        try:
            practices.append(Practice.model_validate(data))
        except ValidationError as error:
            problems += problems_of(error, (name,))
    problems += unknown_references(practices)
    if problems:
        raise CatalogueError(problems)
    return Catalogue(tuple(practices), exclusions_of(exclusions))


def unknown_references(practices: Sequence[Practice]) -> list[CatalogueProblem]:
    """Say which measures name an indicator that there is not."""
    entries = [(practice, entry) for practice in practices for entry in practice.indicators]
    names = [entry.id for _, entry in entries]
    return [
        CatalogueProblem(
            (entry.id, "measure", *path), f"'{named}' is not an indicator{closest(named, names)}"
        )
        for _, entry in entries
        for path, named in entry.measure.references().items()
        if named not in names
    ]


def _first(entries: Sequence[Mapping[str, Any]], name: str) -> int:
    return next(number for number, entry in enumerate(entries) if entry["id"] == name)


def _place(file: str) -> tuple[int, str]:
    practice = file.removesuffix(".yaml")
    return (PRACTICES.index(practice) if practice in PRACTICES else len(PRACTICES), practice)


@lru_cache(maxsize=1)
def shipped() -> Catalogue:
    """Return the catalogue that comes with the product."""
    from ruamel.yaml import YAML

    texts = {
        item.name: item.read_text(encoding="utf-8")
        for item in resources.files("evaluators.catalogue").iterdir()
        if item.name.endswith(".yaml")
    }
    exclusions = YAML(typ="safe").load(texts.pop("exclusions.yaml"))
    files = {name: YAML(typ="safe").load(texts[name]) for name in sorted(texts, key=_place)}
    return catalogue_of(files, exclusions)

"""A catalogue: practices with their exclusions and indicators, one version for all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import orjson

from evaluators.catalogue.entry import Indicator, Strict
from evaluators.predicates import Predicate

RELEASE = "1.0"
"""Version of the model that the shipped catalogue follows."""


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

"""What can be wrong in a catalogue, said with the path to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from evaluators.catalogue.entry import Anchors, Indicator, ProblemsError, Remediation
from evaluators.measures import FAMILIES
from evaluators.measures.completeness import ITEM_FORMS
from evaluators.predicates import PredicateError

Path = tuple[str | int, ...]


_FORMS = {*FAMILIES, *ITEM_FORMS, "str", "tuple[str, ...]"}
_KEYS = (*Indicator.model_fields, *Anchors.model_fields, *Remediation.model_fields)


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


def problems_of(error: ValidationError, base: Path) -> list[CatalogueProblem]:
    """Translate what the models found into problems with plain sentences."""
    found = []
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        offset = cause.offset if isinstance(cause, PredicateError) else None
        location = tuple(part for part in item["loc"] if not _is_tag(part, item["loc"]))
        said = cause.problems if isinstance(cause, ProblemsError) else (_sentence(item, location),)
        found += [CatalogueProblem(base + location, sentence, offset) for sentence in said]
    return found


def placed(problem: CatalogueProblem, data: object) -> CatalogueProblem:
    """Return a problem with a column where the column stands; `data` is what its path leads through."""
    named = _COLUMN.match(problem.message)
    if named is None or problem.offset is not None:
        return problem
    for step in problem.path:
        data = data[step] if isinstance(data, Mapping | list) else None  # type: ignore[index]
    for path, text in _texts(data):
        inside = re.search(rf"(?<!\w){re.escape(named[1])}(?!\w)", text)
        if inside is not None:
            return CatalogueProblem(problem.path + path, problem.message, inside.start())
    return problem


_COLUMN = re.compile(r"'(\w+)' is not a column")


def _texts(data: object) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield (), data
    parts = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for step, part in parts:
        yield from (((step, *path), text) for path, text in _texts(part))


def _sentence(item: ErrorDetails, location: Path) -> str:
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return str(cause)
    name = str(location[-1]) if location else ""
    if item["type"] == "missing":
        return f"the key '{name}' is missing"
    if item["type"] == "extra_forbidden":
        return f"unknown key '{name}'{_home(name) or closest(name, _KEYS)}"
    for pattern, wanted in _WANTED.items():
        if re.fullmatch(pattern, item["type"]):
            return f"'{item['input']}' is not {wanted}" if _is_short(item["input"]) else f"should be {wanted}"
    if item["type"] == "union_tag_invalid":
        tag = str(item["ctx"]["tag"])
        return f"'{tag}' is not a family{closest(tag, [*FAMILIES])}; docs/indicators.md has them"
    if item["type"] == "literal_error":
        quotes = ", in quotes" if isinstance(item["input"], float) else ""
        return f"'{item['input']}' is not one of {item['ctx']['expected']}{quotes}"
    message = item["msg"].removeprefix("Input ")
    return message[0].lower() + message[1:]


_WANTED = {
    "union_tag_not_found": "a measure with its family (family: share)",
    "dict_type|model_type|model_attributes_type": "a mapping (name: value)",
    "list_type|tuple_type": "a list ([a, b])",
    "string_type": "a text",
    "int_.*": "a whole number",
    "float_.*|finite_number": "a number",
    "bool_.*": "true or false",
    "string_pattern_mismatch": "an id: lower-case words and digits with hyphens between (own-indicator)",
}
"""What was asked for, by pydantic's name of the error."""


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float)


def _home(name: str) -> str:
    """Say in which part of an entry a key belongs that is known there."""
    parts: dict[str, type[BaseModel]] = {"anchors": Anchors, "remediation": Remediation}
    part = next((part for part, model in parts.items() if name in model.model_fields), None)
    return f" here; it belongs in `{part}`" if part else ""


def _is_tag(part: str | int, location: tuple[str | int, ...]) -> bool:
    """Say whether a part of the location names a form of a value (a measure family), which is no key."""
    return part in _FORMS and location[-1] != part


def closest(name: str, names: Sequence[str]) -> str:
    """Return ` (did you mean 'x'?)`, or nothing."""
    close = get_close_matches(name, names, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""

"""What can be wrong in a catalogue, said with the path to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from evaluators.catalogue.entry import Anchors, Indicator, Remediation
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
        found.append(CatalogueProblem(base + location, _sentence(item, location), offset))
    return found


def _sentence(item: ErrorDetails, location: Path) -> str:
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return str(cause)
    name = str(location[-1]) if location else ""
    if item["type"] == "missing":
        return f"the key '{name}' is missing"
    if item["type"] == "extra_forbidden":
        return f"unknown key '{name}'{closest(name, _KEYS)}"
    if item["type"] == "literal_error":
        quotes = ", in quotes" if isinstance(item["input"], float) else ""
        return f"'{item['input']}' is not one of {item['ctx']['expected']}{quotes}"
    return item["msg"][0].lower() + item["msg"][1:]


def _is_tag(part: str | int, location: tuple[str | int, ...]) -> bool:
    """Say whether a part of the location names a form of a value (a measure family), which is no key."""
    return part in _FORMS and location[-1] != part


def closest(name: str, names: Sequence[str]) -> str:
    """Return ` (did you mean 'x'?)`, or nothing."""
    close = get_close_matches(name, names, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""

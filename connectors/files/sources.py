"""Where a value comes from, as an admin writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Self

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from connectors.files import conditions
from connectors.files.values import text_of

Path_ = tuple[str | int, ...]
"""Way to a setting, from the one at hand."""

_WAYS = ("column", "position", "constant", "first_of", "first", "last", "at_first")


class Model(BaseModel):
    """Settings that refuse unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _text_keys(values: object) -> object:
    return {text_of(key): value for key, value in values.items()} if isinstance(values, dict) else values


class Source(Model):
    """Where a value comes from: the name of a field, or exactly one of the first seven keys."""

    column: str | None = None
    """Name of a field; `name#2` is the second of two with one name, `#17` the 17th."""
    position: int | None = Field(None, ge=1)
    """Number of a field, from 1."""
    constant: Any = None
    """One value for every record."""
    first_of: tuple[Source, ...] | None = None
    """The first of these that is not empty."""
    first: str | None = None
    """In a log: the field's first value that is not empty."""
    last: str | None = None
    """In a log: the field's last value that is not empty."""
    at_first: Annotated[dict[str, Any], AfterValidator(conditions.checked)] | None = None
    """In a log: the time of the first row that fulfils the condition."""
    values: Annotated[dict[str, Any], BeforeValidator(_text_keys)] = Field(default_factory=dict)
    """What to take in place of a value; values not listed are taken as they are."""
    leading_number: bool = False
    """Take the number a value such as `2 - High` begins with."""
    defaults: tuple[str, ...] = ()
    """Texts that forms fill in by themselves; such a note counts as empty."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value

    @field_validator("constant")
    @classmethod
    def _one_value(cls, value: object) -> object:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str | int | float):
            return value
        raise ValueError("A constant is one text, number or truth value.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in _WAYS if way in self.model_fields_set]
        if len(ways) != 1:
            given = (
                f"{' and '.join(ways)} exclude each other" if ways else "the origin of the value is missing"
            )
            raise ValueError(f"{given}; give one of {', '.join(_WAYS)}.")
        if (self.values or self.leading_number) and ways[0] in ("constant", "first_of", "at_first"):
            raise ValueError(f"values and leading_number have no meaning beside {ways[0]}.")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say to editors that a plain name will do."""
        return {"anyOf": [{"type": "string"}, handler(core)]}

    @property
    def field(self) -> str | None:
        """Name of the field it reads, if it reads one."""
        return f"#{self.position}" if self.position else self.column or self.first or self.last

    @property
    def cell(self) -> str:
        """Name under which its value is kept with the record."""
        if self.at_first is not None:
            text = orjson.dumps(self.at_first, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
            return f"at_first({hashlib.sha256(text).hexdigest()[:12]})"
        if self.first or self.last:
            return f"{'first' if self.first else 'last'}({self.field})"
        return self.field or ""

    @property
    def needs_log(self) -> bool:
        """Whether only a log can answer it."""
        return bool(self.first or self.last or self.at_first)

    def leaves(self, path: Path_ = ()) -> Iterator[tuple[Path_, Source]]:
        """Yield the sources it is made of with the path to each, itself if it is a single one."""
        if self.first_of is None:
            yield path, self
        for number, part in enumerate(self.first_of or ()):
            yield from part.leaves((*path, "first_of", number))

"""What tables there are: class above, fields with their types, display field."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources

SYSTEM = {
    "sys_id": "GUID",
    "sys_created_on": "glide_date_time",
    "sys_created_by": "string",
    "sys_updated_on": "glide_date_time",
    "sys_updated_by": "string",
    "sys_mod_count": "integer",
    "sys_class_name": "sys_class_name",
    "sys_domain": "string",
    "sys_tags": "related_tags",
}
TYPES = (
    "string",
    "integer",
    "decimal",
    "choice",
    "boolean",
    "glide_date_time",
    "glide_date",
    "glide_duration",
    "document_id",
    "password2",
)
NUMBERS = frozenset({"integer", "decimal"})


@dataclass(frozen=True)
class Field:
    """One field: `type` as in sys_dictionary, `reference` the table that a reference points to."""

    type: str
    reference: str = ""


@dataclass
class Definition:
    """One table. A table that is `absent` comes with a plugin: it answers only where rows were put in."""

    name: str
    extends: str = ""
    display: str = ""
    label: str = ""
    absent: bool = False
    own: dict[str, Field] = field(default_factory=dict)


class Schema:
    """The tables of one instance by name."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._definitions = {definition.name: definition for definition in definitions}
        self._fields: dict[str, dict[str, Field]] = {}
        self._lineages: dict[str, list[str]] = {}

    def __contains__(self, table: object) -> bool:
        return table in self._definitions

    def __iter__(self) -> Iterator[Definition]:
        return iter(tuple(self._definitions.values()))

    def __getitem__(self, table: str) -> Definition:
        return self._definitions[table]

    def define(self, definition: Definition) -> None:
        """Add a table, or replace what is known of it."""
        self._definitions[definition.name] = definition
        self._fields.clear()
        self._lineages.clear()

    def add_fields(self, table: str, fields: Mapping[str, Field]) -> None:
        """Give a table further fields, as `u_affected_service`."""
        self._definitions[table].own.update(fields)
        self._fields.clear()

    def lineage(self, table: str) -> list[str]:
        """Return the table and the classes above it, nearest first."""
        names = self._lineages.get(table)
        if names is None:
            names, above = [], table
            while above in self._definitions and above not in names:
                names.append(above)
                above = self._definitions[above].extends
            self._lineages[table] = names
        return names

    def descendants(self, table: str) -> list[str]:
        """Return the table and every class below it."""
        return [table, *(name for name in self._definitions if table in self.lineage(name)[1:])]

    def fields(self, table: str) -> Mapping[str, Field]:
        """Return every field of a table: its own, those of the classes above, the system fields."""
        known = self._fields.get(table)
        if known is None:
            known = {name: Field(type_) for name, type_ in SYSTEM.items()}
            for name in reversed(self.lineage(table)):
                known.update(self._definitions[name].own)
            self._fields[table] = known
        return known

    def display_field(self, table: str) -> str:
        """Return the field that stands for a row, empty where there is none."""
        return next((shown for name in self.lineage(table) if (shown := self._definitions[name].display)), "")


def standard() -> Schema:
    """Return the tables of an instance as it comes."""
    text = resources.files("sandbox.servicenow.store").joinpath("tables.toml").read_text("utf-8")
    return Schema(_definition(name, entry) for name, entry in tomllib.loads(text).items())


def _definition(name: str, entry: Mapping[str, object]) -> Definition:
    own = {element: Field(type_) for type_ in TYPES for element in str(entry.get(type_, "")).split()}
    references = entry.get("reference", {})
    if isinstance(references, Mapping):
        for table, elements in references.items():
            own |= {element: Field("reference", str(table)) for element in str(elements).split()}
    return Definition(
        name,
        str(entry.get("extends", "")),
        str(entry.get("display", "")),
        str(entry.get("label", name.replace("_", " ").capitalize())),
        bool(entry.get("absent", False)),
        own,
    )

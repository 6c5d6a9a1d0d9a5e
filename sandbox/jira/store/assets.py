"""Assets: schemas of object types with attributes, and the objects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attribute:
    """An attribute of an object type."""

    id: int
    name: str
    kind: str = "text"
    """text, integer, boolean, date, datetime, select, status, group, user or reference."""
    target: int = 0
    """Object type that a reference leads to."""
    label: bool = False
    many: bool = False
    required: bool = False
    reference: str = ""
    """Name of the kind of reference."""


@dataclass
class ObjectType:
    """A type of objects; objects of types below it have its attributes too."""

    id: int
    name: str
    schema: int
    parent: int = 0
    attributes: list[Attribute] = field(default_factory=list)


@dataclass
class AssetObject:
    """One object; values by id of the attribute, references as keys of objects."""

    id: int
    key: str
    type: int
    label: str
    values: dict[int, tuple[str, ...]]
    created: int
    updated: int
    history: list[tuple[int, str, int, str, str]] = field(default_factory=list)
    """When, who (account id), which attribute, old and new text."""


@dataclass
class Assets:
    """The objects of a site."""

    workspace: str = "7c0ffee0-0000-4000-8000-000000000001"
    schemas: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Name and key of the schemas."""
    types: dict[int, ObjectType] = field(default_factory=dict)
    objects: dict[int, AssetObject] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._keys: dict[str, AssetObject] = {}

    def by_key(self, key: str) -> AssetObject | None:
        """Return an object by its key, None where there is none."""
        if len(self._keys) != len(self.objects):
            self._keys = {each.key: each for each in self.objects.values()}
        return self._keys.get(key)

    def counts(self) -> Counter[int]:
        """Return how many objects each type has."""
        return Counter(each.type for each in self.objects.values())

    def attributes(self, type_: ObjectType) -> list[Attribute]:
        """Return the attributes of a type with those of the types above it."""
        above = self.types.get(type_.parent)
        return [*(self.attributes(above) if above else ()), *type_.attributes]

    def lineage(self, type_: ObjectType) -> list[ObjectType]:
        """Return a type and those above it."""
        above = self.types.get(type_.parent)
        return [type_, *(self.lineage(above) if above else ())]

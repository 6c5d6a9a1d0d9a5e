"""Where a column's value comes from, as the tables of a platform (TOML) say it.

`a | b` is the first field that has a value; beside it stand
  {constant}         the same for every record
  {of, is}           true for one value, false for all others, nothing where there is no such field
  {of, among}        a value for some values of the field, `otherwise` or nothing for the rest
  {of, values}       some values written in another way, the rest as sent
  then               where to look when that gives nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Kept = Mapping[str, object]
Given = str | Mapping[str, Any]
Shared = Mapping[str, Mapping[str, Any]]
"""Values by the name under which several sources share them."""


@dataclass(frozen=True)
class Source:
    """One way to a value: the first field that has one, through `values` where they are given."""

    fields: tuple[str, ...]
    values: Mapping[str, str | None] | None = None
    otherwise: str | None = None
    """Value of what is not in `values`; None where `strict`, or else as sent."""
    strict: bool = False
    constant: str | None = None
    then: Source | None = None
    """Where to look when this gives nothing."""

    def names(self) -> Iterator[str]:
        """Yield every field that it may read."""
        for way in self.ways():
            yield from way.fields

    def ways(self) -> Iterator[Source]:
        """Yield this way and those behind it."""
        yield self
        if self.then is not None:
            yield from self.then.ways()


def values(given: Given, shared: Shared) -> dict[str, str]:
    """Return values by what is replaced by them, from a mapping or the name of a shared one."""
    written = shared[given] if isinstance(given, str) else given
    found: dict[str, str] = {}
    for name, value in written.items():
        found |= dict.fromkeys(value, name) if isinstance(value, list) else {name: value}
    return found


def source(given: Given, shared: Shared) -> Source:
    """Return a source as it is written."""
    if isinstance(given, str):
        return Source(tuple(given.split(" | ")))
    if "constant" in given:
        return Source((), constant=given["constant"])
    fields, then = tuple(given["of"].split(" | ")), given.get("then")
    if "is" in given:
        return Source(fields, {given["is"]: "true"}, "false", strict=True)
    strict = "among" in given
    replaced = values(given["among" if strict else "values"], shared)
    further = source(then, shared) if then else None
    return Source(fields, replaced, given.get("otherwise"), strict, then=further)

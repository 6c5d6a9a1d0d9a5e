"""Which issues become which records, and where every column comes from: `tables.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connectors.platform.sources import Source, source
from connectors.platform.targets import targets
from storage.records import KINDS

_DATA: dict[str, Any] = tomllib.loads(Path(__file__).with_name("tables.toml").read_text("utf-8"))
_OWN_FIRST = frozenset(_DATA["own"]["first"])
OWN = "own:"
"""Begins the name of a custom field that is named like the column it fills."""


@dataclass(frozen=True)
class Wish:
    """A custom field that is looked for: by kind, by the beginning of its kind, by name."""

    custom: str = ""
    names: tuple[str, ...] = ()
    like: str = ""


@dataclass(frozen=True)
class LinkRule:
    """Which links of an issue lead to a column's record."""

    to: str
    """Record kind of the other issue."""
    words: tuple[str, ...] = ()
    """One of these stands in the link, as this issue reads it."""
    without: tuple[str, ...] = ()

    def fits(self, kind: str, words: str) -> bool:
        """Whether a link to a kind with these words is one."""
        said = words.casefold()
        asked = not self.words or any(word in said for word in self.words)
        return kind == self.to and asked and not any(word in said for word in self.without)


@dataclass(frozen=True)
class IssueKind:
    """How issues become records of one kind."""

    name: str
    types: tuple[str, ...]
    columns: Mapping[str, Source]
    links: Mapping[str, LinkRule]
    tracked: Mapping[str, str]
    """Canonical name by field whose changes are kept."""

    def sources(self, mapped: Mapping[str, str]) -> dict[str, Source]:
        """Return the source of every column, the operator's own fields in place of the usual ones."""
        return {**self.columns, **{name: Source((f"map:{name}",)) for name in mapped}}


def _with_own(column: str, found: Source) -> Source:
    """Return a source that looks into the field named like the column too, first or when it finds nothing."""
    if found.constant is not None:
        return found
    own = Source((f"{OWN}{column}",))
    if column in _OWN_FIRST:
        return replace(own, then=found)
    if found.values is None:
        return replace(found, fields=(*found.fields, *own.fields))
    return replace(found, then=_with_own(column, found.then) if found.then else own)


def _columns(given: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Source]]:
    written = {**_DATA["issue"], **given}
    for name in targets(KINDS[kind]):
        if name in written:
            yield name, _with_own(name, source(written[name], _DATA["values"]))
        elif name not in ("id", "updated_at", "revision"):
            yield name, Source((f"{OWN}{name}",))


def _kind(given: Mapping[str, Any]) -> IssueKind:
    rules = {
        name: LinkRule(one["to"], tuple(one.get("words", ())), tuple(one.get("without", ())))
        for name, one in given.get("links", {}).items()
    }
    columns = dict(_columns(given["from"], given["name"]))
    return IssueKind(given["name"], tuple(given["types"]), columns, rules, given["tracked"])


ISSUE_KINDS: Mapping[str, IssueKind] = {one["name"]: _kind(one) for one in _DATA["kind"]}
"""Kinds that issues become, by name."""

WISHES: Mapping[str, Wish] = {
    name: Wish(one.get("custom", ""), tuple(one.get("names", ())), one.get("like", ""))
    for name, one in _DATA["fields"].items()
}
"""Custom fields that are looked for, by the name they have in sources."""

STATUSES: Mapping[str, frozenset[str]] = {
    meaning: frozenset(name.casefold() for name in names) for meaning, names in _DATA["statuses"].items()
}
CLOCKS: Mapping[str, frozenset[str]] = {name: frozenset(words) for name, words in _DATA["clocks"].items()}
ALERTS: Mapping[str, str] = _DATA["alerts"]
"""What fills the columns of an alert: how it is read, and where it stands."""

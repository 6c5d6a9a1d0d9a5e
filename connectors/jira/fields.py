"""Which field of a site is which, and which cells of a row the fields of an issue fill.

Fields are found by kind, then by untranslated name, then by name; never by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.jira import cells
from connectors.jira.answers import Json
from connectors.jira.people import People
from connectors.jira.service import CELLS as APPROVAL_CELLS
from connectors.jira.service import targets_of
from connectors.jira.tables import OWN, WISHES, IssueKind, Wish
from connectors.platform.mapping import Columns
from connectors.platform.targets import suggestion
from storage.evidence.protection import Protection
from storage.records import KINDS
from storage.records.schema import Column, FieldClass

if TYPE_CHECKING:
    from connectors.jira.history import Status

CLOCK = "com.atlassian.servicedesk:sd-sla-field"


@dataclass(frozen=True)
class Field:
    """One field of a site."""

    id: str
    name: str
    english: str
    custom: str
    """Its kind, empty for a field of every Jira."""
    type: str
    items: str

    @property
    def clause(self) -> str:
        """Its name in JQL; `customfield_1` is none, and matches nothing without an error."""
        return f"cf[{self.id.removeprefix('customfield_')}]" if self.custom else self.id

    @property
    def words(self) -> frozenset[str]:
        """What it may be called."""
        return frozenset({self.id, self.name.casefold(), self.english.casefold()})


def field_of(described: Json) -> Field:
    """Return a field as a site describes it."""
    schema = described.get("schema") or {}
    name = str(described.get("name") or described["id"])
    return Field(
        str(described["id"]),
        name,
        str(described.get("untranslatedName") or name),
        str(schema.get("custom") or ""),
        str(schema.get("type") or "any"),
        str(schema.get("items") or ""),
    )


@dataclass
class FieldMap:
    """The fields of a site; `filled` counts the issues in which one has a value."""

    fields: list[Field]
    filled: Callable[[Field], int]
    found: dict[str, Field] = field(default_factory=dict)
    """By name in sources, for the page that shows the mapping."""
    notes: list[str] = field(default_factory=list)
    """What an admin should know: names that several fields have."""

    def __post_init__(self) -> None:
        """Find what every site may have."""
        for name, wish in WISHES.items():
            chosen = self._wished(wish)
            if chosen is not None:
                self.found[name] = chosen
        self._by_words: Mapping[str, list[Field]] = self._indexed()

    def _indexed(self) -> dict[str, list[Field]]:
        known: dict[str, list[Field]] = {}
        for one in self.fields:
            for word in one.words:
                known.setdefault(word, []).append(one)
        return known

    @property
    def clocks(self) -> list[Field]:
        """Fields that hold service level clocks."""
        return [one for one in self.fields if one.custom == CLOCK]

    def all_named(self, name: str) -> list[Field]:
        """Return the fields that an operator may mean, by id or name."""
        return self._by_words.get(name, []) or self._by_words.get(name.casefold(), [])

    def named(self, name: str) -> Field | None:
        """Return the field that an operator names; of several the one with the most values."""
        return self._chosen(self.all_named(name), name)

    def like_column(self, column: str) -> Field | None:
        """Return the custom field that is named like a column; None where there is none."""
        words = column.replace("_", " ")
        found = [one for one in self._by_words.get(words, []) if one.custom]
        return self._chosen(found, words)

    def near(self, name: str) -> str:
        """Return a suggestion for a name that no field has."""
        return suggestion(name, [one.name for one in self.fields])

    def _wished(self, wish: Wish) -> Field | None:
        custom = [one for one in self.fields if one.custom]
        ways: list[Iterable[Field]] = [
            [one for one in custom if wish.custom and one.custom == wish.custom],
            [one for one in custom if wish.like and one.custom.startswith(wish.like)],
        ]
        for name in wish.names:
            ways.append([one for one in custom if one.english.casefold() == name.casefold()])
            ways.append([one for one in custom if one.name.casefold() == name.casefold()])
        for way in ways:
            chosen = self._chosen(list(way), wish.names[0] if wish.names else wish.custom)
            if chosen is not None:
                return chosen
        return None

    def _chosen(self, candidates: list[Field], name: str) -> Field | None:
        """Return the field of a name; of several the one with the most values, and say so."""
        if len(candidates) <= 1:
            return candidates[0] if candidates else None
        counts = {one.id: self.filled(one) for one in candidates}
        best = max(candidates, key=lambda one: (counts[one.id], one.id))
        others = ", ".join(sorted(one.id for one in candidates if one is not best))
        note = (
            f"{len(candidates)} fields are named '{name}': {best.id} is read, which has the most values, not "
            f"{others}; name another one in `map`."
        )
        if note not in self.notes:
            self.notes.append(note)
        return best


_SYSTEM: Mapping[str, cells.Cell] = {
    "priority": cells.plain,
    "resolution": cells.plain,
    "parent": cells.identity,
    "components": cells.plain,
    "description": cells.plain,
    "fixVersions": cells.identity,
    "duedate": cells.plain,
}
USERS = ("assignee", "creator", "reporter")
ENDS = ("resolutiondate", "statuscategorychangedate")
"""When it was resolved, and when it came to the present category: of issues whose history does not say."""
_ALWAYS = ("created", "updated", "status", "issuetype", "project", "issuelinks", *USERS, *ENDS)
_TOLD = frozenset(
    {
        "created",
        "status",
        "closed_at",
        "resolved_at",
        "ended_as",
        "resolver",
        "reopen_count",
        "taken_up_at",
        "implementing_at",
        "implemented_at",
        "implementer",
    }
)
"""Cells that every issue's history tells."""


@dataclass
class Known:
    """What is known of a site: statuses, kinds by issue type, fields."""

    statuses: Mapping[str, Status]
    kinds: Mapping[str, str]
    """Record kind by id of the issue type."""
    fields: FieldMap


class Layout:
    """The cells of the issues of one kind."""

    def __init__(
        self,
        kind: IssueKind,
        site: Known,
        people: People,
        protection: Protection,
        mapped: Mapping[str, str],
        *,
        comments: bool,
        links: bool,
        unset: frozenset[str] = frozenset(),
    ) -> None:
        self.kind = kind
        self.unset = unset
        """Fields of every Jira that no issue of the kind has a value in: its workflow does not set them."""
        self.site = site
        self.people = people
        self.links = links
        self.comments = comments and kind.name in ("incident", "request")
        self.found = site.fields.found
        self.columns = columns_of(kind, mapped, protection, people)
        self.clocks = targets_of({one.id: one.name for one in site.fields.clocks})
        """What each promises, by id of its field."""
        self.cells: dict[str, tuple[str, cells.Cell]] = {}
        """By name in sources: id of the field, and what makes the cell of its value."""
        self.used: dict[str, Field] = {}
        """Custom fields that are read, by name in sources."""
        self.mapped = mapped
        for name in self.columns.names:
            self._plan(name)

    def _plan(self, name: str) -> None:
        """Find out how a cell is made of an issue's fields."""
        if name in _SYSTEM:
            self.cells[name] = (name, _SYSTEM[name])
            return
        counted = name.partition("count:")[2]
        found = self._field(counted or name)
        if found is None or name in APPROVAL_CELLS:
            return
        self.used[counted or name] = found
        self.cells[name] = (found.id, cells.size if counted else self._cell(name, found))

    def _field(self, name: str) -> Field | None:
        if name.startswith("map:"):
            return self.site.fields.named(self.mapped[name.removeprefix("map:")])
        if name.startswith(OWN):
            return self.site.fields.like_column(name.removeprefix(OWN))
        return self.found.get(name)

    def _cell(self, name: str, found: Field) -> cells.Cell:
        special: Mapping[str, cells.Cell] = {
            "items": cells.item_id,
            "services": cells.identity,
            "major": cells.major,
        }
        column = self._column(name.partition(":")[2])
        person = column is not None and column.field_class is FieldClass.PERSON
        cell = special.get(name) or _SYSTEM.get(found.id) or cells.cell_for(found, self.people, person=person)
        own = name.startswith(OWN) and column is not None and column.field_class is FieldClass.PLAIN
        return cells.fitting(cell, column.type) if own and column is not None else cell

    def _column(self, name: str) -> Column | None:
        return KINDS[self.kind.name].by_name.get(name)

    @cached_property
    def telling(self) -> frozenset[str]:
        """Cells that have a value even where the field is empty."""
        return frozenset(name for name in self.cells if name == "major" or name.startswith("count:"))

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields to ask for, by id."""
        approvals = self.found.get("approvals")
        asked = [*_ALWAYS, *(identifier for identifier, _ in self.cells.values()), *self.clocks]
        asked += [approvals.id] if approvals else []
        asked += [one.id for name, one in self.found.items() if name.startswith("satisfaction")]
        asked += ["comment"] if self.comments else []
        return tuple(dict.fromkeys(asked))

    @property
    def missing(self) -> frozenset[str]:
        """Names in sources that nothing on this site can give."""
        there = {*self.cells, *_TOLD, *USERS} - self.unset
        there |= APPROVAL_CELLS if "approvals" in self.found else set()
        there |= {"made_sla"} if self.clocks else set()
        there |= {"answered_at"} if self.clocks or self.comments else set()
        there |= {"reassignment_count"} if "group" in self.found else set()
        there |= {f"{way}:{name}" for name in self.kind.links for way in ("link", "count")}
        there |= {f"first:{name}" for name in self.found}
        there |= {"article", "knowledge_linked"} if self.links else set()
        return frozenset(self.columns.names) - there


def columns_of(kind: IssueKind, mapped: Mapping[str, str], protection: Protection, people: People) -> Columns:
    """Return the columns of a kind, which need no site."""
    return Columns(KINDS[kind.name], kind.sources(mapped), protection, pseudonym=people.pseudonym)

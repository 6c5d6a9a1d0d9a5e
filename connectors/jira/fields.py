"""Which field of a site is which: by kind, then by untranslated name, then by name; never by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from connectors.jira.answers import Json
from connectors.jira.tables import WISHES, Wish
from connectors.platform.targets import suggestion

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

    def named(self, name: str) -> Field | None:
        """Return the field that an operator names, by id or name; None where there is none."""
        return self._chosen(self._by_words.get(name, []) or self._by_words.get(name.casefold(), []), name)

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

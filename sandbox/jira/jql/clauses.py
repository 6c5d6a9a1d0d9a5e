"""What a clause reads from an issue, by the kind of its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.jira.jql.words import QueryError
from sandbox.jira.store import Entity, Field, Issue, Site, User
from sandbox.jira.store.entities import CATEGORIES, Project

Kind = Literal["moment", "text", "entity", "user", "key", "id", "number", "any", "nothing"]
_CUSTOM = re.compile(r"cf\[(\d+)\]")
_RAW = re.compile(r"customfield_\d+")
_SYSTEM_KINDS: Mapping[str, Kind] = {
    "datetime": "moment",
    "date": "moment",
    "user": "user",
    "string": "text",
    "number": "number",
}


@dataclass(frozen=True)
class Source:
    """A field as queries see it."""

    name: str
    kind: Kind
    fields: tuple[Field, ...]
    """Several where a name is used twice: the clause looks at all of them."""

    @property
    def id(self) -> str:
        """Id of the first field."""
        return self.fields[0].id if self.fields else self.name

    def raw(self, issue: Issue) -> Iterator[Any]:
        """Yield the values of an issue that are not empty, lists taken apart."""
        for each in self.fields:
            value = issue.fields.get(each.id)
            if isinstance(value, list | tuple):
                yield from value
            elif value is not None and value != "":
                yield value

    def moments(self, issue: Issue) -> Iterator[int]:
        """Yield moments in UNIX milliseconds."""
        for each in self.fields:
            ms = issue.moment(each.id)
            if ms is not None:
                yield ms

    def tokens(self, issue: Issue) -> Iterator[str]:
        """Yield what values are known by, in small letters."""
        for value in self.raw(issue):
            yield from tokens(value)


def tokens(value: object) -> Iterator[str]:
    """Yield ids and names of a value in small letters."""
    if isinstance(value, Entity):
        yield from _entity_tokens(value)
    elif isinstance(value, dict):
        named = ("id", "key", "name", "value", "accountId", "objectId")
        yield from (str(value[name]).lower() for name in named if name in value)
        if isinstance(value.get("requestType"), dict):
            yield from tokens(value["requestType"])
    else:
        yield str(value).lower()


def _entity_tokens(entity: Entity) -> Iterator[str]:
    yield entity.id.lower()
    yield entity.name.lower()
    if isinstance(entity, Project):
        yield entity.key.lower()
    if isinstance(entity, User):
        yield entity.mail.lower()
    if untranslated := entity.content.get("untranslatedName"):
        yield str(untranslated).lower()


def source(site: Site, name: str, *, cloud: bool) -> Source:
    """Return what a field name of a query means; raises QueryError for one that there is none of."""
    low = name.lower()
    if low in ("key", "issuekey", "issue"):
        return Source(low, "key", ())
    if low == "id":
        return Source("id", "id", ())
    if low == "text":
        wanted = ("summary", "description", "environment")
        return Source("text", "text", tuple(site.fields[each] for each in wanted))
    if _RAW.fullmatch(low) and cloud:
        # seen live: no error, and no rows
        return Source(low, "nothing", ())
    found = _named(site, low)
    if not found:
        raise QueryError(f"Field '{name}' does not exist or you do not have permission to view it.")
    return Source(low, _kind(found[0]), found)


def _named(site: Site, name: str) -> tuple[Field, ...]:
    match = _CUSTOM.fullmatch(name)
    if match:
        field = site.fields.get(f"customfield_{match.group(1)}")
        return (field,) if field else ()
    return tuple(
        field for field in site.fields.values() if name in (known.lower() for known in field.clause_names)
    )


def _kind(field: Field) -> Kind:
    if field.id in ("project", "issuetype", "status", "priority", "resolution", "statusCategory"):
        return "entity"
    if field.id == "comment":
        return "text"
    return _SYSTEM_KINDS.get(field.type, "any")


def known_ids(site: Site, field: str, value: str) -> set[str]:
    """Return the ids of the entities that a value names; raises QueryError where there is none."""
    rooms: Mapping[str, Mapping[str, Entity]] = {
        "project": site.projects,
        "issuetype": site.types,
        "status": site.statuses,
        "priority": site.priorities,
        "resolution": site.resolutions,
    }
    low = value.lower()
    if field == "statusCategory":
        found = {
            key
            for key, content in CATEGORIES.items()
            if low in (key, str(content["id"]), content["name"].lower())
        }
    else:
        found = {entity.id for entity in rooms[field].values() if low in tokens(entity)}
    if not found:
        raise QueryError(f"The value '{value}' does not exist for the field '{field}'.")
    return found


def entity_id(field: str) -> Callable[[Issue], str | None]:
    """Return what reads the id of an entity field, of a category its key."""
    if field == "statusCategory":
        return lambda issue: issue.status.category

    def read(issue: Issue) -> str | None:
        entity = issue.fields.get(field)
        return entity.id if isinstance(entity, Entity) else None

    return read


def text_of(site: Site, source: Source, issue: Issue) -> str:
    """Return the text that a search in words looks at, in small letters."""
    parts = [str(value.name if isinstance(value, Entity) else value) for value in source.raw(issue)]
    if source.name in ("comment", "text"):
        parts += [comment.body for comment in issue.comments]
    return "\n".join(parts).lower()

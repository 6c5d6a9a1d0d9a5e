"""The objects of Assets, Cloud and Data Center: configuration items, services, and what refers to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.jira.answers import Json, RefusedError, moment_of
from connectors.jira.cells import plain, value_of
from storage.evidence.store import Record, Value
from storage.records import KINDS
from storage.records.schema import ColumnType, FieldClass

if TYPE_CHECKING:
    from connectors.jira.reader import Reader

RELATION_COLUMNS = frozenset({"parent_id", "child_id", "type"})
ITEM_COLUMNS = frozenset(column.name for column in KINDS["configuration_item"].mapped)
_GIVEN = frozenset({"name", "class", "created_at", "service"})
_PAGE = 100
_SERVICE_ID = "service id"
_ALIASES = {"owner": "owned by", "support_group": "supported by", "last_discovered_at": "last seen"}
_QUERY = "objectSchemaId = {schema} ORDER BY Key ASC"


def items(reader: Reader) -> Iterator[list[Record]]:
    """Yield a record for every object."""
    for objects, attributes in _objects(reader):
        yield [_item(reader, one, attributes) for one in objects]


def relations(reader: Reader) -> Iterator[list[Record]]:
    """Yield a record for every reference of an object to another, by the identifiers their records have."""
    found: list[_Reference] = []
    services: dict[str, str] = {}
    for objects, attributes in _objects(reader):
        for one in objects:
            found += _references(one, attributes)
            if name := _service(one, attributes):
                services[str(one["id"])] = name
    yield [_relation(one, services) for one in found]


def attribute_names(reader: Reader) -> frozenset[str]:
    """Return the attributes of the objects on the first page of every schema, in small letters."""
    base, found = _base(reader), set[str]()
    for schema in _values(reader.site.at(f"{base}/objectschema/list", "assets/schemas")):
        _, attributes = next(_pages(reader, base, str(schema["id"])))
        found |= {name.casefold() for name in attributes.values()}
    return frozenset(found)


def attributes_for(column: str, mapped: Mapping[str, str]) -> tuple[str, ...]:
    """Return the attributes that a column may come from, in small letters; the operator's own alone."""
    if column in mapped:
        return (mapped[column].casefold(),)
    return tuple(name for name in (column.replace("_", " "), _ALIASES.get(column, "")) if name)


def item_columns(names: frozenset[str], mapped: Mapping[str, str]) -> frozenset[str]:
    """Return the columns that objects with these attributes fill."""
    return _GIVEN | {
        column for column in ITEM_COLUMNS if not names.isdisjoint(attributes_for(column, mapped))
    }


def _objects(reader: Reader) -> Iterator[tuple[list[Json], Mapping[str, str]]]:
    """Yield pages of objects, with the names of their attributes by id."""
    base = _base(reader)
    for schema in _values(reader.site.at(f"{base}/objectschema/list", "assets/schemas")):
        yield from _pages(reader, base, str(schema["id"]))


def _base(reader: Reader) -> str:
    site = reader.site
    if not site.cloud:
        return f"{site.url}/rest/assets/1.0"
    found = _values(site.desk("assets/workspace"))
    if not found:
        raise RefusedError("assets/workspace", 404, "the site has no workspace of Assets")
    path = f"/jsm/assets/workspace/{found[0]['workspaceId']}/v1"
    return (site.base if site.settings.one_phase else site.settings.gateway) + path


def _values(page: Json) -> list[Json]:
    return page.get("values") or page.get("objectschemas") or []


def _pages(reader: Reader, base: str, schema: str) -> Iterator[tuple[list[Json], Mapping[str, str]]]:
    """Yield pages by position; the end is where a page is empty or says so, whatever the total is."""
    start = 0
    while True:
        page, query = _page(reader, base, _QUERY.format(schema=schema), start)
        objects = page.get("values") or page.get("objectEntries") or []
        yield objects, {str(one["id"]): str(one["name"]) for one in page.get("objectTypeAttributes") or ()}
        start += len(objects)
        if not objects or str(page.get("isLast", query)).casefold() == "true":
            return


def _page(reader: Reader, base: str, query: str, start: int) -> tuple[Json, str]:
    if reader.site.cloud:
        parameters = {"startAt": str(start), "maxResults": str(_PAGE), "includeAttributes": "true"}
        page = reader.site.at(f"{base}/object/aql", "assets/aql", parameters, body={"qlQuery": query})
        return page, "false"
    parameters = {"qlQuery": query, "page": str(start // _PAGE + 1), "resultPerPage": str(_PAGE)}
    parameters |= {"includeAttributes": "true", "includeTypeAttributes": "true"}
    page = reader.site.at(f"{base}/aql/objects", "assets/aql", parameters)
    last = len(page.get("objectEntries") or ()) < _PAGE
    return page, str(last)


def _item(reader: Reader, one: Json, attributes: Mapping[str, str]) -> Record:
    given = {
        attributes.get(str(cell.get("objectTypeAttributeId")), "").casefold(): cell
        for cell in one.get("attributes") or ()
    }
    values: dict[str, Value] = {}
    mapped = reader.mapped("configuration_item")
    for column in KINDS["configuration_item"].mapped:
        names = attributes_for(column.name, mapped)
        cell = next((given[name] for name in names if name in given), None)
        if cell is not None:
            values[column.name] = _value(reader, column.type, column.field_class, cell)
    values |= {"name": str(one.get("label") or ""), "class": plain(one.get("objectType"))}
    values.setdefault("created_at", moment_of(one["created"]).replace(microsecond=0))
    name, service = str(one["id"]), given.get(_SERVICE_ID)
    if service is not None:
        # Issues name a service by this identifier, and by nothing else.
        name, values["service"] = _text(service), True
    return Record(name, values, {}, moment_of(one["updated"]), 0)


def _value(reader: Reader, type_: ColumnType, field_class: FieldClass, cell: Json) -> Value:
    first: Any = next(iter(cell.get("objectAttributeValues") or ()), {})
    if field_class is FieldClass.PERSON:
        user = first.get("user")
        account = reader.people.account(user) if isinstance(user, dict) else _text(cell)
        return reader.people.pseudonym(account)
    return value_of(type_, _text(cell))


def _text(cell: Json) -> str:
    first: Any = next(iter(cell.get("objectAttributeValues") or ()), {})
    for part in ("status", "group", "user", "referencedObject"):
        if isinstance(first.get(part), dict):
            return plain(first[part]) or plain(first.get("displayValue"))
    return plain(first.get("value") or first.get("displayValue") or first.get("searchValue"))


class _Reference(NamedTuple):
    """What refers to what, and by which attribute; objects by their numbers."""

    parent: str
    attribute: str
    child: str
    type: str


def _references(one: Json, attributes: Mapping[str, str]) -> Iterator[_Reference]:
    for cell in one.get("attributes") or ():
        attribute = str(cell.get("objectTypeAttributeId"))
        for value in cell.get("objectAttributeValues") or ():
            other = value.get("referencedObject") or {}
            if other.get("id"):
                name = attributes.get(attribute, "")
                yield _Reference(str(one["id"]), attribute, str(other["id"]), name)


def _service(one: Json, attributes: Mapping[str, str]) -> str:
    """Return the identifier by which issues name an object, where it is a service."""
    for cell in one.get("attributes") or ():
        if attributes.get(str(cell.get("objectTypeAttributeId")), "").casefold() == _SERVICE_ID:
            return _text(cell)
    return ""


def _relation(one: _Reference, services: Mapping[str, str]) -> Record:
    values: dict[str, Value] = {
        "parent_id": services.get(one.parent, one.parent),
        "child_id": services.get(one.child, one.child),
        "type": one.type,
    }
    return Record(f"{one.parent}:{one.attribute}:{one.child}", values)

"""Tables about tables: sys_db_object, sys_dictionary and sys_properties, from the schema and the rows."""

from __future__ import annotations

from sandbox.servicenow.settings import Settings
from sandbox.servicenow.store.rows import Row
from sandbox.servicenow.store.schema import Field
from sandbox.servicenow.store.tables import Tables, sys_id

STAMP = "2020-01-01 00:00:00"
_STAMPS = {
    "sys_created_on": STAMP,
    "sys_created_by": "system",
    "sys_updated_on": STAMP,
    "sys_updated_by": "system",
    "sys_mod_count": "0",
}


def describe(tables: Tables, settings: Settings) -> None:
    """Add a row for every table, every field and the properties that matter to a reader."""
    names = sorted(tables)
    tables.add("sys_db_object", [_table(tables, name) for name in names])
    tables.add("sys_dictionary", [row for name in names for row in _fields(tables, name)])
    strict = str(settings.unknown_clause == "no_rows").lower()
    properties = {
        "glide.invalid_query.returns_no_rows": strict,
        "glide.sys.default.tz": settings.zone.key,
        "glide.buildtag.last": "glide-sandbox",
    }
    tables.add("sys_properties", [_property(name, value) for name, value in properties.items()])


def _table(tables: Tables, name: str) -> Row:
    definition = tables.schema[name]
    above = definition.extends
    return {
        "sys_id": sys_id("sys_db_object", name),
        "name": name,
        "label": definition.label or name,
        "super_class": sys_id("sys_db_object", above) if above else "",
        "ws_access": "true",
        "sys_name": definition.label or name,
        **_STAMPS,
    }


def _fields(tables: Tables, name: str) -> list[Row]:
    """Return the fields a table adds to those of the class above."""
    lineage = tables.schema.lineage(name)
    above = set(tables.schema.fields(lineage[1])) if len(lineage) > 1 else set()
    fields = tables.schema.fields(name)
    own = sorted(set(fields) - above)
    strange = {
        column
        for column in tables.own_columns(name)
        if column not in fields and not any(column in tables.own_columns(up) for up in lineage[1:])
    }
    return [
        _field(name, element, fields.get(element, Field("string"))) for element in [*own, *sorted(strange)]
    ]


def _field(table: str, element: str, field: Field) -> Row:
    return {
        "sys_id": sys_id("sys_dictionary", f"{table}.{element}"),
        "name": table,
        "element": element,
        "column_label": element.removeprefix("u_").replace("_", " ").capitalize(),
        "internal_type": field.type,
        "reference": field.reference,
        "active": "true",
        "sys_name": element,
        **_STAMPS,
    }


def _property(name: str, value: str) -> Row:
    return {"sys_id": sys_id("sys_properties", name), "name": name, "value": value, **_STAMPS}

"""Writes what an account needs into a page: `python -m connectors.servicenow.recipe docs/servicenow.md`.

Everything follows from `tables` and `rights`; the part of the page between the two marks is replaced.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.servicenow.history import FIELDS
from connectors.servicenow.mapping import FRAME
from connectors.servicenow.rights import RIGHTS
from connectors.servicenow.tables import (
    COMPLETED,
    EVENT_GROUPS,
    GROUP_CELLS,
    TABLES,
    Companion,
    Table,
    own_field,
    referred,
)

BEGIN = "<!-- written by connectors.servicenow.recipe -->"
END = "<!-- end -->"
_NAMES = "names behind references"


@dataclass
class Need:
    """What is asked of one table: fields, those that ranges and sorting name, those that are compared."""

    fields: set[str] = field(default_factory=lambda: {"sys_id"})
    ranges: set[str] = field(default_factory=lambda: {"sys_id"})
    matches: set[str] = field(default_factory=lambda: {"sys_id"})
    purposes: dict[str, None] = field(default_factory=dict)


_ASIDES: Mapping[str, tuple[str, str, str, str]] = {
    "sys_choice": ("name element value label language inactive", "", "name element", "labels"),
    "sys_dictionary": ("name element", "", "name", "which fields there are"),
    "sys_db_object": ("name super_class", "", "name", "which fields there are"),
    "sys_user_grmember": ("group user", "", "user.active", "group (counted only)"),
    "sys_user": ("user_name active", "", "", "group"),
    "metric_definition": ("table field type active", "", "", "transition"),
    "sys_audit_delete": (
        "tablename documentkey sys_created_on",
        "sys_created_on tablename",
        "tablename",
        "deletions",
    ),
    "sys_audit": (
        "documentkey fieldname user sys_created_on",
        "",
        "documentkey fieldname",
        "who made a change (`audit: true`)",
    ),
}
"""Fields, those of ranges, those compared, and purpose of tables that no record comes from."""


def needs() -> Mapping[str, Need]:
    """Return what is asked of every table, by name."""
    found: dict[str, Need] = defaultdict(Need)
    for kind, tables in TABLES.items():
        for table in tables:
            _add_table(found, kind, table)
            for one in table.companions:
                _add_companion(found[one.table], kind, one)
    for one in COMPLETED.values():
        _add_companion(found[one.table], "survey", one)
        found[one.table].ranges -= {"sys_updated_on"}
    for name, (fields, ranges, matches, purpose) in _ASIDES.items():
        found[name].fields.update(fields.split())
        found[name].ranges.update(ranges.split())
        found[name].matches.update(matches.split())
        found[name].purposes[purpose] = None
    return dict(sorted(found.items()))


def _add_table(found: dict[str, Need], kind: str, table: Table) -> None:
    need = found[table.name]
    need.purposes[kind] = None
    need.ranges.add(table.cursor)
    need.matches.add("sys_updated_on")
    if kind == "transition":
        need.fields.update(FIELDS)
        need.matches |= {"definition", "id"}
        return
    if kind == "event":
        need.fields |= {table.cursor, *EVENT_GROUPS}
        return
    names = [name for source in table.sources({}).values() for name in source.names()]
    virtual = {cell for one in table.companions for cell in one.cells} | set(GROUP_CELLS)
    virtual |= {one.cell for one in table.reckoned}
    need.fields |= {name for one in table.reckoned for name in one.fields}
    compared = {clause.partition("=")[0] for clause in table.clauses}
    need.fields |= {*FRAME, *compared, *(own_field(name) for name in names)} - virtual
    need.matches |= compared
    _add_references(found, [*names, *(name for one in table.companions for name in one.fold.fields)])


def _add_references(found: dict[str, Need], names: list[str]) -> None:
    for table, wanted in (way for name in names for way in referred(name)):
        if table not in COMPLETED or wanted not in COMPLETED[table].cells:
            found[table].fields.add(wanted)
        found[table].purposes.setdefault(_NAMES, None)


def _add_companion(need: Need, kind: str, one: Companion) -> None:
    need.fields |= {*one.own_fields, "sys_updated_on"}
    need.ranges.add("sys_updated_on")
    need.matches.add(one.parent)
    need.purposes[kind] = None


def markdown() -> str:
    """Return the part of the page."""
    return "\n".join([BEGIN, "", *_by_kind(), "", *_by_table(), "", END])


def _by_kind() -> Iterator[str]:
    yield "| record kind | tables | role as shipped | plugin |"
    yield "|---|---|---|---|"
    for kind, tables in TABLES.items():
        names = list(dict.fromkeys(table.name for table in tables))
        asides = dict.fromkeys(one.table for table in tables for one in table.companions)
        shown = ", ".join(_code(names))
        shown += f" ({', '.join(_code(name for name in asides if name not in names))})" if asides else ""
        rights = [RIGHTS[name] for name in (*names, *asides)]
        roles = ", ".join(dict.fromkeys(f"`{one.role}`" for one in rights if one.role))
        plugins = ", ".join(dict.fromkeys(RIGHTS[name].plugin for name in names if RIGHTS[name].plugin))
        yield f"| {kind} | {shown} | {roles or '–'} | {plugins or '–'} |"


def _by_table() -> Iterator[str]:
    yield "| table | read | query_range | query_match | for |"
    yield "|---|---|---|---|---|"
    for name, need in needs().items():
        cells = [", ".join(_code(sorted(one))) for one in (need.fields, need.ranges, need.matches)]
        yield f"| `{name}` | {' | '.join(cells)} | {', '.join(need.purposes)} |"


def _code(names: Iterator[str] | list[str]) -> list[str]:
    return [f"`{name}`" for name in names]


def written(page: str) -> str:
    """Return a page with the part that is written from the code brought up to date."""
    before, _, rest = page.partition(BEGIN)
    return before + markdown() + rest.partition(END)[2]


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(written(path.read_text("utf-8")), "utf-8")

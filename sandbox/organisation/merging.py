"""One organisation out of two: departments side by side, or one way of working after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

import numpy as np

from sandbox.organisation.clock import midnight
from sandbox.organisation.generator import Organisation
from sandbox.organisation.numbers import Flags, Words
from sandbox.organisation.planting.among import among
from sandbox.organisation.table import Columns, Table, words

TABLES: tuple[str, ...] = tuple(
    field.name for field in fields(Organisation) if field.name not in ("truth", "snapshots")
)
PLACES = ("service_id", "ci_id")
LOOKED_UP = ("name", "serial_number", "host_name", "ip_address", "cloud_id")
"""What tells items apart beside their id."""
ALERTED = ("node", "message_key")
ENDS: Mapping[str, tuple[str, ...]] = {
    "incidents": ("resolved_at", "closed_at"),
    "problems": ("resolved_at", "closed_at"),
    "changes": ("actual_end_at", "closed_at"),
    "releases": ("released_at", "planned_at"),
    "requests": ("fulfilled_at", "closed_at"),
    "alerts": ("closed_at", "last_event_at", "opened_at"),
    "events": ("occurred_at",),
    "outages": ("ended_at", "started_at"),
    "knowledge_uses": ("used_at",),
}
"""Moments that say when a record was done with, the first one known counts."""
HANGING: Mapping[str, str] = {
    "transitions": "record_id",
    "service_levels": "record_id",
    "surveys": "record_id",
}
"""Tables whose records go with the record that they belong to, and the column that names it."""


def side_by_side(parts: Sequence[Organisation]) -> dict[str, Table]:
    """Return the records of several organisations in one, each with ids, items and services of its own."""
    marked = [_marked(part, f"-{number}") if number else part for number, part in enumerate(parts)]
    return {name: _together([getattr(part, name) for part in marked]) for name in TABLES}


def one_after_another(before: Organisation, after: Organisation, day: date) -> dict[str, Table]:
    """Return the records that ended before `day` of one organisation, and all others of another one.

    Both have the same groups. Items, their relationships, articles and departments are those of the second
    one: they have no end. Uses of the first one's articles become uses of the second one's.
    """
    early = _settled(_marked(before, "-0", places=False), after)
    tables = {}
    kept = [{name: _ended(part, name, day) for name in ENDS} for part in (early, after)]
    for name in ENDS:
        parts = [getattr(early, name), getattr(after, name)]
        tables[name] = _together([_where(parts[0], kept[0][name]), _where(parts[1], ~kept[1][name])])
    known = np.concatenate(
        [words(tables[name].columns["id"]) for name in ("incidents", "changes", "requests")]
    )
    known = np.concatenate([known, words(after.configuration_items.columns["id"])])
    for name, owner in HANGING.items():
        whole = _together([getattr(early, name), getattr(after, name)])
        named = words(whole.columns[owner])
        tables[name] = _where(whole, among(named, known) | (named == None))  # noqa: E711 - by element
    tables = {name: tables.get(name, getattr(after, name)) for name in TABLES}
    return {name: _without_dangling(table, tables) for name, table in tables.items()}


def _marked(part: Organisation, mark: str, *, places: bool = True) -> Organisation:
    """Give the ids of all records a mark, those of items and services among them where `places` says so."""
    changed: dict[str, Any] = {}
    for name in TABLES:
        columns = getattr(part, name).columns
        own = [column for column in columns if _is_id(name, column, places=places)]
        if places and name == "configuration_items":
            own += LOOKED_UP
        if places and name in ("alerts", "events"):
            own += ALERTED
        changed[name] = Table({**columns, **{column: _suffixed(columns[column], mark) for column in own}})
    return replace(part, **changed)


def _is_id(table: str, column: str, *, places: bool) -> bool:
    if table in ("groups", "departments"):
        return column == "id"
    return (column == "id" or column.endswith("_id")) and (places or column not in PLACES)


def _suffixed(values: object, mark: str) -> Words:
    texts = words(values)
    return words([None if text is None else f"{text}{mark}" for text in texts.tolist()])


def _settled(early: Organisation, after: Organisation) -> Organisation:
    """Let an organisation use the articles of the one that follows it."""
    articles = words(after.knowledge.columns["id"])
    places = {name: place for place, name in enumerate(early.knowledge.column("id"))}
    columns = dict(early.knowledge_uses.columns)
    used = [places.get(name) for name in words(columns["article_id"]).tolist()]
    columns["article_id"] = words([None if at is None else articles[at % len(articles)] for at in used])
    return replace(early, knowledge_uses=Table(columns))


def _ended(part: Organisation, name: str, day: date) -> Flags:
    columns = getattr(part, name).columns
    found = np.full(len(getattr(part, name)), np.datetime64("NaT"), dtype="datetime64[s]")
    for column in ENDS[name]:
        if column in columns:
            found = np.where(np.isnat(found), columns[column].astype("datetime64[s]"), found)
    return np.asarray(found < np.datetime64(midnight(day), "s"), dtype=np.bool_)


def _where(table: Table, which: Flags) -> Table:
    return Table({name: values[which] for name, values in table.columns.items()})


def _together(tables: Sequence[Table]) -> Table:
    """Return the rows of all; what only some have as a column is empty in the others."""
    names = dict.fromkeys(name for table in tables for name in table.columns)
    kinds = {name: next(t.columns[name].dtype for t in tables if name in t.columns) for name in names}
    columns: Columns = {}
    for name, kind in kinds.items():
        empty = np.datetime64("NaT") if kind.kind == "M" else None
        parts = [table.columns.get(name, np.full(len(table), empty, dtype=kind)) for table in tables]
        columns[name] = np.concatenate([np.asarray(part).astype(kind) for part in parts])
    return Table(columns)


def _without_dangling(table: Table, tables: Mapping[str, Table]) -> Table:
    """Leave references empty to records that belong to the other way of working."""
    columns = dict(table.columns)
    for column, target in REFERENCES.items():
        if column in columns:
            values = words(columns[column])
            columns[column] = words(values, among(values, words(tables[target].columns["id"])))
    return Table(columns)


REFERENCES: Mapping[str, str] = {
    "problem_id": "problems",
    "incident_id": "incidents",
    "first_incident_id": "incidents",
    "caused_by_change_id": "changes",
    "fix_change_id": "changes",
    "change_id": "changes",
    "release_id": "releases",
    "alert_id": "alerts",
    "knowledge_id": "knowledge",
    "article_id": "knowledge",
}
"""Where the records stand that a column refers to, whatever table it is in."""

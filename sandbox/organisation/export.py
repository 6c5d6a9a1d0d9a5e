"""Writes an organisation as files that the product reads, and the configuration to read them with."""

from __future__ import annotations

import csv
import json
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib import resources
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sandbox.organisation.generator import Organisation
from sandbox.organisation.table import Cell, Table
from storage.errors import UsageError

FILES: Mapping[str, str] = {
    "service_level": "service_levels",
    "group": "groups",
    "problem": "problems",
    "change": "changes",
    "release": "releases",
    "configuration_item": "configuration_items",
    "ci_relationship": "ci_relationships",
    "event": "events",
    "alert": "alerts",
    "request": "requests",
    "knowledge": "knowledge",
    "knowledge_use": "knowledge_uses",
    "survey": "surveys",
    "outage": "outages",
}
"""Files of the kinds beside incidents, named as the organisation has their records."""
EXPORTED_KINDS = tuple(FILES)
"""Every kind that can be read beside incidents and their history."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
AUDITED: Mapping[str, tuple[str, ...]] = {
    "incident": ("state", "assignment_group", "assignee", "priority", "ci_id"),
    "change": ("ci_id",),
    "request": ("assignment_group", "assignee", "priority"),
    "configuration_item": ("model",),
}
"""Fields whose every change the organisation records, by kind; of no other field it has a history."""
LOG_FIELDS = ("id", "at", "actor")
TRACKED = ("state", "assignment_group", "assignee")


def write_export(organisation: Organisation, folder: Path) -> None:
    """Write the CSV files into `folder`; each file is there whole or not at all.

    `transitions.csv` holds every change, as an exported audit table does; the others hold one record per
    row. `incident_log.csv` holds the incidents once more, one row per update.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("incidents", "transitions", *(FILES[kind] for kind in exported_kinds(organisation))):
        table: Table = getattr(organisation, name)
        _write_rows(folder / f"{name}.csv", list(table.columns), _lines(table))
    _write_log(organisation, folder / "incident_log.csv")


def write_truth(organisation: Organisation, path: Path) -> None:
    """Write what was planted as JSON."""
    text = json.dumps(organisation.truth, indent=2, sort_keys=True)
    _replace(path, [text, "\n"])


def configuration(
    organisation: Organisation,
    folder: str = ".",
    as_of: date | None = None,
    kinds: Collection[str] | None = None,
) -> str:
    """Return a configuration that reads the organisation's export in `folder`, relative to its own file.

    `as_of` is the organisation's `until`, so that assessments look at its time instead of today. `kinds`
    are the record kinds to read beside the incidents and all changes: those that it has records of unless
    given, of EXPORTED_KINDS. Raises UsageError for a kind without a file.
    """
    chosen = exported_kinds(organisation) if kinds is None else kinds
    if unknown := sorted(set(chosen) - set(FILES)):
        raise UsageError(
            f"The export has no file of {', '.join(unknown)}.", hint=f"Choose from {', '.join(FILES)}."
        )
    read = ["incident", *(kind for kind in FILES if kind in chosen), "transition"]
    records = "".join(_record_file(organisation, kind) for kind in read)
    text = _part("export.yaml").replace("{records}", records).replace("{folder}", folder)
    return text + policy(as_of, organisation.truth)


def policy(as_of: date | None = None, truth: Mapping[str, Any] = NOTHING) -> str:
    """Return the part of a configuration that says how the organisation works: its hours, targets, users …"""
    day = f"as_of: {as_of.isoformat()}, " if as_of else ""
    months = ", ".join(f"{month}: {users}" for month, users in truth.get("active_users", {}).items())
    users = f"\n  active_users: {{{months}}}" if months else ""
    go_live = f"exclude: {{go_live: {truth['go_live']}}}\n" if "go_live" in truth else ""
    return _part("policy.yaml").replace("{as_of}", day).replace("{active_users}", users) + go_live


def exported_kinds(organisation: Organisation) -> tuple[str, ...]:
    """Return the kinds that an organisation has records of, beside incidents and their history."""
    return tuple(kind for kind, name in FILES.items() if len(getattr(organisation, name)))


def _part(name: str) -> str:
    return resources.files("sandbox.organisation").joinpath(name).read_text("utf-8")


def _record_file(organisation: Organisation, kind: str) -> str:
    """Return the settings that read a kind from its file, every field into the column of its name."""
    name = FILES.get(kind, f"{kind}s")
    table: Table = getattr(organisation, name)
    columns = textwrap.fill(
        f"{{{', '.join(f'{each}: {each}' for each in table.columns)}}}", 94, break_on_hyphens=False
    )
    tracked = [f"  tracked: [{', '.join(AUDITED[kind])}]"] if kind in AUDITED else []
    lines = [f"{kind}:", f"  path: {{folder}}/{name}.csv", "  complete: true", *tracked, "  columns:"]
    return textwrap.indent("\n".join([*lines, textwrap.indent(columns, "    ")]) + "\n", " " * 6)


def _lines(table: Table) -> Iterable[Sequence[str]]:
    return zip(*(_texts(table.column(name)) for name in table.columns), strict=True)


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [_text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    return str(cell).lower()


def _write_log(organisation: Organisation, path: Path) -> None:
    """Write one row per update; what the log does not track stands on an incident's last row."""
    rest = [name for name in organisation.incidents.columns if name not in (*LOG_FIELDS, *TRACKED)]
    columns = [_texts(organisation.incidents.column(name)) for name in rest]
    ids = organisation.incidents.column("id")
    whole: Mapping[Cell, Sequence[str]] = dict(zip(ids, zip(*columns, strict=True), strict=True))
    _write_rows(path, [*LOG_FIELDS, *TRACKED, *rest], _log_lines(organisation, whole, ("",) * len(rest)))


def _log_lines(
    organisation: Organisation, whole: Mapping[Cell, Sequence[str]], nothing: Sequence[str]
) -> Iterator[Sequence[str]]:
    names = ("record_id", "at", "actor", "field", "new_value")
    every = zip(*(organisation.transitions.column(name) for name in names), strict=True)
    # items have a history as well, and the log tracks no item of an incident
    changes = (change for change in every if change[0] in whole and change[3] in TRACKED)
    for owner, own in groupby(changes, key=lambda change: change[0]):
        current: dict[Cell, Cell] = dict.fromkeys(TRACKED)
        rows = []
        for (at, actor), update in groupby(own, key=lambda change: (change[1], change[2])):
            current.update((change[3], change[4]) for change in update)
            rows.append([_text(cell) for cell in (owner, at, actor, *current.values())])
        for row in rows[:-1]:
            yield [*row, *nothing]
        yield [*rows[-1], *whole[owner]]


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    partial.replace(path)


def _replace(path: Path, parts: Iterable[str]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(parts)
    partial.replace(path)

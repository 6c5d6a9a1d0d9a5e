"""Tables from exported files, so that real data can be put behind a simulated instance."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from sandbox.servicenow.store import Row, Tables
from storage.errors import UsageError


def tables_from_folder(folder: Path) -> Tables:
    """Read `incident.csv`, `task_sla.jsonl` …: one file a table, named after it, one row a record.

    Fields are named as in ServiceNow; a row without sys_id gets one from its number or position, the
    same each time. Raises UsageError where there is nothing to read.
    """
    tables = Tables()
    files = sorted(path for path in Path(folder).glob("*") if path.suffix.lower() in _READERS)
    if not files:
        raise UsageError(
            f"{folder} holds no table.",
            hint="Put one file a table there, named after it: incident.csv or incident.jsonl.",
        )
    for path in files:
        tables.add(path.stem.lower(), _READERS[path.suffix.lower()](path))
    return tables


def _from_csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield {name: text or "" for name, text in row.items() if name}


def _from_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            yield {name: _text(value) for name, value in _object(path, number, line).items()}


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        loaded = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}:{number} is not JSON: {error}.", hint="Write one object a line.") from error
    if not isinstance(loaded, dict):
        raise UsageError(f"{path}:{number} is not an object.", hint="Write one object a line.")
    return loaded


def _text(value: Any) -> str:
    """Return a value as the platform sends it; a reference exported with its link is its sys_id."""
    if isinstance(value, dict):
        value = value.get("value", "")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _from_csv,
    ".jsonl": _from_lines,
    ".ndjson": _from_lines,
}

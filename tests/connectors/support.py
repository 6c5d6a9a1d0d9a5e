"""Shortens what the tests of the files connector do over and over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from connectors.contract import ConnectorContext, Reading
from connectors.files import FilesConnector, FilesSettings
from storage.evidence.protection import Protection
from storage.evidence.store import Record

SHARED = Path(__file__).parents[2].parent / "shared"

HEADER = "number,opened,priority,group,caller,notes"
ROWS = (
    "INC1,01/02/2026 09:30,1 - Critical,Network,ann@example.org,Replaced the cable in room 4\n"
    "INC2,01/02/2026 10:00,3 - Moderate,,bob@example.org,Closed by template\n"
)
CSV = f"{HEADER}\n{ROWS}"

INCIDENTS = """
type: files
date_formats: ["%d/%m/%Y %H:%M"]
records:
  incident:
    path: incidents.csv
    columns:
      id: number
      opened_at: opened
      priority: {column: priority, leading_number: true}
      assignment_group: group
      caller: caller
      resolution_note: {column: notes, defaults: [Closed by template]}
"""


def settings(text: str, **changes: object) -> FilesSettings:
    """Read settings; `changes` replace keys of the only record kind."""
    loaded = load(text)
    for file in loaded["records"].values():
        file |= changes
    return FilesSettings.model_validate(loaded)


def load(text: str) -> Any:
    return YAML(typ="safe").load(text)


def connect(folder: Path, chosen: FilesSettings, *, key: bytes = b"test") -> FilesConnector:
    context = ConnectorContext("exports", folder, Protection(key=key, automation=("svc_*",)))
    return FilesConnector(chosen, context)


def read(connector: FilesConnector, kind: str = "incident") -> tuple[Mapping[str, list[Record]], Reading]:
    """Read the whole window of a kind."""
    found: dict[str, list[Record]] = defaultdict(list)
    reading = Reading()
    for window in connector.windows(kind, None):
        for batch in connector.read(window, reading):
            for name, records in batch.records.items():
                found[name] += records
    return found, reading

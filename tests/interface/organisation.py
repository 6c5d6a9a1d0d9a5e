"""A small organisation as files, and the configuration that reads them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from sandbox.organisation import Quality, generate, write_export


def write_organisation(folder: Path, *, incidents: int, until: date, seed: int = 7) -> None:
    """Write the export of an organisation that works at level 3."""
    organisation = generate(Quality.of_level(3, seed), seed=seed, until=until, months=18, incidents=incidents)
    write_export(organisation, folder)


def keep_last_incidents(folder: Path, count: int) -> None:
    """Leave only the last incidents, with their clocks, in an export."""
    with (folder / "incidents.csv").open(encoding="utf-8", newline="") as stream:
        kept = {row["id"] for row in list(csv.DictReader(stream))[-count:]}
    for name, field in (
        ("incidents.csv", "id"),
        ("incident_log.csv", "id"),
        ("service_levels.csv", "record_id"),
    ):
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows = [row for row in reader if row[field] in kept]
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(reader.fieldnames or ()), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def configuration_text(folder: Path, as_of: date) -> str:
    """Return a configuration that reads an export in `folder` from `export/`."""
    incident = _mapped(folder / "incident_log.csv", leave_out=("at", "actor", "updated_at"))
    service_level = _mapped(folder / "service_levels.csv")
    return f"""\
connectors:
  org:
    type: files
    records:
      incident:
        path: export/incident_log.csv
        complete: true
        log: {{at: at, actor: actor}}
        columns: {{{incident}}}
        history: {{state: state, assignment_group: assignment_group, assignee: assignee}}
      service_level:
        path: export/service_levels.csv
        complete: true
        columns: {{{service_level}}}
assess: {{as_of: {as_of}}}
people: {{automation: ["svc_*"], migration: ["import*"], key: "${{KEY:-0123456789abcdef}}"}}
"""


def _mapped(file: Path, leave_out: tuple[str, ...] = ()) -> str:
    """Map every field of a file to the column of the same name."""
    with file.open(encoding="utf-8") as stream:
        names = stream.readline().strip().split(",")
    return ", ".join(f"{name}: {name}" for name in names if name not in leave_out)

"""`init`: writes a first configuration."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, configuration_file, wants_json
from interface.cli.output import print_json, print_parts
from storage.errors import UsageError

if TYPE_CHECKING:
    from scheduler.begin import Export, Findings

NAME = "init"
EXAMPLES = examples(
    ("init", "asks for the export and writes itsm-maturity.yaml"),
    ("init --from-export incidents.csv", "asks nothing"),
    ("init --from-export incidents.csv -c prod.yaml --force", "into another file, over what is there"),
)


def run(
    context: typer.Context,
    export: Annotated[
        Path | None, typer.Option("--from-export", metavar="FILE", help="Export of incidents, CSV or JSON.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Write a commented configuration, asking only what cannot be found out."""
    from scheduler.begin import read_export, study, write_configuration

    file = configuration_file(context, configuration)
    if file.exists() and not force:
        raise UsageError(f"{file} is there already.", hint="Name another file with -c, or add --force.")
    asking = sys.stdin.isatty() and not wants_json(context, as_json)
    found = read_export(export or _asked_export(asking))
    findings = study(found, _asked_id(found, asking))
    write_configuration(file, found, findings, time_zone="UTC", force=force)
    _print(file, found, findings, as_json=wants_json(context, as_json))
    return 0


def _asked_export(asking: bool) -> Path:
    if not asking:
        raise UsageError("There is no terminal to ask for the export.", hint="Add --from-export FILE.")
    answer: str = typer.prompt("Export of your incidents (CSV or JSON file)")
    return Path(answer.strip()).expanduser()


def _asked_id(export: Export, asking: bool) -> Mapping[str, str]:
    """Ask which field identifies a record where no name tells it."""
    if "id" in export.understood or not asking:
        return {}
    answer: str = typer.prompt(f"Field that identifies an incident, one of {', '.join(export.header)}")
    if answer.strip() not in export.header:
        raise UsageError(f"The export has no field '{answer.strip()}'.", hint="Write it as the file does.")
    return {"id": answer.strip()}


def _print(file: Path, export: Export, found: Findings, *, as_json: bool) -> None:
    if as_json:
        shape: dict[str, object] = {"configuration": str(file), "columns": found.columns}
        shape |= {"unused": found.unused, "encoding": export.encoding, "notes": found.notes}
        print_json(shape | {"date_formats": found.dates.formats, "log": found.log is not None})
        return
    from interface.cli.render.begin import render

    print_parts(render(file, found.columns, found.unused, found.notes))

"""`sync`: pulls what changed into evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import (
    AsJson,
    ConfigurationFile,
    configuration_file,
    parse_day,
    wants_json,
)
from interface.cli.output import print_json, print_parts, progress
from storage.errors import UsageError

if TYPE_CHECKING:
    from scheduler.ledger import SyncReport

NAME = "sync"
EXAMPLES = examples(
    ("sync", "what changed since the last time, from every connector"),
    ("sync corp apps", "from these two alone"),
    ("sync --since 2026-11-01", "read again from this day on"),
    ("sync --full", "read everything again and believe every deletion"),
    ("sync --remap", "map stored records again, after a change of the mapping"),
    after="Safe to kill and to run again. Exits with 1 when rows were left out, 3 when a platform or store "
    "failed.",
)


def run(
    context: typer.Context,
    connectors: Annotated[
        list[str] | None, typer.Argument(metavar="[CONNECTOR]...", help="Connectors to sync; all by default.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Read again from this day on.")
    ] = None,
    remap: Annotated[
        bool, typer.Option("--remap", help="Map stored records again without asking the platform.")
    ] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Pull what changed from the platforms into evidence and print the ledger."""
    from scheduler.sync import Options, sync
    from scheduler.workspace import open_workspace

    if remap and (full or since):
        raise UsageError(
            "--remap reads nothing, so --full and --since have no meaning beside it.", hint="Leave one out."
        )
    options = Options(full=full, since=parse_day(since, "--since"), remap=remap)
    with open_workspace(configuration_file(context, configuration)) as workspace, progress() as show:
        report = sync(workspace, connectors or (), options, show)
    _print(report, as_json=wants_json(context, as_json))
    return report.exit_code


def _print(report: SyncReport, *, as_json: bool) -> None:
    if as_json:
        from interface.shapes import sync_shape

        print_json(sync_shape(report))
    else:
        from interface.cli.render.sync import render

        print_parts(render(report))

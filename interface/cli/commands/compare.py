"""`compare`: what changed between two assessments and why."""

from __future__ import annotations

from typing import Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, configuration_file, wants_json
from interface.cli.output import print_json, print_parts

NAME = "compare"
EXAMPLES = examples(
    ("compare", "the last two assessments"),
    ("compare 3f9a 81c2", "two assessments by the start of their ids; history lists them"),
    ("compare 3f9a 81c2 --practice incident", "one practice"),
    ("compare 3f9a 81c2 --department Infrastructure", "one department"),
)


def run(
    context: typer.Context,
    before: Annotated[
        str | None, typer.Argument(metavar="A", help="Assessment before; the last but one by default.")
    ] = None,
    after: Annotated[
        str | None, typer.Argument(metavar="B", help="Assessment after; the last one by default.")
    ] = None,
    practice: Annotated[str | None, typer.Option("--practice", help="One practice.")] = None,
    department: Annotated[
        str | None, typer.Option("--department", help="One department; else the organisation.")
    ] = None,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Say what changed between two assessments and why: each term of the change, to the last point."""
    from scheduler.compare import compared
    from scheduler.workspace import open_workspace

    with open_workspace(configuration_file(context, configuration)) as workspace:
        found = compared(workspace, before, after, practice, department)
    if wants_json(context, as_json):
        from interface.cli.render.compare import shape

        print_json(shape(found))
    else:
        from interface.cli.render.compare import render

        print_parts(render(found))
    return 0

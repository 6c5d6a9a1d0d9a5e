"""`roadmap`: the smallest set of improvements that reaches the next level."""

from __future__ import annotations

from typing import Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, configuration_file, wants_json
from interface.cli.output import print_json, print_parts

NAME = "roadmap"
EXAMPLES = examples(
    ("roadmap", "what the overall level waits for, practice by practice"),
    ("roadmap --practice incident", "one practice to its next level"),
    ("roadmap --department Infrastructure", "every practice of one department to its next level"),
)


def run(
    context: typer.Context,
    practice: Annotated[str | None, typer.Option("--practice", help="One practice.")] = None,
    department: Annotated[
        str | None, typer.Option("--department", help="One department; else the organisation.")
    ] = None,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Show the smallest set of improvements that reaches the next level, in the order to take them."""
    from scheduler.roadmap import planned
    from scheduler.workspace import open_workspace

    with open_workspace(configuration_file(context, configuration)) as workspace:
        found = planned(workspace, practice, department)
        platforms = workspace.platforms()
    if wants_json(context, as_json):
        from interface.cli.render.roadmap import shape

        print_json(shape(found))
    else:
        from interface.cli.render.roadmap import render

        print_parts(render(found, platforms))
    return 0

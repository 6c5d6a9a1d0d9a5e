"""`indicators`: the catalogue in force."""

from __future__ import annotations

from typing import Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, configuration_file, wants_json
from interface.cli.output import print_json, print_parts

NAME = "indicators"
EXAMPLES = examples(
    ("indicators", "every indicator and where its thresholds come from"),
    ("indicators --practice incident", "of one practice"),
    ("indicators --json", "the entries themselves, to start own ones from"),
)


def run(
    context: typer.Context,
    practice: Annotated[str | None, typer.Option("--practice", help="One practice.")] = None,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """List the indicators in force, shipped and own, with where each threshold comes from."""
    from scheduler.review import indicators_in_force
    from scheduler.workspace import open_workspace

    with open_workspace(configuration_file(context, configuration)) as workspace:
        found = indicators_in_force(workspace, practice)
    if wants_json(context, as_json):
        from interface.shapes import indicators_shape

        print_json(indicators_shape(found))
    else:
        from interface.cli.render.catalogue import render

        print_parts(render(found))
    return 0

"""`check`: validates the configuration and probes each connector."""

from __future__ import annotations

from typing import Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, configuration_file, wants_json
from interface.cli.output import print_json, print_parts, progress

NAME = "check"
EXAMPLES = examples(
    ("check", "the file, then every connector"),
    ("check -c prod.yaml", "another file"),
    ("check --schema > schema.json", "the JSON Schema that editors complete and check with"),
    after="Exits with 1 when a record kind cannot be read or an exemption is over, 2 when the file is wrong, "
    "3 when a platform cannot be used.",
)


def run(
    context: typer.Context,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema and do nothing else.")
    ] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Validate the configuration, then probe each connector: reachable, allowed, what is there."""
    if schema:
        from config.schema import schema as json_schema

        print_json(json_schema())
        return 0
    from scheduler.check import check
    from scheduler.workspace import open_workspace

    file = configuration_file(context, configuration)
    with open_workspace(file) as workspace, progress() as show:
        report = check(workspace, show)
    if wants_json(context, as_json):
        from interface.shapes import check_shape

        print_json(check_shape(report))
    else:
        from interface.cli.render.check import render

        print_parts(render(report, file))
    return report.exit_code

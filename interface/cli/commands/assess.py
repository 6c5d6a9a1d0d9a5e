"""`assess`: evaluates, stores and prints an assessment."""

from __future__ import annotations

from typing import Annotated

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

NAME = "assess"
EXAMPLES = examples(
    ("assess", "as of today, every practice there are indicators for"),
    ("assess --as-of 2026-10-31", "as of an earlier day"),
    ("assess --practice incident", "one practice; the last results of the others stay as they are"),
    ("assess --departments", "with the level of every department"),
    ("assess --json > result.json", "for programs"),
    after="Exits with 1 when nothing could be assessed.",
)


def run(
    context: typer.Context,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Day to look back from; today by default.")
    ] = None,
    practices: Annotated[
        list[str] | None,
        typer.Option(
            "--practice", metavar="PRACTICE", help="Practice to assess; may be given several times."
        ),
    ] = None,
    departments: Annotated[
        bool, typer.Option("--departments", help="Show every department, not only their range.")
    ] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Evaluate the evidence, store the assessment in history and print it."""
    from scheduler.assess import assess_now
    from scheduler.review import earlier
    from scheduler.workspace import open_workspace

    day = parse_day(as_of, "--as-of")
    with open_workspace(configuration_file(context, configuration)) as workspace, progress() as show:
        assessment = assess_now(workspace, day, practices or None, show)
        catalogue, platforms = workspace.catalogue, workspace.platforms()
        others = earlier(workspace, assessment)
    if wants_json(context, as_json):
        from interface.shapes import assessment_shape, earlier_shape

        print_json(assessment_shape(assessment) | {"earlier": earlier_shape(others)})
    else:
        from interface.cli.render.assessment import render

        print_parts(render(assessment, catalogue, platforms, others, departments=departments))
    assessed = any(practice.level is not None for practice in assessment.practices)
    return 0 if assessed else 1

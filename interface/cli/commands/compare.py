"""`compare`: what changed between two assessments and why."""

from __future__ import annotations

from typing import Annotated

import typer

from interface.cli.answering import answer
from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, OneDepartment, OnePractice

NAME = "compare"
EXAMPLES = examples(
    ("compare", "the last two assessments"),
    ("compare 3f9a 81c2", "two assessments by the start of their ids; history lists them"),
    ("compare --practice incident", "the last two of one practice"),
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
    practice: OnePractice = None,
    department: OneDepartment = None,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Say what changed between two assessments and why: each term of the change, to the last point."""
    from interface.cli.render.compare import render, shape
    from scheduler.compare import compared

    return answer(
        (context, configuration, as_json),
        lambda workspace: compared(workspace, before, after, practice, department),
        shape,
        render,
    )

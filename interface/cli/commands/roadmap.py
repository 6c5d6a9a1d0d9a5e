"""`roadmap`: the smallest set of improvements that reaches the next level."""

from __future__ import annotations

import typer

from interface.cli.answering import answer
from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, OneDepartment, OnePractice

NAME = "roadmap"
EXAMPLES = examples(
    ("roadmap", "what the overall level waits for, practice by practice"),
    ("roadmap --practice incident", "one practice to its next level"),
    ("roadmap --department Infrastructure", "every practice of one department to its next level"),
)


def run(
    context: typer.Context,
    practice: OnePractice = None,
    department: OneDepartment = None,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Show the smallest set of improvements that reaches the next level, in the order to take them."""
    from interface.cli.render.roadmap import render, shape
    from scheduler.roadmap import planned

    return answer(
        (context, configuration, as_json),
        lambda workspace: planned(workspace, practice, department),
        shape,
        render,
    )

"""`indicators`: the catalogue in force."""

from __future__ import annotations

import typer

from interface.cli.answering import answer
from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, OnePractice

NAME = "indicators"
EXAMPLES = examples(
    ("indicators", "every indicator and where its thresholds come from"),
    ("indicators --practice incident", "of one practice"),
    ("indicators --json", "the entries themselves, to start own ones from"),
)


def run(
    context: typer.Context,
    practice: OnePractice = None,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """List the indicators in force, shipped and own, with where each threshold comes from."""
    from interface.cli.render.catalogue import render
    from interface.shapes import indicators_shape
    from scheduler.review import indicators_in_force

    return answer(
        (context, configuration, as_json),
        lambda workspace: indicators_in_force(workspace, practice),
        indicators_shape,
        render,
    )

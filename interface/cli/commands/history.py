"""`history`: stored maturity over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import (
    AsJson,
    ConfigurationFile,
    OnePractice,
    configuration_file,
    parse_day,
    wants_json,
)
from interface.cli.output import print_json, print_parts

if TYPE_CHECKING:
    from scheduler.review import Wanted
    from scheduler.workspace import Workspace

NAME = "history"
EXAMPLES = examples(
    ("history", "level and index over time"),
    ("history --practice incident --since 2026-01-01", "one practice, this year"),
    ("history --indicator inc-sla-attainment", "one indicator over time"),
    ("history --department Infrastructure", "one department; '*' for all"),
    ("history --runs", "what the last runs asked for and got"),
)


def run(
    context: typer.Context,
    practice: OnePractice = None,
    department: Annotated[
        str | None, typer.Option("--department", help="One department; '*' for all; else the organisation.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Assessments as of this day or later.")
    ] = None,
    indicator: Annotated[str | None, typer.Option("--indicator", help="One indicator.")] = None,
    detail: Annotated[
        bool, typer.Option("--detail", help="With sources, attributes and indicators.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    offset: Annotated[int, typer.Option("--offset", min=0, help="How many of the newest to leave out.")] = 0,
    runs: Annotated[bool, typer.Option("--runs", help="The last runs and their ledgers instead.")] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Print stored maturity over time, newest first, with the change against the one before."""
    from scheduler.review import Wanted
    from scheduler.workspace import open_workspace

    wanted = Wanted(practice, department, parse_day(since, "--since"), indicator, detail, limit, offset)
    with open_workspace(configuration_file(context, configuration)) as workspace:
        if runs:
            _print_runs(workspace, wanted, as_json=wants_json(context, as_json))
        else:
            _print_history(workspace, wanted, as_json=wants_json(context, as_json))
    return 0


def _print_history(workspace: Workspace, wanted: Wanted, *, as_json: bool) -> None:
    from scheduler.review import past_assessments

    page = past_assessments(workspace, wanted)
    if as_json:
        from interface.shapes import history_shape

        print_json(history_shape(page, detail=wanted.detailed))
        return
    from interface.cli.render.history import render, render_indicator

    if wanted.indicator:
        print_parts(render_indicator(page, wanted.indicator))
    else:
        print_parts(render(page, detail=wanted.detail))


def _print_runs(workspace: Workspace, wanted: Wanted, *, as_json: bool) -> None:
    from scheduler.review import past_job_runs, past_runs

    found, scheduled = past_runs(workspace, wanted.limit), past_job_runs(workspace, wanted.limit)
    if as_json:
        from interface.shapes import job_runs_shape, runs_shape

        print_json([*runs_shape(found), *job_runs_shape(scheduled)])
        return
    from interface.cli.render.history import render_job_runs, render_runs

    by_hand = render_runs(found) if found or not scheduled else ()
    print_parts([*by_hand, *render_job_runs(scheduled)])

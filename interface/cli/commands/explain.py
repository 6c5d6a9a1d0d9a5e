"""`explain`: why a level is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import (
    AsJson,
    ConfigurationFile,
    OneDepartment,
    configuration_file,
    wants_json,
)
from interface.cli.output import print_json, print_parts, print_text

if TYPE_CHECKING:
    from scheduler.review import Explained
    from scheduler.workspace import Workspace

NAME = "explain"
HAND_OFFS, DEPARTMENTS = "handoffs", "departments"
EXAMPLES = examples(
    ("explain incident", "why this level, and what holds it down"),
    ("explain inc-sla-attainment", "one indicator: number, thresholds, records behind it"),
    ("explain inc-sla-attainment --sql", "the query that gives the number, to run elsewhere"),
    ("explain incident --department Infrastructure", "one department"),
    ("explain departments", "levels by department, and which differ by more than chance"),
    ("explain handoffs", "who passes work to whom, how long it waits, how often it comes back"),
    ("explain incident --assessment 3f9a", "an earlier assessment; history lists them"),
)


def run(
    context: typer.Context,
    subject: Annotated[
        str, typer.Argument(metavar="PRACTICE|INDICATOR|departments|handoffs", help="What to explain.")
    ],
    assessment: Annotated[
        str | None, typer.Option("--assessment", metavar="ID", help="Assessment; the latest by default.")
    ] = None,
    department: OneDepartment = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the query in DuckDB's dialect.")] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Explain a level or one indicator from history, how departments differ, or what they hand over."""
    from scheduler.review import explained, require_known
    from scheduler.workspace import open_workspace

    with open_workspace(configuration_file(context, configuration)) as workspace:
        if subject == HAND_OFFS:
            _print_hand_offs(workspace, as_json=wants_json(context, as_json))
            return 0
        found = explained(workspace, assessment, None if subject == DEPARTMENTS else subject)
        if subject == DEPARTMENTS:
            _print_departments(found, department, as_json=wants_json(context, as_json))
            return 0
        require_known("practice or indicator", subject, found.names())
        if department is not None:
            found = found.in_department(subject, department)
        if wants_json(context, as_json):
            print_json(_shape(found, subject, sql=sql))
        elif sql:
            print_text("\n\n".join(_queries(found, subject)))
        else:
            _print(workspace, found, subject)
    return 0


def _print_hand_offs(workspace: Workspace, *, as_json: bool) -> None:
    from dataclasses import asdict

    from scheduler.review import handed_over

    found = handed_over(workspace)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    from interface.cli.render.handoffs import render

    print_parts(render(found))


def _print_departments(found: Explained, department: str | None, *, as_json: bool) -> None:
    from scheduler.review import funnel

    practices, compared = found.assessment.practices, funnel(found)
    if department is not None:
        practices = found.of_department(department).assessment.practices
        compared = tuple(each for each in compared if each.department == department)
    if as_json:
        from interface.shapes import departments_shape

        print_json(departments_shape(found.assessment, practices, compared))
        return
    from interface.cli.render.departments import render

    print_parts(render(found.assessment, practices, compared))


def _shape(found: Explained, subject: str, *, sql: bool) -> dict[str, object]:
    from interface.shapes import explanation_shape

    queries = {name: found.query(name) for name in found.indicators_of(subject)} if sql else {}
    return explanation_shape(found, subject, queries)


def _queries(found: Explained, subject: str) -> list[str]:
    from interface.cli.render.explanation import query_text

    return [query_text(found, name) for name in found.indicators_of(subject)]


def _print(workspace: Workspace, found: Explained, subject: str) -> None:
    from interface.cli.render.explanation import render_indicator, render_practice

    if found.practices(subject):
        print_parts(render_practice(found, subject, workspace.platforms()))
    else:
        print_parts(render_indicator(found, subject, workspace.platforms()))

"""Stored maturity over time, and past runs, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from evaluators.explanation import index_text
from evaluators.results import Assessment, IndicatorResult, PracticeResult
from interface.cli.render.assessment import achieved, value_text
from interface.cli.render.headline import scope_name
from interface.cli.render.sources import sources_line
from interface.cli.render.sync import ledger_of
from interface.cli.render.tables import fixed_line, plain_table
from interface.cli.words import NOT_A_CERTIFICATE, count, day, moment, share
from storage.history import JobRun, LedgerRow, Page, Run

if TYPE_CHECKING:
    from rich.console import RenderableType

NOTHING = (
    "There is no such assessment. Begin with itsm-maturity sync, then itsm-maturity assess; a department is "
    "assessed where its groups are mapped (departments) or the platform names it, and has enough records."
)
OTHER_RULES = "≠"
"""Marks a change between assessments that were made by different rules."""

LEVEL_COLUMNS = (27, -6, -8, -9, -5, -7, -8)
VALUE_COLUMNS = (27, 28, -8, -13)
"""Widths of what is shown of a practice, and of an indicator."""

Past = tuple[Assessment, PracticeResult]


def render(page: Page[Assessment], *, detail: bool = False) -> Iterator[RenderableType]:
    """Yield levels and index over time, each with the change against the assessment before it.

    With `detail` also how complete the sources of each were, its attributes and its indicators.
    """
    if not page.items:
        yield Text(NOTHING)
        return
    headings = ("Scope", "Proven", "Possible", "Confirmed", "Index", "Change", "Coverage")
    yield from _headings(LEVEL_COLUMNS, headings)
    for assessment, older in _with_older(page):
        yield _named(assessment)
        for practice in assessment.practices:
            yield fixed_line(LEVEL_COLUMNS, _levels(assessment, practice, _before(older, practice)))
    if detail:
        yield from _details(page)
    yield Text(_footer(page), style="dim")
    yield Text(NOT_A_CERTIFICATE, style="dim")


def _levels(assessment: Assessment, practice: PracticeResult, before: Past | None) -> Iterator[str]:
    assessed = practice.level is not None
    yield f"  {scope_name(practice)}"
    yield str(practice.level) if assessed else "–"
    yield str(practice.possible)
    yield str(practice.confirmed or "–")
    yield index_text(practice.index) if assessed else "–"
    yield _change(assessment, practice, before)
    yield share(practice.coverage)


def _headings(widths: Sequence[int], names: Sequence[str]) -> Iterator[RenderableType]:
    yield fixed_line(widths, (Text(name, style="bold") for name in names))


def _with_older(page: Page[Assessment]) -> Iterator[tuple[Assessment, Sequence[Assessment]]]:
    """Yield what is shown of a page, each assessment with those before it."""
    for position, assessment in enumerate(page.items[: page.limit]):
        yield assessment, page.items[position + 1 :]


def _named(assessment: Assessment) -> Text:
    """Return what an assessment is called by, and when it was taken."""
    past = "" if assessment.kind == "live" else f", {assessment.kind}"
    return Text.assemble(
        (day(assessment.as_of), "bold"),
        f"  assessment {assessment.id}, taken {moment(assessment.taken_at)}{past}",
    )


def _details(page: Page[Assessment]) -> Iterator[RenderableType]:
    for assessment in page.items[: page.limit]:
        for practice in assessment.practices:
            yield Text()
            yield Text(f"{day(assessment.as_of)}  {scope_name(practice)}", style="bold")
            yield Text(sources_line(practice, assessment.sources))
            rated = (
                f"{each.attribute} {share(each.achievement)} {each.rating}" for each in practice.attributes
            )
            yield Text(", ".join(rated))
            yield _indicators(practice)


def _indicators(practice: PracticeResult) -> Table:
    table = plain_table()
    table.add_column("Indicator", no_wrap=True)
    table.add_column("Value")
    table.add_column("Achieved", justify="right", no_wrap=True)
    for each in practice.indicators:
        table.add_row(each.id, value_text(each), achieved(each))
    return table


def render_indicator(page: Page[Assessment], indicator: str) -> Iterator[RenderableType]:
    """Yield one indicator over time."""
    if not page.items:
        yield Text(NOTHING)
        return
    yield Text(indicator, style="bold")
    yield from _headings(VALUE_COLUMNS, ("Scope", "Value", "Achieved", "Change"))
    for assessment, older in _with_older(page):
        yield _named(assessment)
        for practice in assessment.practices:
            before = _before(older, practice)
            for found in practice.indicators:
                cells = (
                    f"  {scope_name(practice)}",
                    value_text(found),
                    achieved(found),
                    _points(found, before),
                )
                yield fixed_line(VALUE_COLUMNS, cells)
    yield Text(_footer(page), style="dim")


def render_runs(runs: Sequence[tuple[Run, list[LedgerRow]]]) -> Iterator[RenderableType]:
    """Yield the last runs with what they asked for and got."""
    if not runs:
        yield Text("Nothing has run yet. Begin with itsm-maturity sync.")
    for run, lines in runs:
        yield Text(_run_line(run), style="bold" if run.finished_at else "yellow")
        if run.message:
            yield Text(f"  {run.message}")
        if lines:
            yield ledger_of("", lines)


def render_job_runs(runs: Sequence[JobRun]) -> Iterator[RenderableType]:
    """Yield what became of the last due times of the daemon's jobs; nothing where no daemon ran."""
    if not runs:
        return
    yield Text()
    yield Text("Scheduled by itsm-maturity run", style="bold")
    table = plain_table()
    for heading in ("Due", "Job", "Became"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Why, and when it is tried again")
    for run in runs:
        again = f" Tried again at {moment(run.retry_at)}." if run.retry_at else ""
        style = None if run.state in ("done", "running") else "yellow"
        table.add_row(moment(run.due_at), run.job, run.state, run.message + again, style=style)
    yield table


def _run_line(run: Run) -> str:
    name = f"{run.kind} {run.connector}" if run.connector else run.kind
    if run.finished_at is None:
        return f"{moment(run.started_at)}  {name}: not finished (running, or it was stopped)"
    return f"{moment(run.started_at)}  {name}: {run.outcome or 'done'}"


def _before(older: Sequence[Assessment], practice: PracticeResult) -> Past | None:
    same = (
        (assessment, each)
        for assessment in older
        for each in assessment.practices
        if (each.practice, each.department) == (practice.practice, practice.department)
    )
    return next(same, None)


def _change(assessment: Assessment, now: PracticeResult, before: Past | None) -> str:
    if before is None or now.level is None or before[1].level is None:
        return "–"
    rules = "" if before[0].catalogue == assessment.catalogue else f" {OTHER_RULES}"
    return f"{now.index - before[1].index:+.2f}{rules}"


def _points(now: IndicatorResult, before: Past | None) -> str:
    """Return the change of an achievement, marked where the rule changed as well."""
    past = before[1].indicators[0] if before and before[1].indicators else None
    if past is None or past.achievement is None or now.achievement is None:
        return "–"
    rules = "" if past.rule == now.rule else f" {OTHER_RULES}"
    return f"{100 * (now.achievement - past.achievement):+.0f} points{rules}"


def _footer(page: Page[Assessment]) -> str:
    shown = min(len(page.items), page.limit)
    return (
        f"{count(shown)} of {count(page.total)} assessments, newest first; change is against the one before, "
        f"{OTHER_RULES} under other rules or thresholds."
    )

"""Why a level or a number is what it is, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evaluators.explanation import is_exempt
from evaluators.references import references_of
from evaluators.results import IndicatorResult, PracticeResult, State
from interface.cli.render import doubts, headline, verdict
from interface.cli.render.assessment import (
    EXPERT,
    LEGEND,
    achieved,
    attribute_table,
    indicator_lines,
    thresholds,
    value_text,
)
from interface.cli.render.headline import scope_name
from interface.cli.render.overview import practice_table
from interface.cli.render.sources import sources_line
from interface.cli.render.tables import plain_table
from interface.cli.words import (
    NOT_A_CERTIFICATE,
    attribute_name,
    count,
    day,
    moment,
    plain,
    quantity,
)
from scheduler.review import Explained

if TYPE_CHECKING:
    from rich.console import RenderableType

    from evaluators.catalogue import Indicator

PERIODS_SHOWN = 12
RATINGS = "N not (up to 15 %), P partly (up to 50 %), L largely (up to 85 %), F fully achieved."

Groups = Sequence[tuple[str, float, int]]


def render_practice(found: Explained, name: str, platforms: Sequence[str] = ()) -> Iterator[RenderableType]:
    """Yield the answer to "why this level?", then all of its figures and its departments."""
    yield Text(_taken(found), style="bold")
    practice, *others = found.practices(name)
    yield Text()
    yield from verdict.render(found, practice, platforms)
    yield from doubts.render(found.assessment, [each.id for each in practice.indicators], counted=False)
    if not is_exempt(practice.indicators):
        yield Text()
        yield Text("The whole picture", style="bold")
        yield Text(headline.figures(practice))
        yield attribute_table(practice)
        yield Text()
        yield from indicator_lines(practice.indicators, found.catalogue)
    if others:
        yield Text()
        yield practice_table(others, "Department", [each.department or "" for each in others])
        yield Text(f"One of them: itsm-maturity explain {name} --department '{others[0].department}'")
    yield Text(f"More on one question: itsm-maturity explain {verdict.weakest(practice).id}")
    yield Text(RATINGS, style="dim")
    yield Text(LEGEND, style="dim")
    yield Text(NOT_A_CERTIFICATE, style="dim")


def render_indicator(found: Explained, name: str, platforms: Sequence[str]) -> Iterator[RenderableType]:
    """Yield everything known about one indicator, in the organisation and in each department."""
    entry = found.entry(name)
    (practice, result), *others = found.indicators(name)
    yield Text(name, style="bold")
    yield Text(_taken(found))
    yield Text(sources_line(practice, found.assessment.sources))
    yield Text()
    yield _facts(practice, result, entry)
    if others:
        yield _scopes(others)
    yield from doubts.render(found.assessment, [name], counted=False)
    yield from _evidence(result, entry.measure.family if entry else "")
    if entry is not None:
        yield from _advice(entry, platforms)
    yield Text(f"The query: itsm-maturity explain {name} --sql", style="dim")


def query_text(found: Explained, name: str) -> str:
    """Return an indicator's query with what it answers as comments above it, ready to run elsewhere."""
    from sqlglot import parse_one

    _, result = found.indicators(name)[0]
    entry = found.entry(name)
    comments = [
        f"{name}: {entry.question if entry else ''}",
        f"gave {value_text(result)} in assessment {found.assessment.id}, {_window(result)}",
        f"evidence {found.assessment.evidence_store} version {found.assessment.evidence_number}",
    ]
    lines = [f"-- {' '.join(line.split())}" for line in comments]
    if not result.query:
        return "\n".join([*lines, f"-- no query: {result.measurement.reason}"])
    pretty = parse_one(result.query, dialect="duckdb").sql(dialect="duckdb", pretty=True)
    return "\n".join([*lines, f"{pretty};"])


def _taken(found: Explained) -> str:
    assessment = found.assessment
    return (
        f"Assessment {assessment.id[:12]} as of {day(assessment.as_of)}, taken {moment(assessment.taken_at)}"
    )


def _facts(practice: PracticeResult, result: IndicatorResult, entry: Indicator | None) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _fact_rows(practice, result, entry):
        table.add_row(name, text)
    return table


def _fact_rows(
    practice: PracticeResult, result: IndicatorResult, entry: Indicator | None
) -> Iterator[tuple[str, str | Text]]:
    found = result.measurement
    if entry is not None:
        yield "Question", entry.question
        yield "Evidence of", f"{attribute_name(result.attribute)}: {entry.characteristic}"
        yield "Formula", entry.formula
    yield "Scope", scope_name(practice)
    yield "Window", _window(result)
    yield "Value", value_text(result)
    for number, reference in enumerate(references_of(result.id)):
        yield "" if number else "Elsewhere", reference.sentence()
    if found.numerator is not None and found.denominator is not None:
        yield "Counted", f"{count(found.numerator)} of {count(found.denominator)}"
    yield "Stands on", f"{count(found.n)} {found.n_unit}"
    yield "Because" if found.state is State.MEASURED else "Not rated", found.reason
    if entry is not None:
        yield "Thresholds", _threshold_words(entry)
        yield "They rest on", entry.anchors.origin
    yield "Achieved", achieved(result)
    yield "Weight", plain(result.weight) + (", core of its attribute" if result.core else "")


def _threshold_words(entry: Indicator) -> str:
    anchors = entry.anchors
    words = (
        f"0 % at {quantity(anchors.zero, entry.unit)}, L / F at {thresholds(entry)}, "
        f"100 % at {quantity(anchors.full, entry.unit)}"
    )
    return words + (f" ({EXPERT} expert default, no published norm)" if anchors.expert_default else "")


def _window(result: IndicatorResult) -> str:
    first, until = result.window
    return f"{day(first)} to {day(until - timedelta(days=1))}"


def _scopes(others: Sequence[tuple[PracticeResult, IndicatorResult]]) -> Table:
    table = plain_table("Departments")
    for name in ("Department", "Value", "Records", "Achieved"):
        table.add_column(name)
    for practice, result in others:
        table.add_row(practice.department, value_text(result), count(result.measurement.n), achieved(result))
    return table


def _evidence(result: IndicatorResult, family: str) -> Iterator[RenderableType]:
    found = result.measurement
    if found.series:
        yield Text()
        yield _rows("Over time", found.series[-PERIODS_SHOWN:])
    if found.groups:
        yield Text()
        yield _rows(*_gap(family, found.groups))
    if found.sample:
        yield Text()
        yield Text.assemble(("Records to look at: ", "bold"), ", ".join(found.sample))


def _gap(family: str, groups: Groups) -> tuple[str, Groups, str]:
    """Return title, rows and unit of the groups with most of the gap; the title says what they show."""
    if family == "conforming_volume":
        return "Teams that fall behind, with their own value", groups, ""
    return "Where most of the gap is: records that count against it", groups, " %"


def _rows(title: str, rows: Groups, unit: str = "") -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    for name, value, n in rows:
        table.add_row(name, f"{value:,.1f}{unit}" if unit else f"{value:,.2f}", f"n = {count(n)}")
    return table


def _advice(entry: Indicator, platforms: Sequence[str]) -> Iterator[RenderableType]:
    yield Text()
    for name, text in remediation(entry, platforms):
        yield Padding(Text.assemble((f"What to do in {name}: ", "bold"), text), 0)
    yield Text.assemble(("How it can be gamed: ", "bold"), entry.gaming)
    yield Text.assemble(("What counters that: ", "bold"), entry.counter_check)


def remediation(entry: Indicator, platforms: Sequence[str]) -> list[tuple[str, str]]:
    """Return what to do about an indicator in the platforms in use; in both when neither is known."""
    steps = {
        "servicenow": ("ServiceNow", entry.remediation.servicenow),
        "jira": ("Jira", entry.remediation.jira),
    }
    wanted = [steps[name] for name in platforms if name in steps]
    return wanted or list(steps.values())

"""An assessment as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evaluators.achievement import LARGELY_UP_TO, PARTLY_UP_TO, rating, value_at
from evaluators.explanation import is_exempt
from evaluators.results import Assessment, IndicatorResult, PracticeResult, SourceState, State
from interface.cli.render import doubts, headline, overview
from interface.cli.render.sources import source_table, sources_line
from interface.cli.render.tables import fixed_line
from interface.cli.words import (
    NOT_A_CERTIFICATE,
    attribute_name,
    bar,
    day,
    listed,
    plain,
    practice_name,
    quantity,
    share,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from evaluators.catalogue import Catalogue, Indicator
    from scheduler.review import Earlier

EXPERT = "†"
"""Marks a threshold that rests wholly or partly on expert judgement."""

LEGEND = (
    "L and F: value from which an indicator counts as largely and fully achieved. "
    f"{EXPERT} this threshold is an expert default, no published norm."
)

COLUMNS = (35, 21, 13, -8)
"""Widths of an indicator's line: the longest id, value with interval, thresholds, achievement."""

COLOURS = {"F": "green", "L": "cyan", "P": "yellow", "N": "red", "NE": "bright_black"}


def render(
    assessment: Assessment,
    catalogue: Catalogue,
    platforms: Sequence[str] = (),
    others: Sequence[Earlier] = (),
    *,
    departments: bool = False,
) -> Iterator[RenderableType]:
    """Yield what to print: overview, reason, next step, sources; details of a practice that stands alone.

    `others` are the last results of practices that were left out, which keeps the whole from being judged.
    """
    yield Text(_title(assessment), style="bold")
    organisation = [each for each in assessment.practices if each.department is None]
    if others:
        yield from _left_out(organisation, others)
    if len(organisation) > 1:
        yield from overview.render(assessment, organisation, whole=not others)
    detailed = _detailed(organisation)
    for practice in detailed:
        yield Text()
        yield from render_practice(practice, catalogue, platforms, assessment.sources)
    if len(organisation) > 1 and not detailed and not others:
        yield from _verdict(assessment, organisation, catalogue, platforms)
    yield from overview.departments(assessment.practices, detail=departments)
    yield Text()
    yield from _closing(assessment)


def _left_out(organisation: Sequence[PracticeResult], others: Sequence[Earlier]) -> Iterator[RenderableType]:
    """Yield which practices were assessed now, and where the last results of the others are."""
    yield Text(f"Assessed now: {listed(practice_name(each.practice) for each in organisation)}.")
    yield Text("Not assessed now, the last results stay:")
    for source in dict.fromkeys((each.assessment, each.as_of) for each in others):
        levels = (
            f"{practice_name(each.result.practice)} {each.result.level or 'not assessed'}"
            for each in others
            if (each.assessment, each.as_of) == source
        )
        line = f"{listed(levels)}: assessment {source[0]} as of {day(source[1])}"
        yield Padding(Text(line), (0, 0, 0, 2))


def _detailed(organisation: Sequence[PracticeResult]) -> list[PracticeResult]:
    """Return the practices to show whole: the only one, or the only one that could be assessed."""
    assessed = [each for each in organisation if each.level is not None]
    if len(organisation) == 1:
        return list(organisation)
    return assessed if len(assessed) == 1 else []


def _verdict(
    assessment: Assessment,
    organisation: Sequence[PracticeResult],
    catalogue: Catalogue,
    platforms: Sequence[str],
) -> Iterator[RenderableType]:
    """Yield why the overall level is what it is, and the step that counts most."""
    practice = headline.least(assessment, organisation)
    if practice is None:
        return
    yield Text()
    name = headline.scope_name(practice)
    yield Text.assemble(("Why: ", "bold"), f"{name}: {practice.reason}")
    yield Text.assemble(("Next step: ", "bold"), next_step(practice, catalogue, platforms))
    yield Text(f"More on a practice: itsm-maturity explain {practice.practice}")


def render_practice(
    practice: PracticeResult,
    catalogue: Catalogue,
    platforms: Sequence[str] = (),
    sources: Sequence[SourceState] = (),
) -> Iterator[RenderableType]:
    """Yield one practice in one scope."""
    yield Text(headline.headline(practice), style="bold green" if practice.level else "bold yellow")
    if is_exempt(practice.indicators):
        yield Text(practice.reason)
        return
    yield Text(headline.figures(practice))
    yield Text(sources_line(practice, sources))
    if headline.confirmed(practice):
        yield Text(headline.confirmed(practice))
    yield Text()
    yield attribute_table(practice)
    yield Text()
    yield from indicator_lines(practice.indicators, catalogue)
    yield Text()
    if practice.reason:
        yield Text.assemble(("Why: ", "bold"), practice.reason)
    if practice.next_step:
        yield Text.assemble(("Next step: ", "bold"), next_step(practice, catalogue, platforms))


def next_step(practice: PracticeResult, catalogue: Catalogue, platforms: Sequence[str]) -> str:
    """Return the next step with the advice for the platforms in use alone, where those are known."""
    text = practice.next_step
    used = [name for name in ("servicenow", "jira") if name in platforms]
    for entry in catalogue.entries:
        if entry.id in text and used:
            for name, title in (("servicenow", "ServiceNow"), ("jira", "Jira")):
                if name not in used:
                    text = text.replace(f"{title}: {getattr(entry.remediation, name)}", "")
    if "no source fills" in text and used:
        pages = " and ".join(f"docs/{name}.md" for name in used)
        text += f" What the platform has no field for, a field of your own can fill: {pages} names it (map:)."
    return " ".join(text.split())


def attribute_table(practice: PracticeResult) -> Table:
    """Return the attributes with a bar for each, the bottleneck marked."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    for _ in range(4):
        table.add_column()
    table.columns[2].justify = "right"
    for each in practice.attributes:
        colour = COLOURS.get(each.rating, "")
        table.add_row(
            attribute_name(each.attribute),
            Text(bar(each.achievement), style=colour),
            share(each.achievement),
            Text.assemble(
                (each.rating, colour), "  ◀ bottleneck" if each.attribute == practice.bottleneck else ""
            ),
        )
    return table


def indicator_lines(indicators: Sequence[IndicatorResult], catalogue: Catalogue) -> Iterator[RenderableType]:
    """Yield each indicator with value, interval, thresholds and achievement, its reason below it."""
    entries = {entry.id: entry for entry in catalogue.entries}
    headings = ("Indicator", "Value (95 % interval)", "L / F at", "Achieved")
    yield fixed_line(COLUMNS, (Text(name, style="bold") for name in headings))
    for each in indicators:
        anchors = Text(thresholds(entries.get(each.id)))
        yield fixed_line(COLUMNS, (Text(each.id), value_text(each), anchors, achieved(each)))
        yield Padding(Text(each.measurement.reason, style="dim"), (0, 0, 0, 2))


def value_text(indicator: IndicatorResult) -> Text:
    """Return `93.5 % (93.1-93.8)`, or the state of what could not be rated."""
    found = indicator.measurement
    if found.state is not State.MEASURED:
        return Text(found.state.value.replace("_", " "), style="yellow")
    text = quantity(found.value, indicator.unit)
    if found.low is not None and found.high is not None:
        text += f" ({found.low:,.1f}–{found.high:,.1f})"
    return Text(text + (" ± wide" if found.low_precision else ""))


def thresholds(entry: Indicator | None) -> str:
    """Return `72.5 / 88.3 †`, where Largely and Fully begin; empty without an entry."""
    if entry is None:
        return ""
    anchors = entry.anchors
    points = (
        plain(round(value_at(at, anchors.zero, anchors.full, anchors.scale), 1))
        for at in (PARTLY_UP_TO, LARGELY_UP_TO)
    )
    return " / ".join(points) + (f" {EXPERT}" if anchors.expert_default else "")


def achieved(indicator: IndicatorResult) -> Text:
    """Return `97 % F`, coloured; a dash for what could not be rated."""
    letter = rating(indicator.achievement)
    if indicator.achievement is None:
        return Text("–", style=COLOURS["NE"])
    return Text(f"{share(indicator.achievement)} {letter}", style=COLOURS[letter])


def _title(assessment: Assessment) -> str:
    kind = "" if assessment.kind == "live" else f", {assessment.kind}"
    return f"Assessment {assessment.id[:12]} as of {day(assessment.as_of)}{kind}"


def _closing(assessment: Assessment) -> Iterator[RenderableType]:
    if assessment.sources:
        yield source_table(assessment.sources)
    yield from doubts.render(assessment)
    for note in assessment.notes:
        yield Padding(Text(f"• {note}"), (0, 0, 0, 1))
    yield Text(LEGEND, style="dim")
    yield Text(NOT_A_CERTIFICATE, style="dim")

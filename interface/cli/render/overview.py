"""All practices of an assessment at a glance, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rich.table import Table
from rich.text import Text

from evaluators.explanation import index_text, is_exempt
from evaluators.results import Assessment, OverallResult, PracticeResult, View
from interface.cli.render import headline
from interface.cli.render.tables import plain_table
from interface.cli.words import practice_name, share

if TYPE_CHECKING:
    from rich.console import RenderableType

MEANING = (
    "Proven: level on the evidence that was rated. Possible: what missing evidence could still show. "
    "Confirmed: published once two assessments agree."
)
LONGEST_PRACTICE = len("Configuration")
FIGURES = ("Proven", "Possible", "Confirmed", "Index", "Coverage")


def render(
    assessment: Assessment, organisation: Sequence[PracticeResult], *, whole: bool = True
) -> Iterator[RenderableType]:
    """Yield one row for each practice, the overall level, and what is not assessed and why.

    An assessment that is not `whole` left practices out on purpose: it says nothing of the overall level.
    """
    yield practice_table(organisation, "Practice", [practice_name(each.practice) for each in organisation])
    if whole:
        yield from _overall(assessment)
    exempt = [each for each in organisation if is_exempt(each.indicators)]
    if exempt:
        names = "; ".join(f"{practice_name(each.practice)} ({_exemption(each)})" for each in exempt)
        yield Text(f"Declared not applicable: {names}.")
    unassessed = [each for each in organisation if each.level is None and each not in exempt]
    if unassessed:
        yield Text(f"Not assessed: {'; '.join(map(_lacking, unassessed))}.")
    yield Text(MEANING, style="dim")


def _overall(assessment: Assessment) -> Iterator[RenderableType]:
    summary = headline.overall(assessment)
    if summary:
        yield Text()
        yield Text(summary, style="bold")
    yield from _components(assessment.overall)


def _components(overall: OverallResult) -> Iterator[RenderableType]:
    """Yield how mature the components are, and the strict level over all practices."""
    if overall.weakest_link is not None:
        mean = f", weighted mean index {index_text(overall.mean_index)}" if overall.mean_index else ""
        yield Text(f"Strictly, as the least mature of all practices: level {overall.weakest_link}{mean}")
    words = [f"{view.name} {_view_words(view)}" for view in overall.views]
    if words:
        yield Text(f"Components: {'; '.join(words)}")


def _view_words(view: View) -> str:
    held = f" (held by {view.held_by})" if view.held_by else ""
    if view.achievement is not None:
        return f"{share(view.achievement)} achieved{held}"
    if view.level is None or view.index is None:
        return "not assessed"
    return f"level {view.level}, index {index_text(view.index)}{held}"


def departments(practices: Sequence[PracticeResult], *, detail: bool = False) -> Iterator[RenderableType]:
    """Yield the range of levels between the departments of each practice; with `detail` each of them."""
    by_practice: dict[str, list[PracticeResult]] = {}
    for each in practices:
        if each.department is not None:
            by_practice.setdefault(each.practice, []).append(each)
    if not by_practice:
        return
    yield Text()
    if not detail:
        yield _ranges(by_practice)
        yield Text("Each of them: itsm-maturity explain PRACTICE, or assess --departments")
        return
    for practice, scopes in by_practice.items():
        yield Text(practice_name(practice), style="bold")
        yield practice_table(scopes, "Department", [each.department or "" for each in scopes])


def _ranges(by_practice: Mapping[str, Sequence[PracticeResult]]) -> Table:
    table = plain_table()
    for name in ("Between departments", "Departments", "Assessed", "Lowest", "Highest"):
        table.add_column(name, justify="left" if name == "Between departments" else "right")
    for practice, scopes in by_practice.items():
        levels = sorted(each.level for each in scopes if each.level is not None)
        lowest, highest = (str(levels[0]), str(levels[-1])) if levels else ("–", "–")
        table.add_row(practice_name(practice), str(len(scopes)), str(len(levels)), lowest, highest)
    return table


def practice_table(practices: Sequence[PracticeResult], first: str, names: Sequence[str]) -> Table:
    """Return one row for each practice or scope under its name."""
    table = plain_table()
    table.padding = (0, 0, 0, 0)
    # A name of a department may be long; all other columns are as wide as their headings.
    for name in (first, *FIGURES, "Confidence", "Bottleneck"):
        justify: Literal["left", "right"] = "right" if name in FIGURES else "left"
        table.add_column(
            name, justify=justify, no_wrap=name != first, min_width=13 if name == first else None
        )
    for name, each in zip(names, practices, strict=True):
        assessed = each.level is not None
        table.add_row(
            Text(name),
            str(each.level or "–"),
            str(each.possible),
            str(each.confirmed or "–"),
            index_text(each.index) if assessed else "–",
            share(each.coverage),
            each.confidence if assessed else "–",
            each.bottleneck or "–",
        )
    return table


def _exemption(practice: PracticeResult) -> str:
    return practice.indicators[0].measurement.reason.rstrip(".")


def _lacking(practice: PracticeResult) -> str:
    reasons = [each.measurement.reason.rstrip(".") for each in headline.unrated(practice.indicators)]
    name = practice_name(practice.practice)
    return f"{name} ({reasons[0]})" if reasons else name

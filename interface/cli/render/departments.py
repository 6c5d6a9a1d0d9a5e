"""How departments compare, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from evaluators.departments import lagging
from evaluators.funnel import Comparison, outside
from evaluators.results import Assessment, PracticeResult
from interface.cli.render import overview
from interface.cli.render.tables import fixed_line
from interface.cli.words import NOT_A_CERTIFICATE, count, day, plural, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

NOTHING = (
    "No department is assessed: it takes departments of the groups (departments in the configuration, or as "
    "the platform names them) and 30 records of a practice in a year."
)
COLUMNS = (29, -7, -12, -14, 13)
"""Widths of a department's line below an indicator."""
MEANING = (
    "Limits: where a department of that size would lie in 998 of 1,000 cases if it worked like the whole "
    "organisation. Inside them a difference is chance; the order is by volume and no ranking."
)


def render(
    assessment: Assessment, practices: Sequence[PracticeResult], compared: Sequence[Comparison]
) -> Iterator[RenderableType]:
    """Yield levels by department, who is far behind, and the core indicators that differ beyond chance."""
    yield Text(f"Departments, assessment {assessment.id[:12]} as of {day(assessment.as_of)}", style="bold")
    if not any(each.department is not None for each in practices):
        yield Text(NOTHING)
        return
    yield from overview.departments(practices, detail=True)
    for sentence in lagging(assessment.practices):
        yield Text.assemble(("Far behind: ", "bold"), sentence)
    yield Text()
    yield from _funnels(compared)
    yield Text(NOT_A_CERTIFICATE, style="dim")


def _funnels(compared: Sequence[Comparison]) -> Iterator[RenderableType]:
    shown = list(outside(compared))
    if shown:
        yield Text("Core indicators that differ by more than chance", style="bold")
        yield fixed_line(COLUMNS, ("Department", "n", "Value", "Limits", "It is"))
    for indicator in dict.fromkeys(each.indicator for each in shown):
        yield Text(indicator, style="cyan")
        for each in shown:
            if each.indicator == indicator:
                value = quantity(each.value, each.unit)
                cells = (f"  {each.department}", count(each.n), value, _limits(each), each.standing)
                yield fixed_line(COLUMNS, cells)
    if shown:
        yield Text(MEANING, style="dim")
    inside = sum(each.limits_998 is not None for each in compared) - len(shown)
    yield Text(f"{plural(inside, 'comparison')} of core indicators within the limits: --json has them all.")


def _limits(each: Comparison) -> str:
    return "–" if each.limits_998 is None else f"{each.limits_998[0]:,.1f}–{each.limits_998[1]:,.1f}"

"""What makes us doubt an assessment, as text for people: suspected manipulation and doubtful records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from evaluators.gaming import SideBySide, Suspicion
from evaluators.quality import QualityFinding
from evaluators.results import Assessment
from interface.cli.words import listed, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType


def render(
    assessment: Assessment, indicators: Collection[str] | None = None, *, counted: bool = True
) -> Iterator[RenderableType]:
    """Yield the doubts that touch these indicators, all of them unless given.

    `counted` shows doubtful records also where their check holds.
    """
    suspicions = [each for each in assessment.suspicions if _touches(each.indicators, indicators)]
    failed = [each for each in assessment.quality if each.failed and _touches(each.indicators, indicators)]
    others = [each for each in assessment.quality if not each.failed] if counted else []
    if suspicions:
        yield Text("To be looked at by a person (no value changes by it):", style="bold")
    for suspicion in suspicions:
        yield from _suspicion(suspicion)
    if failed:
        yield Text("Doubtful records (they halve the coverage of what reads them):", style="bold")
    for finding in failed:
        yield _bullet(f"{_sentence(finding)} Touches {listed(finding.indicators)}.")
    if others:
        yield Text("Counted, within what is usual:", style="bold")
    for finding in others:
        yield _bullet(_sentence(finding))


def _suspicion(suspicion: Suspicion) -> Iterator[RenderableType]:
    yield _bullet(f"{suspicion.title}. {suspicion.sentence} Touches {listed(suspicion.indicators)}.")
    if suspicion.sample:
        yield _below(f"For example {listed(suspicion.sample)}.")
    for each in suspicion.beside:
        yield _below(_beside(each))


def _beside(each: SideBySide) -> str:
    left = "too few are left" if each.without is None else quantity(each.without, each.unit)
    return f"{each.indicator}: {quantity(each.value, each.unit)} as published, {left} without these records."


def _sentence(finding: QualityFinding) -> str:
    example = f" For example {listed(finding.sample)}." if finding.sample else ""
    return f"{finding.sentence}{example}"


def _touches(touched: Collection[str], asked: Collection[str] | None) -> bool:
    return asked is None or not set(touched).isdisjoint(asked)


def _bullet(text: str) -> Padding:
    return Padding(Text(f"• {text}"), (0, 0, 0, 1))


def _below(text: str) -> Padding:
    return Padding(Text(text, style="dim"), (0, 0, 0, 3))

"""Why a practice is at its level and not at the next: the answer first, in words that need no standard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from evaluators.explanation import LEVELS, is_exempt
from evaluators.ladder import HIGHEST_LEVEL
from evaluators.results import AttributeResult, IndicatorResult, PracticeResult, SourceState
from evaluators.roadmap import required
from interface.cli.render import headline
from interface.cli.render.assessment import next_step
from interface.cli.render.sources import sources_line
from interface.cli.words import certainty, day, level_name, listed, meaning, quantity, share

if TYPE_CHECKING:
    from rich.console import RenderableType

    from scheduler.review import Explained


def render(found: Explained, practice: PracticeResult, platforms: Sequence[str]) -> Iterator[RenderableType]:
    """Yield the level, what holds it down, the records behind that, what to do next and how sure it is."""
    name = headline.scope_name(practice)
    if practice.level is None:
        yield Text(f"{name} is {_without_level(practice)}.", style="bold yellow")
        yield _paragraph(practice.reason)
    else:
        yield Text(f"{name} is at {level_name(practice.level)}{_unless(practice)}.", style="bold green")
        yield from _why(found, practice)
    if practice.next_step:
        yield from _part("What to do next", next_step(practice, found.catalogue, platforms))
    if not is_exempt(practice.indicators):
        yield from _part("How sure is this?", *_certainty(practice, found.assessment.sources))


def weakest(practice: PracticeResult) -> IndicatorResult:
    """Return the indicator that speaks most of what holds a practice down."""
    held = [each for each in practice.indicators if each.attribute == practice.bottleneck]
    rated = [each for each in held if each.achievement is not None]
    return min(rated or held or practice.indicators, key=lambda each: (each.achievement or 0.0, each.id))


def _unless(practice: PracticeResult) -> str:
    """Return what missing evidence could still show, so that no level sounds more final than it is."""
    if practice.level is None or practice.possible <= practice.level:
        return ""
    return f" as far as records show; up to {level_name(practice.possible)} is possible"


def _without_level(practice: PracticeResult) -> str:
    return "declared not applicable" if is_exempt(practice.indicators) else "not assessed"


def _why(found: Explained, practice: PracticeResult) -> Iterator[RenderableType]:
    goal = (practice.level or 1) + 1
    if goal > HIGHEST_LEVEL or practice.bottleneck is None:
        yield _paragraph(practice.reason)
        return
    first, *others = sorted(_short(practice, goal), key=lambda each: each.attribute != practice.bottleneck)
    result = weakest(practice)
    lines = [f"It is held down by {_wanting(first, goal)}.", _finding(found, result, practice.department)]
    lines += [f"Level {goal} also waits for {_wanting(each, goal)}." for each in others]
    yield from _part(f"Why not level {goal} ({LEVELS[goal]})?", *lines)
    if result.measurement.sample:
        more = f"All that is known of it: itsm-maturity explain {result.id}"
        yield from _part("Records to look at", ", ".join(result.measurement.sample), more)


def _short(practice: PracticeResult, goal: int) -> list[AttributeResult]:
    """Return the attributes that keep a level out of reach, and the bottleneck whatever it is at."""
    return [
        each
        for each in practice.attributes
        if each.attribute == practice.bottleneck
        or (int(each.attribute[0]) <= goal and (each.achievement or 0.0) <= required(each.attribute, goal))
    ]


def _wanting(each: AttributeResult, goal: int) -> str:
    """Return what is asked for and how much of it there is: `"all teams work alike" (3.2), which …`."""
    reached = "nothing shows yet" if each.achievement is None else f"is at {share(each.achievement)}"
    needed = f"more than {share(required(each.attribute, goal))} is needed"
    return f'"{meaning(each.attribute)}" ({each.attribute}), which {reached}: {needed}'


def _finding(found: Explained, result: IndicatorResult, department: str | None) -> str:
    """Return the question that is answered worst there, with its answer and what that counts as."""
    entry, measured = found.entry(result.id), result.measurement
    asked = entry.question if entry else result.id
    if measured.value is None:
        return f"Not known there: {asked} Reason: {measured.reason.rstrip('.')} ({result.id})."
    value = f"{quantity(measured.value, result.unit)} ({measured.reason.rstrip('.')})"
    if department is not None and entry is not None and entry.scope != "both":
        value += ", a figure of the whole organisation that its departments share"
    scale = ""
    if entry is not None:
        nothing, all_ = (quantity(end, entry.unit) for end in (entry.anchors.zero, entry.anchors.full))
        scale = f"; {nothing} would be nothing, {all_} everything"
    return (
        f"Worst answered there: {asked} Since {day(result.window[0])} it is {value}, which counts as "
        f"{share(result.achievement)} achieved{scale} ({result.id})."
    )


def _certainty(practice: PracticeResult, sources: Sequence[SourceState]) -> Iterator[str]:
    if practice.level is not None:
        yield _range(practice)
        held = headline.confirmed(practice)
        sure = f"{certainty(practice.probability)} sure of level {practice.level} or higher"
        yield f"Confidence is {practice.confidence}" + (f" ({sure})." if practice.level > 1 else ".")
        yield from [held] if held else ()
    yield f"{share(practice.coverage)} of what is asked could be answered (coverage)."
    missing = headline.unrated(practice.indicators)
    if missing:
        yield (
            f"Not rated: {listed(each.id for each in missing)}. That keeps the level from being proven "
            "higher, and lowers nothing."
        )
    yield f"Records behind it: {sources_line(practice, sources)}."


def _range(practice: PracticeResult) -> str:
    if practice.possible == practice.level:
        return f"Level {practice.level} is proven, and no higher one possible on this evidence."
    lacking = headline.to_connect(practice.indicators)
    return f"Level {practice.level} is proven; up to {practice.possible} is possible: {lacking}."


def _part(title: str, *lines: str) -> Iterator[RenderableType]:
    yield Text()
    yield Text(title, style="bold")
    for line in lines:
        yield _paragraph(line)


def _paragraph(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))

"""The way to the next level, as text for people and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from evaluators.explanation import index_text
from evaluators.roadmap import Roadmap, Step
from interface.cli.words import (
    NOT_A_CERTIFICATE,
    attribute_name,
    count,
    day,
    level_name,
    listed,
    plural,
    practice_name,
    quantity,
    share,
)
from scheduler.roadmap import Plan

if TYPE_CHECKING:
    from rich.console import RenderableType

TOOLS = {"servicenow": "ServiceNow", "jira": "Jira"}


def render(plan: Plan) -> Iterator[RenderableType]:
    """Yield the steps of every practice, in the order to take them."""
    assessment = plan.assessment
    yield Text(f"From assessment {assessment.id[:8]} as of {day(assessment.as_of)}", style="bold")
    if plan.overall_goal is not None:
        names = listed(each.practice for each in plan.roadmaps)
        yield Text(
            f"Overall: {level_name(assessment.overall.level)}. Level {plan.overall_goal} waits for "
            f"{names or 'nothing that was assessed'}."
        )
    if plan.missing:
        yield Text(f"Not assessed, and asked for at that level: {listed(plan.missing)}.")
    for each in plan.roadmaps:
        yield Text()
        yield from _practice(each, plan.platforms)
    if any(each.steps for each in plan.roadmaps):
        yield Text()
        yield Text(
            f"Targets lie three points above what is required. Effort classes: {plan.effort.origin}. "
            f"Quarters assume {plan.effort.points_a_quarter:g} points of achievement a quarter (assumption).",
            style="dim",
        )
    yield Text(NOT_A_CERTIFICATE, style="dim")


def shape(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data."""
    return {
        "assessment": plan.assessment.id,
        "as_of": plan.assessment.as_of,
        "catalogue": plan.assessment.catalogue,
        "department": plan.department,
        "overall": {
            "level": plan.assessment.overall.level,
            "goal": plan.overall_goal,
            "missing": list(plan.missing),
        },
        "practices": [asdict(each) for each in plan.roadmaps],
        "effort": plan.effort.model_dump(),
    }


def _practice(found: Roadmap, platforms: Sequence[str]) -> Iterator[RenderableType]:
    scope = f" in {found.department}" if found.department else ""
    name = f"{practice_name(found.practice)}{scope}"
    if not found.steps and not found.unreachable:
        yield Text(f"{name}: {level_name(found.level)}, everything is Fully achieved.", style="bold")
        return
    if found.level == found.goal:
        way = f"{level_name(found.level)}; what is not yet Fully achieved:"
    else:
        way = f"{level_name(found.level)} to {level_name(found.goal)} in {plural(len(found.steps), 'step')}"
    yield Text(f"{name}: {way}", style="bold")
    for number, step in enumerate(found.steps, 1):
        yield Padding(Text("\n".join(_lines(number, step, platforms))), (0, 0, 0, 1))
    for each in found.unreachable:
        yield Text(f"Not reachable by steps alone: {each}.", style="yellow")


def _lines(number: int, step: Step, platforms: Sequence[str]) -> Iterator[str]:
    yield f"{number}. {step.indicator} ({attribute_name(step.attribute)}): {step.question}"
    if step.kind == "connect":
        yield f"   Get evidence first: {step.missing.rstrip('.')}. It then has to show {_target(step)}."
    else:
        yield (
            f"   From {quantity(step.value, step.unit)} to {_target(step)} "
            f"(achieving {share(step.achievement)}, then {share(step.target_achievement)})."
        )
    if step.affected is not None:
        change = (
            "" if step.affected.to_change is None else f", {count(step.affected.to_change)} fewer reach it"
        )
        yield f"   {count(step.affected.against)} of {count(step.affected.of)} count against it{change}."
    if step.limited:
        yield f"   Limited whatever its value: {step.limited.rstrip('.')}."
    if step.proven_in:
        yield f"   Proven inside: {listed(step.proven_in)}."
    for tool in [name for name in TOOLS if name in platforms] or TOOLS:
        yield f"   In {TOOLS[tool]}: {getattr(step, tool)}"
    pace = "" if step.quarters is None else f"about {plural(step.quarters, 'quarter')}, "
    yield f"   Index then {index_text(step.index_after)}; {pace}effort class {step.effort:g}."


def _target(step: Step) -> str:
    return f"{quantity(step.target, step.unit)} or {'more' if step.better_up else 'less'}"

"""Sentences over numbers: why this level, and what to do next. Templates, so equal numbers read alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from evaluators.achievement import PARTLY_UP_TO, rating
from evaluators.catalogue import ATTRIBUTES
from evaluators.ladder import HIGHEST_LEVEL
from evaluators.results import IndicatorResult, PracticeResult, State
from evaluators.roadmap import Roadmap, Step, required

LEVELS = {1: "Initial", 2: "Repeatable", 3: "Defined", 4: "Managed", 5: "Optimized"}
RATINGS = {"N": "Not", "P": "Partly", "L": "Largely", "F": "Fully", "NE": "not evidenced"}
NA = State.NOT_APPLICABLE


def attribute_title(attribute: str) -> str:
    """Return an attribute's number and name."""
    return f"{attribute} {ATTRIBUTES[attribute]}"


def reason_of(
    level: int | None,
    bottleneck: str | None,
    attributes: Mapping[str, float | None],
    results: Sequence[IndicatorResult],
    department: str | None = None,
) -> str:
    """Say which attribute holds the level down and what its weakest evidence is."""
    if is_exempt(results):
        return f"Declared not applicable: {results[0].measurement.reason}."
    if level is None and department is not None:
        return f"Not assessed: too little could be rated on {department}'s own records."
    if level is None:
        return "Not assessed: neither 2.1 Performed nor 2.2 Recorded and owned could be rated."
    if bottleneck is None:
        return "All attributes are Fully achieved."
    value = attributes[bottleneck]
    if level == HIGHEST_LEVEL:
        return f"The highest level is reached; {attribute_title(bottleneck)} is the least achieved of all."
    need = f"level {_blocked(bottleneck, value, level)} needs {_needed(bottleneck, level)}"
    if value is None:
        reasons = (result.measurement.reason for result in results if result.attribute == bottleneck)
        missing = "; ".join(dict.fromkeys(reasons))
        return f"{attribute_title(bottleneck)} is not evidenced, {need}: {missing}."
    achieved = f"{RATINGS[rating(value)]} achieved ({100 * value:.0f} %)"
    waiting = _also_waiting(bottleneck, attributes, level)
    return f"{attribute_title(bottleneck)} is {achieved}, {need}. {_because(bottleneck, results)}{waiting}"


def doubt_of(alerts: Sequence[str]) -> str:
    """Say what an open gaming alert holds back; nothing without one."""
    if not alerts:
        return ""
    named = ", ".join(f"'{title}'" for title in alerts)
    return (
        f" Somebody should look at {named}: until that is cleared up confidence is one word lower and the "
        "confirmed level does not rise."
    )


def is_exempt(results: Sequence[IndicatorResult]) -> bool:
    """Say whether a practice is declared not applicable as a whole."""
    return {result.measurement.state for result in results} == {NA}


def next_step(practice: PracticeResult, plan: Roadmap) -> str:
    """Name the first improvement of a practice's roadmap, from where to where, and how (section 6.9)."""
    if is_exempt(practice.indicators):
        return "Nothing, while the exemption lasts."
    if practice.level is None and all(step.kind == "connect" for step in plan.steps):
        return "Connect evidence for 2.1 and 2.2 first."
    if not plan.steps:
        return f"None: {'; '.join(plan.unreachable)}." if plan.unreachable else "Hold what has been reached."
    first = plan.steps[0]
    title = attribute_title(first.attribute)
    together = [step for step in plan.steps if step.attribute == first.attribute]
    if first.kind == "connect":
        missing = dict.fromkeys(step.missing.rstrip(".") for step in together if step.kind == "connect")
        return f"Make evidence for {title} available: {'; '.join(missing)}."
    steps = " and ".join(_raise(step) for step in together)
    before = "" if first.attribute == practice.bottleneck else f"{title} comes first: "
    return f"{before}{first.question} Bring {steps}. ServiceNow: {first.servicenow} Jira: {first.jira}"


def _raise(step: Step) -> str:
    direction = "or more" if step.better_up else "or less"
    start = "what nothing shows yet" if step.kind == "connect" else number(step.value, step.unit)
    return f"{step.indicator} from {start} to {number(step.target, step.unit)} {direction}"


def number(value: float | None, unit: str) -> str:
    """Write a value with its unit for people."""
    if value is None:
        return "-"
    text = f"{value:,.1f}"
    return f"{text} {unit}" if unit.startswith("%") else f"{text} ({unit})"


def index_text(value: float) -> str:
    """Write an index cut to two decimals: its integer part is the level, even just below the next."""
    return f"{math.floor(value * 100 + 1e-8) / 100:.2f}"


def _weakest(attribute: str, results: Sequence[IndicatorResult]) -> IndicatorResult | None:
    rated = [result for result in results if result.attribute == attribute and result.achievement is not None]
    return min(rated, key=_by_achievement, default=None)


def _by_achievement(result: IndicatorResult) -> tuple[float, str]:
    return result.achievement or 0.0, result.id


def _is_fully(result: IndicatorResult) -> bool:
    return rating(result.achievement) == "F"


def _unrated(attribute: str, results: Sequence[IndicatorResult]) -> IndicatorResult | None:
    """Return the indicator whose evidence is missed most: a core one before others."""
    missing = [
        result
        for result in results
        if result.attribute == attribute
        and result.achievement is None
        and result.measurement.state is not State.NOT_APPLICABLE
    ]
    return min(missing, key=lambda result: (not result.core, result.id), default=None)


def _because(attribute: str, results: Sequence[IndicatorResult]) -> str:
    """Name the weakest evidence; where all of it is good, the core indicator that is missing."""
    weakest, unrated = _weakest(attribute, results), _unrated(attribute, results)
    if weakest is not None and _is_fully(weakest) and unrated is not None:
        return f"Missing there: {unrated.id} ({unrated.measurement.reason})."
    return _finding(weakest) if weakest is not None else ""


def _also_waiting(bottleneck: str, attributes: Mapping[str, float | None], level: int) -> str:
    """Name the other attributes that keep the next level out of reach."""
    short = [
        f"{name} ({100 * (value or 0.0):.0f} %, needs {_needed(name, level)})"
        for name, value in attributes.items()
        if name != bottleneck and int(name[0]) <= level + 1 and (value or 0.0) <= required(name, level + 1)
    ]
    return f" Level {level + 1} also waits for {', '.join(short)}." if short else ""


def _finding(result: IndicatorResult) -> str:
    return (
        f"Weakest there: {result.id} at {number(result.measurement.value, result.unit)}, "
        f"achieving {100 * (result.achievement or 0):.0f} % ({result.measurement.reason})."
    )


def _blocked(attribute: str, value: float | None, level: int) -> int:
    """Return the level that the attribute keeps out of reach."""
    own = int(attribute[0])
    return own if (value or 0.0) <= PARTLY_UP_TO else max(own + 1, level + 1)


def _needed(attribute: str, level: int) -> str:
    return f"more than {100 * required(attribute, level + 1):.0f} %"

"""Sentences over numbers: why this level, and what to do next. Templates, so equal numbers read alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from evaluators.achievement import LARGELY_UP_TO, PARTLY_UP_TO, rating, value_at
from evaluators.catalogue import ATTRIBUTES, Indicator, Practice
from evaluators.ladder import HIGHEST_LEVEL, attribute_achievement
from evaluators.results import IndicatorResult, State

LEVELS = {1: "Initial", 2: "Repeatable", 3: "Defined", 4: "Managed", 5: "Optimized"}
RATINGS = {"N": "Not", "P": "Partly", "L": "Largely", "F": "Fully", "NE": "not evidenced"}
NA = State.NOT_APPLICABLE
SAFETY = 0.03
"""Points of achievement aimed above what is required (section 6.9)."""


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


def next_step(
    practice: Practice, level: int | None, bottleneck: str | None, results: Sequence[IndicatorResult]
) -> str:
    """Name the one improvement that counts most, from where to where, and how (section 6.9)."""
    if is_exempt(results):
        return "Nothing, while the exemption lasts."
    if level is None or bottleneck is None:
        return "Hold what has been reached." if level else "Connect evidence for 2.1 and 2.2 first."
    weakest = _weakest(bottleneck, results)
    if weakest is None or _is_fully(weakest):
        unrated = _unrated(bottleneck, results)
        why = f": {unrated.measurement.reason}" if unrated else ""
        return f"Make evidence for {attribute_title(bottleneck)} available{why}."
    rules = {indicator.id: indicator for indicator in practice.indicators}
    indicator = rules[weakest.id]
    raises = smallest_raises(bottleneck, _required(bottleneck, level), results)
    steps = " and ".join(_raise(rules[result.id], result, aim) for result, aim in raises)
    return (
        f"{indicator.question} Bring {steps}. ServiceNow: {indicator.remediation.servicenow} "
        f"Jira: {indicator.remediation.jira}"
    )


def smallest_raises(
    attribute: str, required: float, results: Sequence[IndicatorResult]
) -> list[tuple[IndicatorResult, float]]:
    """Return the indicators to raise, weakest first, and the achievement each has to reach.

    The weakest alone where that lifts its attribute above `required`, else as many as it takes; each aims
    three points of achievement beyond what just suffices (section 6.9).
    """
    own = [
        result for result in results if result.attribute == attribute and result.measurement.state is not NA
    ]
    rated = sorted((each for each in own if each.achievement is not None), key=_by_achievement)
    for count in range(1, len(rated) + 1):
        raised = rated[:count]
        for hundredths in range(round(100 * required), 100):
            # More than `required` is asked for, so the next hundredth is the first that suffices.
            if (_attribute_with(own, raised, (hundredths + 1) / 100) or 0.0) > required:
                aim = min(hundredths / 100 + SAFETY, 1.0)
                return [(each, aim) for each in raised if (each.achievement or 0.0) < aim]
    return [(each, 1.0) for each in rated]


def _attribute_with(
    own: Sequence[IndicatorResult], raised: Sequence[IndicatorResult], aim: float
) -> float | None:
    names = {each.id for each in raised}
    return attribute_achievement(
        [
            (
                each.weight,
                each.core,
                max(aim, each.achievement or 0.0) if each.id in names else each.achievement,
            )
            for each in own
        ]
    )


def _raise(indicator: Indicator, result: IndicatorResult, aim: float) -> str:
    anchors = indicator.anchors
    value = value_at(aim, anchors.zero, anchors.full, anchors.scale)
    direction = "or more" if indicator.better_up else "or less"
    return (
        f"{indicator.id} from {number(result.measurement.value, indicator.unit)} "
        f"to {number(value, indicator.unit)} {direction}"
    )


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
        if name != bottleneck and int(name[0]) <= level + 1 and (value or 0.0) <= _required(name, level)
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
    return f"more than {100 * _required(attribute, level):.0f} %"


def _required(attribute: str, level: int) -> float:
    """Return the achievement an attribute must pass for the next level: 50 % of its own, 85 % below."""
    return PARTLY_UP_TO if int(attribute[0]) > level else LARGELY_UP_TO

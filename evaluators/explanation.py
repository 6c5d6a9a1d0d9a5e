"""Sentences over numbers: why this level, and what to do next. Templates, so equal numbers read alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluators.achievement import LARGELY_UP_TO, PARTLY_UP_TO, rating, value_at
from evaluators.catalogue import ATTRIBUTES, Practice
from evaluators.ladder import HIGHEST_LEVEL
from evaluators.results import IndicatorResult, State

LEVELS = {1: "Initial", 2: "Repeatable", 3: "Defined", 4: "Managed", 5: "Optimized"}
RATINGS = {"N": "Not", "P": "Partly", "L": "Largely", "F": "Fully", "NE": "not evidenced"}
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
) -> str:
    """Say which attribute holds the level down and what its weakest evidence is."""
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
    return f"{attribute_title(bottleneck)} is {achieved}, {need}. {_because(bottleneck, results)}"


def next_step(
    practice: Practice, level: int | None, bottleneck: str | None, results: Sequence[IndicatorResult]
) -> str:
    """Name the one improvement that counts most, from where to where, and how (section 6.9)."""
    if level is None or bottleneck is None:
        return "Hold what has been reached." if level else "Connect evidence for 2.1 and 2.2 first."
    weakest = _weakest(bottleneck, results)
    if weakest is None or _is_fully(weakest):
        unrated = _unrated(bottleneck, results)
        why = f": {unrated.measurement.reason}" if unrated else ""
        return f"Make evidence for {attribute_title(bottleneck)} available{why}."
    rules = {indicator.id: indicator for indicator in practice.indicators}
    indicator = rules[weakest.id]
    anchors = indicator.anchors
    required = max(_required(bottleneck, level), weakest.achievement or 0.0)
    aim = value_at(min(required + SAFETY, 1.0), anchors.zero, anchors.full, anchors.scale)
    return (
        f"{indicator.question} Bring {indicator.id} from {number(weakest.measurement.value, indicator.unit)} "
        f"to {number(aim, indicator.unit)} at least. ServiceNow: {indicator.remediation.servicenow} "
        f"Jira: {indicator.remediation.jira}"
    )


def number(value: float | None, unit: str) -> str:
    """Write a value with its unit for people."""
    if value is None:
        return "-"
    text = f"{value:,.1f}"
    return f"{text} {unit}" if unit.startswith("%") else f"{text} ({unit})"


def _weakest(attribute: str, results: Sequence[IndicatorResult]) -> IndicatorResult | None:
    rated = [result for result in results if result.attribute == attribute and result.achievement is not None]
    return min(rated, key=lambda result: (result.achievement, result.id), default=None)


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

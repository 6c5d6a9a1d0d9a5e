"""The one sentence that says how mature a practice is."""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.explanation import index_text, is_exempt
from evaluators.results import Assessment, IndicatorResult, PracticeResult, State
from interface.cli.words import certainty, count, level_name, plural, practice_name, share

MISSING = (State.NOT_CONNECTED, State.NOT_SUPPORTED, State.STALE, State.INSUFFICIENT_SAMPLE, State.ERROR)
"""States that keep an indicator from being rated although it applies."""


SURE = 0.90
"""Certainty that alone would make confidence high (section 6.4)."""


def scope_name(practice: PracticeResult) -> str:
    """Return `Incident`, or `Incident in Infrastructure` for a department."""
    name = practice_name(practice.practice)
    return f"{name} in {practice.department}" if practice.department else name


def headline(practice: PracticeResult) -> str:
    """Return `Incident: level 2 (Repeatable) proven, up to 4 possible: connect …`."""
    name = scope_name(practice)
    if is_exempt(practice.indicators):
        return f"{name}: declared not applicable"
    if practice.level is None:
        text = f"{name}: not assessed, up to level {practice.possible} possible"
    elif practice.possible > practice.level:
        text = f"{name}: {level_name(practice.level)} proven, up to {practice.possible} possible"
    else:
        return f"{name}: {level_name(practice.level)} proven, no higher one possible on this evidence"
    return f"{text}: {to_connect(practice.indicators)}" if practice.indicators else text


def figures(practice: PracticeResult) -> str:
    """Return `index 2.66, breadth 46 %, coverage 80 %, confidence low (62 % …)`."""
    level = practice.level or 1
    confidence = f"confidence {practice.confidence}"
    if practice.level is not None and level > 1:
        why = (
            ", but little is covered"
            if practice.confidence != "high" and practice.probability >= SURE
            else ""
        )
        confidence += f" ({certainty(practice.probability)} sure of level {level} or higher{why})"
    return (
        f"index {index_text(practice.index)}, breadth {share(practice.breadth)}, "
        f"coverage {share(practice.coverage)}, {confidence}"
    )


def unrated(indicators: Sequence[IndicatorResult]) -> list[IndicatorResult]:
    """Return the indicators that apply but could not be rated."""
    return [each for each in indicators if each.measurement.state in MISSING]


def to_connect(indicators: Sequence[IndicatorResult]) -> str:
    """Say what would let the indicators be rated that are not: the shortest reasons first named."""
    missing = unrated(indicators)
    connect = _reasons(missing, State.NOT_CONNECTED, State.NOT_SUPPORTED, State.STALE)
    parts = [f"connect what is missing ({'; '.join(connect[:2])})"] if connect else []
    few = [each for each in missing if each.measurement.state is State.INSUFFICIENT_SAMPLE]
    if few:
        parts.append(f"collect more records for {plural(len(few), 'indicator')}")
    return ", ".join(parts) or f"{count(len(missing))} indicators are not rated"


def confirmed(practice: PracticeResult) -> str:
    """Say which level is published where that differs from the proven one (section 6.5)."""
    if practice.confirmed is None or practice.confirmed == practice.level:
        return ""
    return (
        f"Published level stays {practice.confirmed} until two assessments agree and "
        "the change is at least 80 % certain."
    )


def overall(assessment: Assessment) -> str:
    """Return the sentence on all practices together; empty where a single one was assessed."""
    found = assessment.overall
    organisation = [each for each in assessment.practices if each.department is None]
    if len(organisation) < 2 or found.level is None:
        return ""
    text = f"Overall: {level_name(found.level)} proven"
    if found.possible is not None and found.possible > found.level:
        text += f", up to {found.possible} possible"
    if found.weakest:
        text += f"; held down by {found.weakest}"
    return text + (f"; index {index_text(found.index)}" if found.index is not None else "")


def least(assessment: Assessment, organisation: Sequence[PracticeResult]) -> PracticeResult | None:
    """Return the assessed practice to begin with: the one that holds the whole down, else the lowest."""
    assessed = [each for each in organisation if each.level is not None]
    weakest = [each for each in assessed if each.practice == assessment.overall.weakest]
    return min(weakest or assessed, key=lambda each: (each.index, each.practice), default=None)


def _reasons(indicators: Sequence[IndicatorResult], *states: State) -> list[str]:
    texts = (each.measurement.reason for each in indicators if each.measurement.state in states)
    return list(dict.fromkeys(text.rstrip(".") for text in texts))

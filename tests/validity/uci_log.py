"""The audit log of a real ServiceNow: figures of section 8.3 as corrected by section 11 A and C."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluators.results import Assessment, IndicatorResult, PracticeResult, State
from tests.validity.figures import Figure, within
from tests.validity.workplace import assessed, uci_configuration


@dataclass(frozen=True)
class Expected:
    """One figure of the specification."""

    name: str
    indicator: str
    value: float
    tolerance: float = 0.1
    bound: str = "value"


EXPECTED = (
    Expected("incidents in the cohort", "inc-first-assignment-resolution", 21_571, 0, "n"),
    Expected("first assignment", "inc-first-assignment-resolution", 52.81),
    Expected("reopened", "uci-reopened", 1.11),
    Expected("SLA met, priority 1", "uci-sla-priority-1", 1.79),
    Expected("SLA met, priority 2", "uci-sla-priority-2", 0.29),
    Expected("SLA met, priority 3", "uci-sla-priority-3", 62.56),
    Expected("SLA met, priority 4 and 5", "uci-sla-priority-4", 85.40),
    Expected("SLA met, overall", "uci-sla-overall", 61.61),
    Expected("SLA met, overall, Wilson lower", "uci-sla-overall", 60.95, 0.1, "low"),
    Expected("SLA met, overall, Wilson upper", "uci-sla-overall", 62.25, 0.1, "high"),
    Expected("SLA met, weighted", "inc-sla-attainment", 21.86),
    Expected("CI filled", "uci-ci-filled", 0.25),
    Expected("problem link", "uci-problem-link", 1.39),
    Expected("rfc link", "uci-change-link", 0.71),
    Expected("caused_by link", "uci-caused-by-link", 0.005, 0.001),
    Expected("record completeness", "inc-record-completeness", 81.57),
    Expected("resolved within 30 days", "inc-resolved-within-30-days", 95.27),
    Expected("response within target", "inc-response-within-target", 93.45, 0.3),
    Expected("priority follows impact and urgency", "inc-priority-model-conformance", 100.0),
    Expected("group ping-pong", "inc-ping-pong-rate", 10.87),
    Expected("ping-pong, incidents with a group", "inc-ping-pong-rate", 21_199, 0, "n"),
    Expected("paused share of open time", "uci-paused-share", 38.70),
    Expected("single-person dependence", "inc-single-person-dependence", 11.04),
    Expected("single-person, incidents in cells", "inc-single-person-dependence", 18_249, 0, "n"),
    Expected("conforming volume, SLA", "uci-sla-consistency", 71.19),
    Expected("conforming volume, speed", "inc-team-resolution-consistency", 67.46),
    Expected("conforming volume, completeness", "inc-team-record-consistency", 100.0),
)

UNRATED = {
    "inc-sla-coverage": State.NOT_SUPPORTED,
    "inc-automated-resolution": State.NOT_CONNECTED,
    "inc-major-incident-non-recurrence": State.NOT_SUPPORTED,
    "inc-resolution-in-control": State.INSUFFICIENT_SAMPLE,
    "inc-resolution-time-trend": State.INSUFFICIENT_SAMPLE,
    "inc-handoff-trend": State.INSUFFICIENT_SAMPLE,
}
"""Indicators that this log cannot answer, and why (erratum A15)."""


def shipped_only(assessment: Assessment) -> PracticeResult:
    """Return the incident practice of an assessment."""
    return next(each for each in assessment.practices if each.practice == "incident")


def indicator(assessment: Assessment, name: str) -> IndicatorResult:
    """Return one indicator of the incident practice."""
    return next(each for each in shipped_only(assessment).indicators if each.id == name)


def measured(assessment: Assessment, expected: Expected) -> Figure:
    """Return the figure that the product takes beside the one of the specification."""
    found = getattr(indicator(assessment, expected.indicator).measurement, expected.bound)
    unit = "records" if expected.bound == "n" else "%"
    return within(f"UCI log: {expected.name}", float(found), expected.value, expected.tolerance, unit)


def figures() -> Iterator[Figure]:
    """Read, assess and compare; the level is that of the shipped catalogue."""
    with TemporaryDirectory() as folder:
        result = assessed(uci_configuration(Path(folder)))
    for expected in EXPECTED:
        yield measured(result, expected)
    practice = shipped_only(result)
    yield within("UCI log: level", float(practice.level or 0), 2, 0, "level")
    yield within("UCI log: index", practice.index, 2.66, 0.05, "index")

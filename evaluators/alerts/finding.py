"""What a rule found, and where its subject stands now; figures are oriented so that more is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evaluators.catalogue import Indicator
from evaluators.results import Assessment, PracticeResult

Entries = Mapping[str, Indicator]


class Rule(StrEnum):
    """The rules of section 6.10 that look at assessments."""

    LEVEL_FELL = "level_fell"
    ATTRIBUTE_FELL = "attribute_fell"
    OUT_OF_CONTROL = "out_of_control"
    EVIDENCE_LOST = "evidence_lost"
    GAMING = "gaming"


COVERAGE = "coverage"
"""Subject of lost evidence that is no source."""
READABLE = "readable"


@dataclass(frozen=True)
class Finding:
    """One thing that got worse, oriented so that more is better."""

    rule: Rule
    practice: str
    """Empty where it is about a source or the whole organisation."""
    department: str | None
    subject: str
    """Attribute, indicator, source and kind, or scenario."""
    before: float
    now: float
    limit: float
    """From here on it counts as recovered."""
    sentence: str
    probability: float | None = None
    """Of a fall as large by chance; None where chance has no part in it."""

    @property
    def key(self) -> tuple[str, str, str | None, str]:
        """What the same finding has in common in every assessment."""
        return self.rule.value, self.practice, self.department, self.subject


def practice_in(assessment: Assessment, practice: str, department: str | None) -> PracticeResult | None:
    """Return the result of a practice in a scope."""
    same = (
        each for each in assessment.practices if (each.practice, each.department) == (practice, department)
    )
    return next(same, None)


def upward(indicator: str, value: float, entries: Entries) -> float:
    """Return a value oriented so that more is better."""
    entry = entries.get(indicator)
    return -value if entry is not None and not entry.better_up else value


def standing_now(
    rule: Rule, practice: str, department: str | None, subject: str, now: Assessment, entries: Entries
) -> float | None:
    """Return where a finding's subject stands in an assessment; None where that is not known."""
    if rule is Rule.GAMING:
        return 0.0 if any(each.scenario == subject for each in now.suspicions) else 1.0
    if rule is Rule.EVIDENCE_LOST and subject != COVERAGE:
        return source_standing(now, subject)
    result = practice_in(now, practice, department)
    return None if result is None else _in_practice(rule, subject, result, entries)


def source_standing(assessment: Assessment, subject: str) -> float | None:
    """Return 1 for a source's kind that can be read, 0 for one that cannot; None for one not configured."""
    for each in assessment.sources:
        if f"{each.source} {each.kind}" == subject:
            return 1.0 if each.state == READABLE else 0.0
    return None


def _in_practice(rule: Rule, subject: str, result: PracticeResult, entries: Entries) -> float | None:
    if rule is Rule.LEVEL_FELL:
        return None if result.confirmed is None else float(result.confirmed)
    if rule is Rule.EVIDENCE_LOST:
        return result.coverage
    if rule is Rule.ATTRIBUTE_FELL:
        return next((each.achievement for each in result.attributes if each.attribute == subject), None)
    for each in result.indicators:
        if each.id == subject and each.measurement.value is not None and each.achievement is not None:
            return upward(subject, each.measurement.value, entries)
    return None

"""The rules that look at assessments (section 6.10); targets are not among them.

Falls that chance could have brought are tested together: Benjamini-Hochberg at q = 0.10 over the core
indicators, and over the attributes, of all practices and scopes of one assessment. They are two families: an
attribute and its core indicator fall for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evaluators.alerts.chance import FallTest, attribute_test, control_test
from evaluators.alerts.finding import (
    COVERAGE,
    Entries,
    Finding,
    Rule,
    practice_in,
    source_standing,
)
from evaluators.results import Assessment, PracticeResult, State

DISCOVERY_RATE = 0.10
"""Share of false ones among the falls reported (Benjamini-Hochberg)."""
COVERAGE_LOSS = 0.20
_NOTHING = 1e-9


def findings(earlier: Sequence[Assessment], now: Assessment, entries: Entries) -> tuple[Finding, ...]:
    """Return what got worse since the assessments before, oldest first; nothing without one.

    `entries` are the catalogue's, by id. Indicators that were rated by another rule before are compared with
    nothing: other rules are no other work.
    """
    if not earlier:
        return ()
    attributes: list[FallTest] = []
    indicators: list[FallTest] = []
    certain: list[Finding] = []
    for result in now.practices:
        past = [
            found
            for each in earlier
            if (found := practice_in(each, result.practice, result.department)) is not None
        ]
        if past:
            attributes += _attribute_tests(past[-1], result, entries)
            indicators += _control_tests(past, result, entries)
            certain += [*_level_fell(past[-1], result), *_coverage_fell(past[-1], result)]
    certain += [*_sources_lost(earlier[-1], now), *_gaming(now)]
    return (*certain, *_significant(attributes), *_significant(indicators))


def _attribute_tests(before: PracticeResult, now: PracticeResult, entries: Entries) -> list[FallTest]:
    tests = (attribute_test(before, now, each.attribute, entries) for each in now.attributes)
    return [each for each in tests if each is not None]


def _control_tests(past: Sequence[PracticeResult], now: PracticeResult, entries: Entries) -> list[FallTest]:
    tests = (control_test(past, now, each, entries) for each in now.indicators if each.core)
    return [each for each in tests if each is not None]


def _significant(tests: Sequence[FallTest]) -> list[Finding]:
    """Return the falls that hold among all that were tested, and are large enough."""
    if not tests:
        return []
    from scipy.stats import false_discovery_control

    adjusted = false_discovery_control([each.probability for each in tests])
    return [
        replace(test.finding, probability=float(probability))
        for test, probability in zip(tests, adjusted, strict=True)
        if test.finding is not None and probability <= DISCOVERY_RATE
    ]


def _level_fell(before: PracticeResult, now: PracticeResult) -> Iterator[Finding]:
    if before.confirmed is not None and now.confirmed is not None and now.confirmed < before.confirmed:
        yield Finding(
            Rule.LEVEL_FELL,
            now.practice,
            now.department,
            "level",
            float(before.confirmed),
            float(now.confirmed),
            float(before.confirmed),
            f"The confirmed level fell from {before.confirmed} to {now.confirmed}. {now.reason}",
        )


def _coverage_fell(before: PracticeResult, now: PracticeResult) -> Iterator[Finding]:
    stale = [each.id for each in now.indicators if each.measurement.state is State.STALE]
    was_stale = {each.id for each in before.indicators if each.measurement.state is State.STALE}
    newly = [name for name in stale if name not in was_stale]
    if before.coverage - now.coverage >= COVERAGE_LOSS - _NOTHING or newly:
        why = f"; not read for too long: {', '.join(newly)}" if newly else ""
        loss = COVERAGE_LOSS if before.coverage - now.coverage >= COVERAGE_LOSS - _NOTHING else _NOTHING
        yield Finding(
            Rule.EVIDENCE_LOST,
            now.practice,
            now.department,
            COVERAGE,
            before.coverage,
            now.coverage,
            before.coverage - loss,
            f"Coverage went from {100 * before.coverage:.0f} % to {100 * now.coverage:.0f} %{why}.",
        )


def _sources_lost(before: Assessment, now: Assessment) -> Iterator[Finding]:
    for each in now.sources:
        subject = f"{each.source} {each.kind}"
        if source_standing(before, subject) == 1.0 and source_standing(now, subject) == 0.0:
            sentence = f"{each.kind} of {each.source} could be read before and is {each.state} now."
            yield Finding(Rule.EVIDENCE_LOST, "", None, subject, 1.0, 0.0, 1.0, sentence)


def _gaming(now: Assessment) -> Iterator[Finding]:
    for each in now.suspicions:
        yield Finding(Rule.GAMING, "", None, each.scenario, 1.0, 0.0, 1.0, f"{each.title}: {each.sentence}")

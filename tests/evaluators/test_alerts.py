from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from evaluators.alerts import Alert, Finding, Rule, findings, updated
from evaluators.gaming.suspicion import Suspicion
from evaluators.results import Assessment, OverallResult, PracticeResult, SourceState
from tests.evaluators.made import ENTRIES, made_indicator, made_practice, practice_of, with_indicator

RESPONSE, BOUNCE = "inc-response-within-target", "inc-ping-pong-rate"


def assessment(*practices: PracticeResult, day: int = 0) -> Assessment:
    return Assessment(
        id=f"a{day}",
        taken_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day),
        as_of=date(2026, 1, 1) + timedelta(days=day),
        kind="live",
        catalogue="1",
        policy="p",
        evidence_store="s",
        evidence_number=1,
        evidence_content="c",
        overall=OverallResult(None, None, None, None, None),
        practices=practices,
        sources=(),
    )


def with_value(name: str, achievement: float, half: float) -> PracticeResult:
    """Incident management at 100 % but for one indicator, whose interval is ± half points of its value."""
    result = made_indicator(name, achievement)
    value = result.measurement.value or 0.0
    found = replace(result.measurement, low=value - half, high=value + half)
    practice = with_indicator(made_practice("incident", {}), replace(result, measurement=found))
    return replace(practice, confirmed=2)


def rules(found: Sequence[Finding]) -> set[tuple[str, str]]:
    return {(each.rule.value, each.subject) for each in found}


def found_between(one: PracticeResult, other: PracticeResult) -> tuple[Finding, ...]:
    return findings([assessment(one)], assessment(other, day=90), ENTRIES)


def test_the_first_assessment_alerts_nobody() -> None:
    assert findings([], assessment(made_practice("incident", {})), ENTRIES) == ()


def test_nothing_is_found_where_nothing_changed() -> None:
    practice = with_value(RESPONSE, 0.6, 2)
    assert found_between(practice, practice) == ()


def test_a_fall_of_an_attribute_beyond_chance_is_found() -> None:
    # 15 points of a core of weight 2 of 3 are 10 points of the attribute.
    found = found_between(with_value(RESPONSE, 0.80, 1), with_value(RESPONSE, 0.60, 1))
    assert ("attribute_fell", "2.1") in rules(found)
    fall = next(each for each in found if each.rule is Rule.ATTRIBUTE_FELL)
    assert fall.probability is not None
    assert fall.probability < 0.01
    assert "2.1 Performed fell from 87 % to 73 % (by" in fall.sentence


def test_a_fall_of_less_than_ten_points_is_no_fall_of_an_attribute() -> None:
    found = found_between(with_value(RESPONSE, 0.80, 0.2), with_value(RESPONSE, 0.70, 0.2))
    assert ("attribute_fell", "2.1") not in rules(found)


def test_a_large_fall_that_chance_explains_is_not_told() -> None:
    assert found_between(with_value(RESPONSE, 0.80, 15), with_value(RESPONSE, 0.55, 15)) == ()


def test_a_core_indicator_outside_what_chance_explains_is_found() -> None:
    found = found_between(with_value(RESPONSE, 0.80, 1), with_value(RESPONSE, 0.72, 1))
    assert rules(found) == {("out_of_control", RESPONSE)}


def test_a_core_indicator_without_width_is_judged_by_how_far_it_moved_before() -> None:
    before = [
        assessment(with_value(RESPONSE, each, 0), day=day) for day, each in enumerate((0.8, 0.801, 0.799))
    ]
    fallen, near = (assessment(with_value(RESPONSE, each, 0), day=9) for each in (0.70, 0.795))
    assert ("out_of_control", RESPONSE) in rules(findings(before, fallen, ENTRIES))
    assert findings(before, near, ENTRIES) == ()
    assert findings(before[:2], near, ENTRIES) == ()


def test_other_indicators_and_improvements_give_no_signal() -> None:
    assert found_between(with_value(BOUNCE, 0.80, 0.2), with_value(BOUNCE, 0.72, 0.2)) == ()
    assert found_between(with_value(RESPONSE, 0.60, 1), with_value(RESPONSE, 0.90, 1)) == ()


def test_where_less_is_better_a_rise_is_the_bad_side() -> None:
    name = "rel-change-failure-rate"
    low = replace(made_indicator(name, 0.8).measurement, low=7.5, high=8.5)
    high = replace(made_indicator(name, 0.6).measurement, low=10.5, high=11.5)
    one = practice_of("release", [replace(made_indicator(name, 0.8), measurement=low)])
    other = practice_of("release", [replace(made_indicator(name, 0.6), measurement=high)])
    assert ("out_of_control", name) in rules(found_between(one, other))
    assert found_between(other, one) == ()


def test_what_another_rule_rated_before_is_compared_with_nothing() -> None:
    one, other = with_value(RESPONSE, 0.9, 1), with_value(RESPONSE, 0.5, 1)
    renamed = replace(next(each for each in other.indicators if each.id == RESPONSE), rule="another")
    assert found_between(one, replace(with_indicator(other, renamed), confirmed=2)) == ()


def test_false_alerts_stay_rare_where_nothing_but_chance_moves_the_values() -> None:
    random = np.random.default_rng(7)

    def quarter(day: int) -> Assessment:
        practice = made_practice("incident", {})
        results = []
        for each in practice.indicators:
            value = (made_indicator(each.id, 0.7).measurement.value or 0.0) + float(random.normal(0, 1))
            found = replace(each.measurement, value=value, low=value - 1.96, high=value + 1.96)
            results.append(replace(each, measurement=found, achievement=0.7))
        return assessment(practice_of("incident", results), day=day)

    quarters = [quarter(90 * number) for number in range(200)]
    told = sum(bool(findings([one], other, ENTRIES)) for one, other in pairwise(quarters))
    assert told <= 10


def test_a_confirmed_level_that_fell_is_found() -> None:
    practice = made_practice("incident", {})
    found = found_between(replace(practice, confirmed=4), replace(practice, confirmed=3))
    assert rules(found) == {("level_fell", "level")}
    assert found_between(replace(practice, confirmed=3), replace(practice, confirmed=4)) == ()


def test_lost_coverage_and_lost_sources_are_found() -> None:
    practice = made_practice("incident", {})
    lost = found_between(replace(practice, coverage=0.9), replace(practice, coverage=0.7))
    assert rules(lost) == {("evidence_lost", "coverage")}
    assert found_between(replace(practice, coverage=0.9), replace(practice, coverage=0.71)) == ()
    one, other = assessment(practice), assessment(practice, day=90)
    source = SourceState("corp", "incident", "readable", None, 10)
    gone = findings(
        [replace(one, sources=(source,))],
        replace(other, sources=(replace(source, state="denied"),)),
        ENTRIES,
    )
    assert rules(gone) == {("evidence_lost", "corp incident")}


def suspicion(scenario: str) -> Suspicion:
    return Suspicion(scenario, "Closures in bursts", "212 on one day.", (), (), (), 212, "incident", ())


def test_what_looks_manipulated_is_found() -> None:
    practice = made_practice("incident", {})
    now = replace(assessment(practice, day=90), suspicions=(suspicion("closure-burst"),))
    found = findings([assessment(practice)], now, ENTRIES)
    assert rules(found) == {("gaming", "closure-burst")}
    assert found[0].sentence == "Closures in bursts: 212 on one day."


def raised(one: PracticeResult, other: PracticeResult) -> tuple[Alert, ...]:
    now = assessment(other, day=90)
    return updated([], findings([assessment(one)], now, ENTRIES), now, ENTRIES).raised


def fallen() -> tuple[Alert, ...]:
    return raised(with_value(RESPONSE, 0.80, 1), with_value(RESPONSE, 0.60, 1))


def test_an_alert_is_told_once_and_silent_until_it_is_over() -> None:
    alerts = fallen()
    assert {each.finding.rule for each in alerts} == {Rule.ATTRIBUTE_FELL, Rule.OUT_OF_CONTROL}
    later = assessment(with_value(RESPONSE, 0.60, 1), day=180)
    outcome = updated(alerts, (), later, ENTRIES)
    assert (outcome.raised, outcome.worse, outcome.recovered) == ((), (), ())
    assert outcome.open == alerts


def test_the_same_finding_has_the_same_id_however_often_it_is_made() -> None:
    assert [each.id for each in fallen()] == [each.id for each in fallen()]
    assert len({each.id for each in fallen()}) == 2


def test_an_alert_that_got_worse_is_told_again_under_its_id() -> None:
    alerts = fallen()
    outcome = updated(alerts, (), assessment(with_value(RESPONSE, 0.40, 1), day=180), ENTRIES)
    assert {each.id for each in outcome.worse} == {each.id for each in alerts}
    assert all(each.told == date(2026, 6, 30) for each in outcome.worse)
    again = updated(outcome.open, (), assessment(with_value(RESPONSE, 0.40, 1), day=270), ENTRIES)
    assert again.worse == ()


def test_an_alert_is_over_once_the_fall_is_made_good() -> None:
    outcome = updated(fallen(), (), assessment(with_value(RESPONSE, 0.80, 1), day=180), ENTRIES)
    assert len(outcome.recovered) == 2
    assert outcome.open == ()


def test_what_fell_again_after_it_was_over_is_another_alert() -> None:
    first = fallen()
    now = assessment(with_value(RESPONSE, 0.60, 1), day=270)
    found = findings([assessment(with_value(RESPONSE, 0.80, 1), day=180)], now, ENTRIES)
    second = updated([], found, now, ENTRIES).raised
    assert {each.id for each in first}.isdisjoint(each.id for each in second)


def test_an_alert_whose_subject_is_not_rated_any_more_stays_open() -> None:
    unrated = made_practice("incident", {RESPONSE: None, "inc-resolved-within-30-days": None})
    outcome = updated(fallen(), (), assessment(unrated, day=180), ENTRIES)
    assert len(outcome.silent) == 2


@pytest.mark.parametrize("rule", [Rule.LEVEL_FELL, Rule.EVIDENCE_LOST])
def test_levels_and_coverage_recover(rule: Rule) -> None:
    good = replace(made_practice("incident", {}), confirmed=4, coverage=0.9)
    bad = replace(good, confirmed=3) if rule is Rule.LEVEL_FELL else replace(good, coverage=0.6)
    alerts = raised(good, bad)
    assert [each.finding.rule for each in alerts] == [rule]
    assert updated(alerts, (), assessment(bad, day=180), ENTRIES).silent == alerts
    assert updated(alerts, (), assessment(good, day=180), ENTRIES).recovered == alerts

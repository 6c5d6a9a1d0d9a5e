from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from evaluators.achievement import achievement
from evaluators.decomposition import Change, Kind, Restated, decompose, sentences
from evaluators.results import IndicatorResult, PracticeResult
from evaluators.standing import standing_of
from tests.evaluators.made import (
    ENTRIES,
    made_indicator,
    made_practice,
    practice_of,
    some_practice,
    with_indicator,
)

RESPONSE, DONE = "inc-response-within-target", "inc-resolved-within-30-days"
FIRST, BOUNCE = "inc-first-assignment-resolution", "inc-ping-pong-rate"


def points(change: Change, attribute: str) -> dict[tuple[str, str], float]:
    found = [each for each in change.attributes if each.attribute == attribute]
    return {(term.indicator, term.kind.value): round(term.points, 3) for each in found for term in each.terms}


def other_rules(random: Random, practice: PracticeResult) -> PracticeResult:
    """The same measurements with other weights, cores and achievements."""
    return practice_of(
        practice.practice,
        [
            replace(
                each,
                weight=random.choice([0.5, 1.0, 2.0]),
                core=random.random() < 0.5,
                achievement=None if each.achievement is None else random.random(),
            )
            for each in practice.indicators
        ],
    )


def test_the_terms_of_every_attribute_and_of_the_index_add_up_in_every_random_case() -> None:
    random = Random(4)
    for _ in range(1_500):
        one = some_practice(random, "incident")
        other = some_practice(random, "incident")
        restated = Restated(other_rules(random, one)) if random.random() < 0.3 else None
        change = decompose(one, other, ENTRIES, restated)
        was, now = standing_of(one.indicators).proven, standing_of(other.indicators).proven
        told = {each.attribute: each for each in change.attributes}
        for name in was:
            moved = 100 * ((now[name] or 0.0) - (was[name] or 0.0))
            said = sum(term.points for term in told[name].terms) if name in told else 0.0
            assert said == pytest.approx(moved, abs=1e-6)
        summed = sum(term.index for term in change.terms) + change.held_back
        assert summed == pytest.approx(other.index - one.index, abs=1e-6)


def test_an_indicator_moves_its_attribute_by_its_weight() -> None:
    # Core weighs 2 of 3: from 90 % to 60 % are -30 x 2/3 points.
    change = decompose(
        made_practice("incident", {RESPONSE: 0.9}), made_practice("incident", {RESPONSE: 0.6}), ENTRIES
    )
    assert points(change, "2.1") == {(RESPONSE, "rate"): -20.0}
    assert change.moved_by == "2.1"
    assert sum(each.index for each in change.terms) + change.held_back == pytest.approx(change.index)


def test_what_the_cap_takes_away_is_a_term_of_its_own() -> None:
    # 2 x 100 % and 55 % are 85 %; 2 x 100 % and 45 % would be 81.7 %, and the cap at 85 % does not bind.
    free = decompose(made_practice("incident", {DONE: 0.9}), made_practice("incident", {DONE: 0.55}), ENTRIES)
    assert (("", "cap") in points(free, "2.1")) is False
    # 100 % and 10 %: the mean is 70 %, the cap 50 %.
    change = decompose(
        made_practice("incident", {DONE: 0.9}), made_practice("incident", {DONE: 0.1}), ENTRIES
    )
    assert points(change, "2.1") == {(DONE, "rate"): pytest.approx(-26.667), ("", "cap"): -20.0}


def test_evidence_that_is_lost_is_told_apart_from_worse_work() -> None:
    one = made_practice("incident", {RESPONSE: 0.4, DONE: 0.7})
    change = decompose(one, made_practice("incident", {RESPONSE: None, DONE: 0.7}), ENTRIES)
    # 50 % with it, 70 % without it; without the core at most 85 %.
    assert points(change, "2.1") == {(RESPONSE, "evidence"): 20.0}
    assert change.lost == (RESPONSE,)
    back = decompose(made_practice("incident", {RESPONSE: None, DONE: 0.7}), one, ENTRIES)
    assert points(back, "2.1") == {(RESPONSE, "evidence"): -20.0}
    assert back.rated == (RESPONSE,)


def test_other_rules_are_told_apart_from_other_work() -> None:
    one, other = made_practice("incident", {RESPONSE: 0.9}), made_practice("incident", {RESPONSE: 0.6})
    restated = Restated(made_practice("incident", {RESPONSE: 0.75}))
    change = decompose(one, other, ENTRIES, restated)
    assert points(change, "2.1") == {(RESPONSE, "rule"): -10.0, (RESPONSE, "rate"): -10.0}
    assert change.restated_index == restated.practice.index
    remeasured = decompose(one, other, ENTRIES, replace(restated, remeasured=frozenset({RESPONSE})))
    assert points(remeasured, "2.1") == {(RESPONSE, "rule"): -20.0}


def test_a_limit_that_came_is_told_apart_from_worse_work() -> None:
    one = made_indicator(RESPONSE, 0.9)
    limited = replace(one, achievement=0.5, measurement=replace(one.measurement, cap=0.5))
    practice = made_practice("incident", {RESPONSE: 0.9})
    change = decompose(practice, with_indicator(practice, limited), ENTRIES)
    assert (RESPONSE, "limit") in points(change, "2.1")


def of_groups(name: str, groups: dict[str, tuple[int, int]]) -> IndicatorResult:
    """A share whose groups are (numerator, records)."""
    hits, records = (sum(each[place] for each in groups.values()) for place in (0, 1))
    entry = ENTRIES[name]
    result = made_indicator(name, achievement(100 * hits / records, entry.anchors.zero, entry.anchors.full))
    against = {
        group: (100 * ((n - good) if entry.better_up else good) / n, n) for group, (good, n) in groups.items()
    }
    return replace(
        result,
        measurement=replace(
            result.measurement,
            value=100 * hits / records,
            numerator=hits,
            denominator=records,
            groups=tuple((group, round(share, 2), n) for group, (share, n) in against.items()),
        ),
    )


def changed_groups(name: str, one: dict[str, tuple[int, int]], other: dict[str, tuple[int, int]]) -> Change:
    practice = made_practice("incident", {})
    return decompose(
        with_indicator(practice, of_groups(name, one)),
        with_indicator(practice, of_groups(name, other)),
        ENTRIES,
    )


def test_the_same_rates_on_another_mix_are_mix_alone() -> None:
    change = changed_groups(FIRST, {"a": (90, 100), "b": (40, 100)}, {"a": (45, 50), "b": (60, 150)})
    # 65 % and 52.5 %: -12.5 points of the value, all mix; anchors are 40 points apart, weight 2 of 3.
    assert points(change, "4.2") == {(FIRST, "mix"): pytest.approx(-100 * 12.5 / 40 * 2 / 3, abs=1e-3)}


def test_other_rates_on_the_same_mix_are_rate_alone() -> None:
    change = changed_groups(FIRST, {"a": (90, 100), "b": (40, 100)}, {"a": (80, 100), "b": (30, 100)})
    assert set(points(change, "4.2")) == {(FIRST, "rate")}


def test_mix_and_rate_are_not_told_apart_where_groups_are_missing() -> None:
    one, other = (
        of_groups(FIRST, {"a": (90, 100), "b": (40, 100)}),
        of_groups(FIRST, {"a": (45, 100), "b": (40, 100)}),
    )
    cut = replace(other, measurement=replace(other.measurement, groups=other.measurement.groups[:1]))
    practice = made_practice("incident", {})
    change = decompose(with_indicator(practice, one), with_indicator(practice, cut), ENTRIES)
    assert set(points(change, "4.2")) == {(FIRST, "rate")}
    assert any("told apart only where" in each for each in sentences(change))


@pytest.mark.parametrize(("name", "sign"), [(FIRST, -1), (BOUNCE, 1)])
def test_groups_are_told_by_how_far_each_alone_moves_the_value(name: str, sign: int) -> None:
    bad = {"a": (50, 100), "b": (20, 100)} if sign < 0 else {"a": (5, 100), "b": (20, 100)}
    change = changed_groups(name, {"a": (50, 100), "b": (45, 100)}, bad)
    shares = {each.group: each for each in change.groups}
    alone = {group: 100 * hits / n for group, (hits, n) in bad.items()}
    whole = 100 * sum(hits for hits, _ in bad.values()) / 200
    assert shares["b"].now == pytest.approx(whole - alone["a"])
    assert shares["b"].now * sign > 0
    assert shares["b"].before == pytest.approx(47.5 - 50)


def test_nothing_is_told_where_nothing_changed() -> None:
    practice = made_practice("incident", {RESPONSE: 0.4})
    change = decompose(practice, practice, ENTRIES)
    assert (change.attributes, change.index, change.held_back) == ((), 0.0, 0.0)


def test_where_the_index_fell_the_attribute_that_holds_it_now_tells_why() -> None:
    one = made_practice("incident", {RESPONSE: 0.6, FIRST: 0.9})
    other = made_practice("incident", {RESPONSE: 0.9, FIRST: 0.1, BOUNCE: 0.1})
    change = decompose(one, made_practice("incident", {RESPONSE: 0.1, DONE: 0.1}), ENTRIES)
    assert change.moved_by == "2.1"
    risen = decompose(one, other, ENTRIES)
    assert risen.moved_by == "2.1"
    assert risen.after.bottleneck == "4.2"
    assert risen.held_back < 0


def test_the_sentences_name_the_numbers() -> None:
    change = decompose(
        made_practice("incident", {RESPONSE: 0.9}), made_practice("incident", {RESPONSE: 0.6}), ENTRIES
    )
    text = " ".join(sentences(change))
    assert "Index 5.00, then 2.66" in text
    assert "2.1 Performed went from 93.3 % to 73.3 % (-20.0 points)" in text
    assert f"{RESPONSE} -20.0 {'by its rate'}" in text
    assert Kind.RATE in {term.kind for term in change.terms}

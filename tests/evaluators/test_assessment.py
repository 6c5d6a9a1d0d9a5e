from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from evaluators.policy import Policy
from evaluators.publication import Previous
from evaluators.results import Assessment, IndicatorResult, PracticeResult, State
from storage.errors import UsageError
from storage.evidence.store import EvidenceStore, Record
from tests.evaluators.world import SOURCE, TAKEN_AT, TODAY, World, only, organisation

POLICY = Policy(automation=("healer",), departments={"*": "IT"}, time_zone="Europe/London")
BEFORE = datetime(2026, 6, 15, tzinfo=UTC)


def everything(assessment: Assessment) -> str:
    """All that an assessment says, to the last digit, but for when and under which name."""
    return repr(replace(assessment, id="", taken_at=BEFORE))


def findings(assessment: Assessment) -> str:
    """The same without the number of commits of the store."""
    return everything(replace(assessment, evidence_number=0))


@pytest.fixture
def filled(world: World) -> World:
    organisation(world)
    return world


def practice(assessment: Assessment) -> PracticeResult:
    assert [each.department for each in assessment.practices][:1] == [None]
    assert {each.practice for each in assessment.practices} == {"incident"}
    return assessment.practices[0]


# --- Equal evidence, equal result ---


def test_the_organisation_of_these_tests_shows_every_indicator(filled: World) -> None:
    result = practice(filled.assess(POLICY))
    assert {one.measurement.state for one in result.indicators} == {State.MEASURED}
    assert len(result.indicators) == 16


def test_equal_inputs_give_the_same_result_to_the_last_digit(filled: World) -> None:
    first, second = filled.assess(POLICY), filled.assess(POLICY, taken_at=TAKEN_AT + timedelta(hours=1))
    assert everything(first) == everything(second)
    assert first.id != second.id
    assert filled.assess(POLICY).id == first.id


def merged(
    world: World, other: World, into: Callable[[EvidenceStore, str, str, list[Record]], None]
) -> Assessment:
    """Assess the records of another world, put into the store in another way."""
    for (source, kind), records in other.records().items():
        world.delivers(kind, source=source)
        into(world.store, source, kind, records)
    return world.assess(POLICY)


def backwards(store: EvidenceStore, source: str, kind: str, records: list[Record]) -> None:
    store.merge(source, kind, records[::-1])


def in_batches(store: EvidenceStore, source: str, kind: str, records: list[Record]) -> None:
    for start in range(0, len(records), 97):
        store.merge(source, kind, records[start : start + 97])


def doubled(store: EvidenceStore, source: str, kind: str, records: list[Record]) -> None:
    store.merge(source, kind, [*records, *records])
    store.merge(source, kind, records)


@pytest.mark.parametrize("into", [backwards, in_batches, doubled])
def test_neither_order_nor_batches_nor_repetition_of_records_matter(
    worlds: Callable[[], World], into: Callable[[EvidenceStore, str, str, list[Record]], None]
) -> None:
    plain, other = worlds(), worlds()
    organisation(plain)
    assert findings(merged(other, plain, into)) == findings(plain.assess(POLICY))


# --- Levels from what is stored ---


def value_again(result: IndicatorResult) -> float:
    """The value from the stored integer sums, or from what they led to where a series is scored."""
    found, sums = result.measurement, dict(result.measurement.aggregates)
    if "filled" in sums:
        return 100 * sums["filled"] / (sums["items"] * sums["records"])
    for part, whole in (
        ("numerator", "denominator"),
        ("dominated", "tested"),
        ("conforming", "tested"),
        ("weeks in control", "judged weeks"),
    ):
        if part in sums:
            return 100 * sums[part] / sums[whole]
    if "months" in sums:
        assert found.value is not None
        return found.value
    weights = {1: 4, 2: 3, 3: 2, 4: 1}
    counted = [(w, f"priority {key}") for key, w in weights.items() if sums[f"priority {key} records"] >= 10]
    total = sum(w * sums[f"{key} fulfilled"] / sums[f"{key} records"] for w, key in counted)
    return 100 * total / sum(w for w, _ in counted)


def attribute_again(rated: list[tuple[bool, float]]) -> float | None:
    """Section 6.1."""
    if not rated:
        return None
    weights = [2 if core else 1 for core, _ in rated]
    mean = sum(w * a for w, (_, a) in zip(weights, rated, strict=True)) / sum(weights)
    weakest = min(a for _, a in rated)
    limit = 0.5 if weakest <= 0.15 else 0.85 if weakest <= 0.5 or not any(core for core, _ in rated) else 1.0
    return round(min(mean, limit), 9)


def level_again(attributes: Mapping[str, float | None]) -> int:
    """Section 6.2."""
    level = 1
    for k in range(2, 6):
        here = [value or 0.0 for name, value in attributes.items() if int(name[0]) == k]
        below = [value or 0.0 for name, value in attributes.items() if int(name[0]) < k]
        if min(here) > 0.5 and min([1.0, *below]) > 0.85:
            level = k
    return level


def test_levels_follow_from_the_stored_sums_anchors_and_caps(filled: World) -> None:
    result = practice(filled.assess(POLICY))
    rated: dict[str, list[tuple[bool, float]]] = {one.attribute: [] for one in result.attributes}
    for one in result.indicators:
        anchors = filled.catalogue.indicator(one.id).anchors
        share = (value_again(one) - anchors.zero) / (anchors.full - anchors.zero)
        again = round(min(max(share, 0.0), 1.0, one.measurement.cap), 9)
        assert again == pytest.approx(one.achievement, abs=1e-9), one.id
        rated[one.attribute].append((one.core, again))
    attributes = {name: attribute_again(values) for name, values in rated.items()}
    assert attributes == {one.attribute: one.achievement for one in result.attributes}
    assert level_again(attributes) == result.level
    assert int(result.index) == result.level
    assert result.breadth == pytest.approx(sum(value or 0.0 for value in attributes.values()) / 8)


def test_coverage_is_rated_weight_with_half_for_low_precision(filled: World) -> None:
    result = practice(filled.assess(POLICY))
    credit = sum(one.weight * (0.5 if one.measurement.low_precision else 1.0) for one in result.indicators)
    assert result.coverage == pytest.approx(credit / 24)


# --- When ---


def test_yesterday_and_today_are_live_and_earlier_days_reconstructed(world: World) -> None:
    world.incidents(30)
    kinds = {day: world.assess(POLICY, TODAY - timedelta(days=day)).kind for day in (0, 1, 2, 30)}
    assert kinds == {0: "live", 1: "live", 2: "reconstructed", 30: "reconstructed"}


def test_a_day_in_the_past_is_read_without_what_came_later(filled: World) -> None:
    day = date(2026, 4, 20)
    before = practice(filled.assess(POLICY, day))
    filled.incidents(80, opened_at="2026-04-20 09:00", ci_id=None, service_id=None, category=None)
    filled.incidents(80, opened_at="2026-05-20 09:00", resolver=None, made_sla=False, reassignment_count=4)
    after = practice(filled.assess(POLICY, day))
    assert [one.achievement for one in before.indicators] == [one.achievement for one in after.indicators]
    assert (before.level, before.index) == (after.level, after.index)


def test_the_day_is_that_of_the_zone(world: World) -> None:
    # Resolved at 22:30 UTC on 14 June, which is the day of the assessment in Tokyo already.
    world.incidents(30)
    world.incident(opened_at="2026-06-14 20:30")
    completeness = only(world.catalogue, ["inc-record-completeness"])
    for zone, counted in (("UTC", 31), ("Europe/London", 31), ("Asia/Tokyo", 30)):
        result = practice(world.assess(Policy(time_zone=zone), catalogue=completeness))
        assert result.indicators[0].measurement.n == counted


# --- Publication ---


def test_the_first_assessment_confirms_its_level(filled: World) -> None:
    result = practice(filled.assess(POLICY))
    assert result.confirmed == result.level


def test_a_level_moves_when_two_assessments_in_a_row_agree(filled: World) -> None:
    result = practice(filled.assess(POLICY))
    assert result.level is not None
    asked: list[tuple[str, str | None]] = []

    def previous(name: str, department: str | None) -> Previous:
        asked.append((name, department))
        return Previous(4, 4, (1.0, 1.0, 1.0, 0.0))

    # One fall alone is not published, a second one is.
    assert practice(filled.assess(POLICY, previous=previous)).confirmed == 4
    assert asked == [("incident", None), ("incident", "IT")], "each scope asks for its own"
    again = Previous(result.level, 4, result.probability_at_least)
    moved = practice(filled.assess(POLICY, previous=lambda _practice, _department: again))
    assert moved.confirmed == (result.level if result.probability_at_least[result.level - 1] <= 0.2 else 4)


# --- Overall and words ---


def test_one_practice_alone_proves_no_more_than_level_1_overall(filled: World) -> None:
    assessment = filled.assess(POLICY)
    result = practice(assessment)
    overall = assessment.overall
    assert (overall.level, overall.index) == (1, 1.0)
    # Request and change are asked for from level 2 on, and are not assessed; what is possible is open.
    assert overall.weakest == "request"
    assert overall.possible == result.possible
    assert overall.mean_index == pytest.approx((result.index + 8) / 9)


def test_without_evidence_a_practice_is_not_assessed(world: World) -> None:
    assessment = world.assess(POLICY)
    result = practice(assessment)
    assert (result.level, result.possible, result.confirmed, result.confidence) == (None, 5, None, "low")
    assert (assessment.overall.level, assessment.overall.index) == (None, None)
    assert result.reason.startswith("Not assessed:")


def test_what_is_not_rated_is_possible_but_not_proven(world: World) -> None:
    # Everything that can be seen is fine, but nobody knows about responses.
    for number in range(200):
        person = ("person:ann", "person:bob")[number % 2]
        world.incident(opened_at="2026-05-14 09:00", resolver=person, assignee=person)
    world.lacks("acknowledged_at", "history of assignee", "history of state", "history of assignment_group")
    result = practice(world.assess(POLICY))
    assert result.level == 2
    assert result.possible > 2
    assert result.index < result.possible


def test_reason_and_next_step_are_sentences_about_the_bottleneck(filled: World) -> None:
    result = practice(filled.assess(POLICY))
    assert result.bottleneck is not None
    weakest = min(
        (one for one in result.indicators if one.attribute == result.bottleneck),
        key=lambda one: one.achievement or 0.0,
    )
    assert result.reason.startswith(result.bottleneck)
    assert f"Weakest there: {weakest.id} at " in result.reason
    assert f"level {(result.level or 0) + 1} needs more than" in result.reason
    assert f"Bring {weakest.id} from " in result.next_step
    assert "ServiceNow: " in result.next_step
    assert "Jira: " in result.next_step
    assert result.reason.endswith(".")
    assert result.next_step.endswith(".")


def test_every_indicator_comes_with_a_reason_and_its_rule(filled: World) -> None:
    for one in practice(filled.assess(POLICY)).indicators:
        assert one.measurement.reason
        assert one.rule == filled.catalogue.indicator(one.id).rule
        assert one.query.startswith(("SELECT", "WITH"))


# --- What else an assessment says ---


def test_sources_come_with_their_records(world: World) -> None:
    world.incidents(3)
    world.incidents(2, source="apps")
    world.service_level(world.incident())
    found = {(one.source, one.kind): (one.state, one.records) for one in world.assess(POLICY).sources}
    assert found == {
        ("apps", "incident"): ("readable", 2),
        ("apps", "transition"): ("readable", 0),
        (SOURCE, "incident"): ("readable", 4),
        (SOURCE, "service_level"): ("readable", 1),
        (SOURCE, "transition"): ("readable", 0),
    }


def test_progress_is_told_before_each_indicator(world: World) -> None:
    world.incidents(3)
    told: list[tuple[str, int, int]] = []
    world.assess(POLICY, progress=lambda what, done, total: told.append((what, done, total)))
    indicators = world.catalogue.practice("incident").indicators
    assert told == [(one.id, number, 16) for number, one in enumerate(indicators)]


def test_an_unknown_practice_is_named_with_those_there_are(world: World) -> None:
    with pytest.raises(UsageError) as raised:
        world.assess(POLICY, practices=("incidents",))
    assert "'incidents' is not a practice" in raised.value.message
    assert "incident" in raised.value.hint

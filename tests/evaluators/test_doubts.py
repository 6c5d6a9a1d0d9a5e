"""What a suspicion does to an assessment: a word of confidence, a level that is held, and no value."""

from __future__ import annotations

from dataclasses import replace

from evaluators.doubts import Doubts
from evaluators.gaming import Suspicion
from evaluators.publication import AtLeast, Previous, confirm
from evaluators.quality import QualityFinding
from evaluators.results import Assessment
from tests.evaluators.test_gaming import burst
from tests.evaluators.world import EVERYTHING_COUNTS, World

UNREACHED = replace(EVERYTHING_COUNTS, gaming={"closure-burst": {"a_day": 1000}})
CERTAIN: AtLeast = (1.0, 1.0, 1.0, 1.0)
WORDS = ("high", "medium", "low")


def numbers(assessment: Assessment) -> list[object]:
    """Everything but words about it."""
    names = ("level", "possible", "index", "breadth", "coverage", "probability", "attributes", "indicators")
    return [getattr(each, name) for each in assessment.practices for name in names]


def test_a_suspicion_lowers_confidence_by_one_word_and_changes_no_number(world: World) -> None:
    calm = replace(UNREACHED, quality={"closure-bursts": 1.0})
    alert = replace(calm, gaming={})
    honest, warned = burst(world).assess(calm), world.assess(alert)
    assert [each.scenario for each in warned.suspicions] == ["closure-burst"]
    assert honest.suspicions == ()
    assert numbers(honest) == numbers(warned)
    for one, other in zip(honest.practices, warned.practices, strict=True):
        assert WORDS.index(other.confidence) == min(WORDS.index(one.confidence) + 1, 2)
    assert "Closure bursts" in warned.practices[0].reason
    assert "Closure bursts" not in honest.practices[0].reason


def test_the_value_without_the_suspect_records_stands_beside_the_published_one(world: World) -> None:
    assessment = burst(world).assess()
    [beside] = assessment.suspicions[0].beside
    [published] = [each for each in assessment.practices[0].indicators if each.id == beside.indicator]
    assert beside.value == published.measurement.value
    assert beside.without is not None
    assert beside.without > (beside.value or 0.0)


def test_a_search_that_cannot_run_is_noted_and_fails_nothing_else(world: World) -> None:
    broken = replace(EVERYTHING_COUNTS, gaming={"closure-burst": {"medians": float("nan")}})
    assessment = burst(world).assess(broken)
    [note] = [each for each in assessment.notes if each.startswith("not run: the search for closure bursts")]
    assert "cannot be run" in note
    assert assessment.practices[0].level is not None


def test_manipulated_assessments_in_a_row_never_raise_the_confirmed_level(world: World) -> None:
    level = burst(world).assess().practices[0].level
    assert level is not None
    previous = Previous(level, level - 1, CERTAIN)
    for _ in range(2):
        found = world.assess(previous=lambda *_, before=previous: before).practices[0]
        assert (found.level, found.confirmed) == (level, level - 1)
        assert found.level is not None
        assert found.confirmed is not None
        previous = Previous(found.level, found.confirmed, CERTAIN)


def test_an_open_alert_holds_the_confirmed_level_and_lets_it_fall() -> None:
    rising, falling = Previous(3, 2, CERTAIN), Previous(2, 3, (1.0, 0.0, 0.0, 0.0))
    assert confirm(rising, 3, CERTAIN) == 3
    assert confirm(rising, 3, CERTAIN, gaming_alert=True) == 2
    assert confirm(falling, 2, (1.0, 0.0, 0.0, 0.0), gaming_alert=True) == 2
    assert confirm(None, 3, CERTAIN, gaming_alert=True) == 3


def test_doubts_touch_the_indicators_they_name_and_each_check_counts_once() -> None:
    suspicion = Suspicion("s", "Title", "", ("a", "b"), (), (), 1, "incident", ())
    finding = QualityFinding("durations", "", "", "incident", (), 9, 10, 0.02, True, ("a",))
    doubts = Doubts((suspicion,), (finding, replace(finding, record_kind="problem")))
    assert (doubts.alerts(["b"]), doubts.alerts(["c"])) == (("Title",), ())
    assert [doubts.failed_checks(name) for name in ("a", "b")] == [1, 0]

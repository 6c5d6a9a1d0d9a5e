from __future__ import annotations

import pytest

from evaluators.publication import (
    AtLeast,
    Confidence,
    Previous,
    confidence,
    confirm,
    coverage,
    credit,
    probability,
)

SURE_OF_2: AtLeast = (1.0, 0.0, 0.0, 0.0)
SURE_OF_3: AtLeast = (1.0, 0.95, 0.02, 0.0)
SURE_OF_4: AtLeast = (1.0, 1.0, 0.9, 0.0)
TORN_2_3: AtLeast = (1.0, 0.79, 0.0, 0.0)


@pytest.mark.parametrize(
    ("p", "covered", "word"),
    [
        (0.90, 0.80, "high"),
        (0.95, 0.79, "medium"),
        (0.89, 0.90, "medium"),
        (0.70, 0.60, "medium"),
        (0.69, 1.00, "low"),
        (1.00, 0.59, "low"),
        (0.9 - 1e-13, 0.8 - 1e-13, "high"),
    ],
)
def test_confidence_needs_probability_and_coverage(p: float, covered: float, word: Confidence) -> None:
    assert confidence(p, covered) == word


@pytest.mark.parametrize(
    ("p", "covered", "word"), [(1.0, 1.0, "medium"), (0.8, 0.7, "low"), (0.1, 0.1, "low")]
)
def test_a_gaming_alert_lowers_confidence_by_one_word(p: float, covered: float, word: Confidence) -> None:
    assert confidence(p, covered, gaming_alert=True) == word


def test_coverage_is_rated_weight_over_applicable_weight() -> None:
    rated, unrated, imprecise = (
        credit(rated=True),
        credit(rated=False),
        credit(rated=True, low_precision=True),
    )
    assert coverage([(2.0, rated), (1.0, unrated), (1.0, imprecise)]) == 0.625


def test_each_failed_check_halves_the_credit() -> None:
    assert credit(rated=True, failed_checks=2) == 0.25


def test_nothing_applicable_covers_nothing() -> None:
    assert coverage([]) == 0.0


def test_level_1_is_certain() -> None:
    assert probability(1, SURE_OF_2) == 1.0
    assert probability(3, SURE_OF_3) == 0.95


def test_the_first_assessment_confirms_its_raw_level() -> None:
    assert confirm(None, 3, TORN_2_3) == 3


def test_one_assessment_alone_moves_nothing() -> None:
    assert confirm(Previous(2, 2, SURE_OF_2), 3, SURE_OF_3) == 2


def test_two_assessments_in_a_row_move_the_level_up() -> None:
    assert confirm(Previous(3, 2, SURE_OF_3), 3, SURE_OF_3) == 3


def test_two_assessments_in_a_row_move_the_level_down() -> None:
    assert confirm(Previous(2, 3, SURE_OF_2), 2, SURE_OF_2) == 2


def test_level_1_is_confirmed_downward_by_what_is_left_above_it() -> None:
    unlikely: AtLeast = (0.1, 0.0, 0.0, 0.0)
    assert confirm(Previous(1, 2, unlikely), 1, unlikely) == 1
    assert confirm(Previous(1, 2, unlikely), 1, (0.3, 0.0, 0.0, 0.0)) == 2


def test_level_5_is_confirmed_upward() -> None:
    sure: AtLeast = (1.0, 1.0, 1.0, 0.8)
    assert confirm(Previous(5, 4, sure), 5, sure) == 5


def test_an_unlikely_new_side_moves_nothing() -> None:
    assert confirm(Previous(3, 2, SURE_OF_3), 3, TORN_2_3) == 2
    assert confirm(Previous(3, 2, TORN_2_3), 3, SURE_OF_3) == 2


def test_of_two_unequal_moves_the_smaller_is_confirmed() -> None:
    assert confirm(Previous(4, 2, SURE_OF_4), 3, SURE_OF_3) == 3
    assert confirm(Previous(2, 4, SURE_OF_2), 3, SURE_OF_3) == 3


def test_moves_in_opposite_directions_cancel() -> None:
    assert confirm(Previous(2, 3, SURE_OF_2), 4, SURE_OF_4) == 3


def test_a_return_to_the_confirmed_level_confirms_it() -> None:
    assert confirm(Previous(3, 2, SURE_OF_3), 2, SURE_OF_2) == 2

"""The audit log of a real ServiceNow gives the figures of the specification."""

from __future__ import annotations

import pytest

from evaluators.results import Assessment, State
from tests.validity.uci_log import EXPECTED, UNRATED, Expected, indicator, measured, shipped_only
from tests.validity.workplace import UCI_LOG, assessed, uci_configuration

pytestmark = [
    pytest.mark.skipif(not UCI_LOG.exists(), reason="the public log is not beside this repository"),
    pytest.mark.xdist_group("uci-log"),
]


@pytest.fixture(scope="module")
def assessment(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    """The log, read by the shipped example and assessed."""
    return assessed(uci_configuration(tmp_path_factory.mktemp("uci")))


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.name)
def test_figure_of_the_public_log_is_within_its_tolerance(assessment: Assessment, expected: Expected) -> None:
    figure = measured(assessment, expected)
    assert figure.holds, figure


@pytest.mark.parametrize(("name", "state"), UNRATED.items())
def test_what_the_log_cannot_answer_is_said_and_not_guessed(
    assessment: Assessment, name: str, state: State
) -> None:
    result = indicator(assessment, name)
    assert (result.measurement.state, result.achievement) == (state, None)


def test_incident_practice_is_level_2_proven_and_possible(assessment: Assessment) -> None:
    practice = shipped_only(assessment)
    assert (practice.level, practice.possible) == (2, 2)


def test_index_is_2_66(assessment: Assessment) -> None:
    assert shipped_only(assessment).index == pytest.approx(2.66, abs=0.05)


def test_bottleneck_is_recorded_and_owned(assessment: Assessment) -> None:
    assert shipped_only(assessment).bottleneck == "2.2"


def test_hardly_discriminating_priority_is_capped_at_one_half(assessment: Assessment) -> None:
    assert indicator(assessment, "inc-priority-model-conformance").achievement == 0.5

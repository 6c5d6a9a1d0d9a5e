"""An organisation says the same through a platform as through its files, or nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from evaluators.results import State
from tests.validity.acceptance_world import Case
from tests.validity.same_through import FEW, MANY, PLATFORMS, Pair, Twice, jira, read_twice

SMALL = {**PLATFORMS, "Jira": jira}
"""At level 3 Jira says what files say as well; at level 2 it does not yet (docs/jira.md)."""


@lru_cache(maxsize=2)
def small(platform: str = "ServiceNow") -> Twice:
    return read_twice(Case(3, 1, FEW), SMALL[platform])


def lines(pairs: list[Pair]) -> list[str]:
    return [str(pair) for pair in pairs]


@pytest.mark.parametrize("platform", SMALL)
def test_no_indicator_has_another_number_than_through_files(platform: str) -> None:
    assert len(small(platform).pairs) == 128
    assert lines(small(platform).different) == []


@pytest.mark.parametrize("platform", SMALL)
def test_what_the_platform_cannot_tell_names_what_is_missing(platform: str) -> None:
    silent = small(platform).silent
    assert silent
    assert [line for pair, line in zip(silent, lines(silent), strict=True) if not _named(pair)] == []


@pytest.mark.parametrize("platform", SMALL)
def test_every_practice_is_proven_at_most_as_planted_and_possible_at_least_so(platform: str) -> None:
    assert small(platform).misjudged == []


def test_a_number_that_the_platform_made_up_is_found() -> None:
    pair = next(each for each in small().pairs if each.reference.id == "inc-record-completeness")
    wrong = replace(pair.platform.measurement, value=20.0, low=15.0, high=25.0)
    assert not replace(pair, platform=replace(pair.platform, measurement=wrong)).agrees


@pytest.mark.validate
@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_same_holds_at_every_level(platform: str, level: int) -> None:
    found = read_twice(Case(level, 1, MANY), PLATFORMS[platform])
    assert lines(found.different) == []
    assert found.misjudged == []


def _named(pair: Pair) -> bool:
    found = pair.platform.measurement
    return found.state is State.NOT_CONNECTED or "fill" in found.reason

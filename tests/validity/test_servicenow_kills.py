"""A short part of the kills of a sync that reads ServiceNow; `make validate` does all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scheduler.sync import Options
from tests.validity.platform_kills import kill_at_moments
from tests.validity.servicenow_kills import ServiceNowRange, killing_range, read_again
from tests.validity.servicenow_quiet import DELETIONS, MOST_OF_A_TABLE, MOST_OF_DELETIONS, second_sync

PAGES = 30
"""1,500 incidents: several windows."""
BOUNDARIES = (1, 2, 11, 20, 25, PAGES)
MOMENTS = 6

pytestmark = pytest.mark.xdist_group("servicenow-kills")


@pytest.fixture(scope="module")
def place() -> Iterator[ServiceNowRange]:
    """An instance to be read, and what an undisturbed sync makes of it."""
    with killing_range(PAGES) as made:
        yield made


@pytest.mark.parametrize("page", BOUNDARIES)
def test_a_sync_killed_between_two_pages_loses_doubles_and_repeats_nothing(
    place: ServiceNowRange, page: int
) -> None:
    kill = place.at_boundary(page)
    assert kill.struck
    assert kill.wrong == ()


def test_a_sync_killed_at_any_moment_loses_doubles_and_repeats_nothing(place: ServiceNowRange) -> None:
    kills = kill_at_moments(place, MOMENTS, seed=7)
    assert [kill for kill in kills if kill.wrong] == []
    assert sum(kill.struck for kill in kills) == MOMENTS


def test_a_window_that_is_read_again_is_noticed(place: ServiceNowRange) -> None:
    site = place.fresh()
    site.sync()
    reached = place.reached(site)
    place.instance.journal.clear()
    site.sync()
    assert read_again(place.instance.journal.calls(), reached) == []
    site.sync(Options(full=True))
    assert len(read_again(place.instance.journal.calls(), reached)) == len(reached) == 2


def test_a_second_sync_of_an_unchanged_instance_asks_little_and_writes_nothing() -> None:
    quiet = second_sync()
    assert quiet.most <= MOST_OF_A_TABLE, quiet.asked
    assert quiet.asked[DELETIONS] <= MOST_OF_DELETIONS
    assert quiet.before == quiet.after

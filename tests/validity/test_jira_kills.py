"""A short part of the kills of a sync that reads Jira; `make validate` does all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scheduler.sync import Options
from tests.validity.jira_kills import JiraRange, cloud_range, server_range
from tests.validity.platform_kills import kill_at_moments

PAGES = 30
"""600 incidents: several windows."""
BOUNDARIES = (1, 2, 17, PAGES)
MOMENTS = 4

pytestmark = pytest.mark.xdist_group("jira-kills")


@pytest.fixture(scope="module")
def server() -> Iterator[JiraRange]:
    """A Data Center to be read, and what an undisturbed sync makes of it."""
    with server_range(PAGES) as made:
        yield made


@pytest.mark.parametrize("page", BOUNDARIES)
def test_a_sync_killed_between_two_pages_loses_doubles_and_repeats_nothing(
    server: JiraRange, page: int
) -> None:
    kill = server.at_boundary(page)
    assert kill.struck
    assert kill.wrong == ()


def test_a_sync_killed_at_any_moment_loses_doubles_and_repeats_nothing() -> None:
    with cloud_range(PAGES) as cloud:
        kills = kill_at_moments(cloud, MOMENTS, seed=7)
    assert [kill for kill in kills if kill.wrong] == []
    assert sum(kill.struck for kill in kills) == MOMENTS


def test_a_window_that_is_read_again_is_noticed(server: JiraRange) -> None:
    place = server.fresh()
    place.sync()
    reached = server.reached(place)
    server.instance.journal.clear()
    place.sync()
    assert server.read_again(server.instance.journal.calls(), reached) == []
    place.sync(Options(full=True))
    assert len(server.read_again(server.instance.journal.calls(), reached)) == 1

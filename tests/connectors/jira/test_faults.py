"""Whatever goes wrong on the way, the evidence is the truth in the end, or a named error says what to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.jira import Limits, SandboxJira, faults, life
from sandbox.jira.settings import Mode, Settings
from sandbox.serving.fault import Fault
from storage.errors import FatalError, RetriableError
from tests.connectors.jira.support import Store, connect, sandbox, site

ISSUES = ("incident", "change")
SEARCH = {"cloud": "search/jql", "data_center": "search"}
FETCH = {"cloud": "issue/bulkfetch", "data_center": "search"}


def truth(jira: SandboxJira) -> dict[str, dict[str, str]]:
    """Return issue types by id, for the kinds that are read."""
    names = {"Incident": "incident", "Change": "change"}
    found: dict[str, dict[str, str]] = {kind: {} for kind in ISSUES}
    for row in jira.truth("issue"):
        if row["type"] in names:
            found[names[row["type"]]][row["id"]] = row["status"]
    return found


def held(store: Store) -> dict[str, dict[str, str]]:
    return {
        kind: {name: str(one.values["state"]) for name, one in store.records.get(kind, {}).items()}
        for kind in ISSUES
    }


def moves_held(store: Store) -> int:
    """Return how many changes of state the transitions tell, without the first value of each issue."""
    found = store.records.get("transition", {}).values()
    return sum(one.values["field"] == "state" and one.values["old_value"] is not None for one in found)


def moves_there(jira: SandboxJira) -> int:
    return sum(
        change["field"] == "status"
        for issue in jira.site.issues.values()
        if issue.type.name in ("Incident", "Change")
        for entry in issue.histories
        for change in entry.items
    )


def read(jira: SandboxJira, store: Store, **changes: Any) -> None:
    store.sync(connect(jira, store.ids, records=list(ISSUES), **changes), *ISSUES)


ONCE = range(1, 2)
HARMLESS: dict[str, Fault] = {
    "burst": faults.burst().at("*", requests={7, 12}),
    "rate-limited zero": faults.rate_limited(form="zero").at("*", requests={8, 13}),
    "rate-limited decimal": faults.rate_limited(form="decimal").at("*", requests={9}),
    "rate-limited date": faults.rate_limited(form="date").at("*", requests={10}),
    "rate-limited reset alone": faults.rate_limited(form="none").at("*", requests={11}),
    "gateway": faults.gateway().at("*", requests={8, 14}),
    "page of the network": faults.forbidden_page().at("*", requests={6, 12, 13}),
    "login page": faults.login_page().at("*", requests={12}),
    "unavailable": faults.unavailable().at("*", requests={5, 12}),
    "bad gateway": faults.status(502).at("*", requests={12}),
    "broken off": faults.reset().at("*", requests={4, 12}),
    "truncated": faults.truncated().at("*", requests={12, 13}),
    "broken JSON": faults.broken().at("*", requests={12, 13}),
}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("mode", ["cloud", "data_center"])
def test_what_passes_is_asked_for_again(mode: Mode, name: str) -> None:
    store = Store()
    with sandbox(mode, site(0.05), faults=[HARMLESS[name]]) as jira:
        read(jira, store)
        assert held(store) == truth(jira)
        assert moves_held(store) == moves_there(jira)
        assert sum(reading.hidden for _, reading in store.readings) == 0


CLOUD: dict[str, Fault] = {
    "repeated rows": faults.repeated().at("*"),
    "rows of a search that are left out": faults.skipped(2).at("search/jql", requests={5, 6}),
    "rows of a fetch that are left out": faults.skipped(2).at("issue/bulkfetch", requests=ONCE),
    "an empty page": faults.empty_page().at("issue/bulkfetch", requests=ONCE),
    "errors of single issues": faults.failed_issues().at("issue/bulkfetch", requests=ONCE),
    "a token on the last page": faults.last_with_token().at("search/jql"),
    "an expired token": faults.expired_token().at("search/jql", times=1),
    "histories cut short": faults.capped_history().at("issue/bulkfetch"),
}


@pytest.mark.parametrize("name", CLOUD)
def test_cloud_loses_nothing(name: str) -> None:
    store, limits = Store(), Limits(page_ids=20, shrinking=0.5, changelog=3)
    with sandbox("cloud", site(0.08), faults=[CLOUD[name]], settings=Settings(limits=limits)) as jira:
        read(jira, store)
        assert held(store) == truth(jira)
        assert moves_held(store) == moves_there(jira)


def test_data_center_loses_nothing_that_a_page_leaves_out() -> None:
    store, limits = Store(), Settings(limits=Limits(page_server=20))
    skipped = faults.skipped(2).at("search", requests=range(8, 12))
    with sandbox("data_center", site(0.08), faults=[skipped], settings=limits) as jira:
        read(jira, store)
        assert held(store) == truth(jira)
        assert sum(reading.hidden for _, reading in store.readings) == 0


def test_a_page_without_rows_is_no_end() -> None:
    store, limits = Store(), Settings(limits=Limits(page_server=20))
    empty = faults.empty_page().at("search", requests={9})
    with sandbox("data_center", site(0.08), faults=[empty], settings=limits) as jira:
        read(jira, store)
        assert held(store) == truth(jira)


def test_nothing_is_lost_where_the_search_itself_brings_the_issues() -> None:
    store = Store()
    skipped = faults.skipped(2).at("search/jql", requests=range(4, 7))
    with sandbox("cloud", site(0.08), faults=[skipped]) as jira:
        auth = {"type": "oauth", "grant": "client_credentials", "token_url": f"{jira.root}/oauth/token"}
        auth |= {"client_id": jira.client_id, "client_secret": jira.client_secret}
        read(jira, store, url=jira.api_url, auth=auth)
        assert held(store) == truth(jira)


@pytest.mark.parametrize("mode", ["cloud", "data_center"])
def test_histories_are_completed(mode: Mode) -> None:
    store = Store()
    cut = faults.capped_history(2).at(FETCH[mode])
    with sandbox(mode, site(0.04), faults=[cut]) as jira:
        read(jira, store)
        assert moves_held(store) == moves_there(jira)


def test_a_token_that_comes_again_ends_the_reading() -> None:
    limits = Settings(limits=Limits(page_ids=10))
    with sandbox(
        "cloud", site(0.05), faults=[faults.repeated_token().at("search/jql")], settings=limits
    ) as jira:
        with pytest.raises(RetriableError, match="same page again"):
            read(jira, Store())
        assert len(jira.journal) < 60


def test_a_search_that_was_cut_is_not_believed() -> None:
    with (
        sandbox(
            "cloud", site(0.04), faults=[faults.warned().at("search/jql", requests=range(3, 90))]
        ) as jira,
        pytest.raises(RetriableError, match="CLAUSE_LIMIT_EXCEEDED"),
    ):
        read(jira, Store())


@pytest.mark.parametrize("mode", ["cloud", "data_center"])
def test_a_long_wait_ends_the_sync_and_it_goes_on_later(mode: Mode) -> None:
    store = Store()
    quota = faults.quota(1847).at(FETCH[mode], requests={2 if mode == "cloud" else 5})
    with sandbox(mode, site(0.04), faults=[quota]) as jira:
        with pytest.raises(RetriableError) as raised:
            read(jira, store)
        assert (raised.value.retry_after or 0) > 1800
        jira.script_faults([])
        read(jira, store)
        assert held(store) == truth(jira)


def test_a_token_that_expires_on_the_way_is_renewed(tmp_path: Path) -> None:
    store = Store()
    with sandbox("cloud", site(0.04), settings=Settings(token_seconds=1)) as jira:
        auth = {"type": "oauth", "grant": "refresh", "refresh_token": jira.settings.refresh_token}
        auth |= {"client_id": jira.client_id, "client_secret": jira.client_secret}
        auth |= {"token_url": f"{jira.root}/oauth/token", "kept_in": str(tmp_path / "token.json")}
        jira.script_faults([faults.unauthenticated().at("search/jql", requests={3})])
        read(jira, store, url=jira.api_url, auth=auth)
        assert held(store) == truth(jira)


def test_a_revoked_token_is_told_and_not_tried_again_and_again() -> None:
    with sandbox("cloud", site(0.04)) as jira:
        jira.accounts.revoked = True
        with pytest.raises(FatalError, match="does not accept"):
            read(jira, Store())
        assert len(jira.journal) <= 4


def test_equal_times_shift_no_page_of_data_center() -> None:
    store = Store()
    options = Settings(unstable_ties=True, coarse_times=True, limits=Limits(page_server=7))
    moving = [life.updates(2).at("search", times=12)]
    with sandbox("data_center", site(0.05), settings=options, life=moving) as jira:
        for _ in range(2):
            read(jira, store)
            jira.clock.advance(timedelta(hours=1))
        assert held(store) == truth(jira)

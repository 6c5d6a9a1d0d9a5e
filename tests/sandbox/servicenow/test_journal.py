"""The journal, the truth, and how an instance ends."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from sandbox.servicenow import Access, Latency, SandboxServiceNow, tail
from tests.sandbox.servicenow.support import Client, ids, served


def test_every_request_is_noted_with_what_came_of_it() -> None:
    with SandboxServiceNow(served(30), access={"incident": Access(hidden=(tail(5),))}) as instance:
        Client(instance).page(limit=30, fields="sys_id")
        call = instance.journal.calls("incident")[0]
    assert (call.number, call.method, call.status, call.user) == (1, "GET", 200, instance.user)
    assert (call.rows, call.matched, call.fault) == (25, 30, "")


def test_a_client_with_manners_passes_every_assertion() -> None:
    with SandboxServiceNow(served(30)) as instance:
        client = Client(instance)
        for _ in range(3):
            client.page(limit=10, fields="sys_id,number")
        journal = instance.journal
        journal.assert_no_writes()
        journal.assert_at_most_concurrent(1)
        journal.assert_fields_always_given()
        journal.assert_pages_between(10, 10)
        journal.assert_not_asked({"sys_audit"})
        journal.assert_only_asked({"incident"})
        journal.assert_no_dot_walks()
        journal.assert_one_session_each()
        assert journal.page_sizes("incident") == {10: 3}


def test_bad_manners_are_named() -> None:
    with SandboxServiceNow(served(30), latency=Latency.constant(0.1)) as instance:
        client = Client(instance)
        client.session.post(f"{client.url}/api/now/table/incident", json={}, timeout=5)
        client.page("sys_audit", fields="user.name")
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: Client(instance).page(limit=5), range(3)))
        journal = instance.journal
    with pytest.raises(AssertionError, match="tried to write"):
        journal.assert_no_writes()
    with pytest.raises(AssertionError, match="in work"):
        journal.assert_at_most_concurrent(1)
    with pytest.raises(AssertionError, match="named no fields"):
        journal.assert_fields_always_given()
    with pytest.raises(AssertionError, match="page outside"):
        journal.assert_pages_between(10, 1000)
    with pytest.raises(AssertionError, match="leave alone"):
        journal.assert_not_asked({"sys_audit"})
    with pytest.raises(AssertionError, match="another table"):
        journal.assert_only_asked({"incident"})
    with pytest.raises(AssertionError, match="walked over"):
        journal.assert_no_dot_walks()


def test_the_journal_can_be_cleared_between_runs() -> None:
    with SandboxServiceNow(served(1)) as instance:
        Client(instance).page()
        instance.journal.clear()
        assert (len(instance.journal), instance.journal.max_concurrency) == (0, 0)


def test_the_truth_is_served_beside_the_instance() -> None:
    with SandboxServiceNow(served(30), access={"incident": Access(hidden=(tail(5),))}) as instance:
        visible = requests.get(f"{instance.url}/sandbox/truth/incident", timeout=5).json()["result"]
        everything = requests.get(f"{instance.url}/sandbox/truth/incident?hidden=true", timeout=5).json()
        assert ids(visible) == ids(instance.truth("incident"))
        assert len(everything["result"]) == 30
        assert requests.get(f"{instance.url}/sandbox/journal", timeout=5).json() == []
        moved = requests.post(
            f"{instance.url}/sandbox/clock", json={"set": "2026-01-01T00:00:00+00:00"}, timeout=5
        )
        assert moved.json() == {"now": "2026-01-01T00:00:00+00:00"}


def test_rows_may_be_changed_while_they_are_served() -> None:
    with SandboxServiceNow(served(3)) as instance:
        client = Client(instance)
        key = instance.truth("incident")[0]["sys_id"]
        instance.writer.update("incident", key, {"state": "77"})
        assert ids(client.rows(query="state=77")) == [key]
        instance.writer.delete("incident", key)
        assert key not in ids(client.rows())
        instance.writer.insert("incident", {"number": "INC9999999"})
        assert client.numbers("numberSTARTSWITHINC999") == ["INC9999999"]


def test_nothing_listens_after_the_end() -> None:
    with SandboxServiceNow(served(1)) as instance:
        url = instance.url
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, timeout=2)


def test_latency_has_the_median_and_the_tail_that_were_measured() -> None:
    drawn = sorted(Latency().seconds(random.Random(number)) for number in range(4000))
    assert drawn[2000] == pytest.approx(0.32, rel=0.1)
    assert drawn[3800] == pytest.approx(1.4, rel=0.15)

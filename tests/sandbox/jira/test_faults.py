"""Each fault as it reaches a reader, and when it strikes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox.jira import Clock, Limits, SandboxJira, Settings, faults, life
from sandbox.jira.faults import Fault
from sandbox.jira.faults.named import FAULTS, named, scripted
from storage.errors import UsageError
from tests.sandbox.jira.support import Client, small_site, with_long_history

JQL = "project in (ITSM, DEV)"


def _reply(fault: Fault, **parameters: str | int) -> requests.Response:
    with SandboxJira(small_site(60), faults=[fault]) as jira:
        return Client(jira, timeout=1).get("search/jql", **{"jql": JQL, "maxResults": 10, **parameters})


@pytest.mark.parametrize(
    ("fault", "status", "header", "text"),
    [
        (faults.burst(), 429, "RateLimit-Reason", "jira-burst-based"),
        (faults.quota(), 429, "Retry-After", "1847"),
        (faults.rate_limited(form="zero"), 429, "Retry-After", "0"),
        (faults.rate_limited(form="decimal"), 429, "Retry-After", "1.0"),
        (faults.rate_limited(form="date"), 429, "Retry-After", "GMT"),
        (faults.rate_limited(form="none"), 429, "X-RateLimit-Reset", "Z"),
        (faults.gateway(), 429, "Content-Type", "text/html"),
        (faults.unavailable("2"), 503, "Retry-After", "2"),
        (faults.unavailable(), 503, "Content-Type", "text/html"),
        (faults.status(502), 502, "Content-Type", "text/html"),
        (faults.forbidden_page(), 403, "Content-Type", "text/html"),
        (faults.forbidden(), 403, "Content-Type", "json"),
        (faults.login_page(), 200, "Content-Type", "text/html"),
        (faults.unauthenticated(), 401, "Content-Type", "json"),
        (faults.removed(), 410, "Content-Type", "json"),
        (faults.content_type(), 200, "Content-Type", "text/html"),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_an_answer_of_another_kind(fault: Fault, status: int, header: str, text: str) -> None:
    reply = _reply(fault)
    assert reply.status_code == status
    assert text in reply.headers[header]


@pytest.mark.parametrize("form", ["gateway", "none"])
def test_some_say_nothing_of_when_to_come_again(form: str) -> None:
    fault = faults.gateway() if form == "gateway" else faults.rate_limited(form="none")
    assert "Retry-After" not in _reply(fault).headers


@pytest.mark.parametrize(
    "fault",
    [faults.reset(), faults.hang(), faults.truncated(), faults.stalled()],
    ids=lambda fault: fault.name,
)
def test_a_connection_that_fails(fault: Fault) -> None:
    with pytest.raises(requests.RequestException):
        _reply(fault)


def test_a_first_byte_that_waits() -> None:
    with pytest.raises(requests.Timeout):
        _reply(faults.late(30))


def test_a_body_that_is_no_json() -> None:
    with pytest.raises(requests.JSONDecodeError):
        _reply(faults.broken()).json()


def test_a_body_that_is_cut_while_zipped() -> None:
    fault = faults.truncated()
    with (
        SandboxJira(small_site(60), faults=[fault], zipped=True) as jira,
        pytest.raises(requests.RequestException),
    ):
        Client(jira).get("search/jql", jql=JQL, fields="*all", maxResults=50)


def test_rows_that_come_twice_and_rows_that_are_skipped() -> None:
    assert len(_reply(faults.repeated(3)).json()["issues"]) == 13
    assert len(_reply(faults.skipped(2)).json()["issues"]) == 8
    empty = _reply(faults.empty_page()).json()
    assert empty["issues"] == []
    assert empty["nextPageToken"]


def test_a_token_that_comes_back() -> None:
    fault = faults.repeated_token().at("search/jql", requests={2})
    with SandboxJira(small_site(60), faults=[fault]) as jira:
        client = Client(jira)
        token = client.page(JQL, maxResults=10)["nextPageToken"]
        assert client.page(JQL, maxResults=10, nextPageToken=token)["nextPageToken"] == token
        assert client.page(JQL, maxResults=10, nextPageToken=token)["nextPageToken"] != token


def test_a_last_page_that_has_a_token() -> None:
    page = _reply(faults.last_with_token(), jql="key = ITSM-1").json()
    assert page["isLast"] is True
    assert page["nextPageToken"]


def test_a_token_that_has_expired() -> None:
    with SandboxJira(small_site(60), faults=[faults.expired_token()]) as jira:
        client = Client(jira)
        token = client.page(JQL, maxResults=10)["nextPageToken"]
        assert client.get("search/jql", jql=JQL, nextPageToken=token).status_code == 400


def test_tokens_expire_when_it_is_told_so() -> None:
    with SandboxJira(small_site(60)) as jira:
        client = Client(jira)
        token = client.page(JQL, maxResults=10)["nextPageToken"]
        jira.expire_page_tokens()
        assert client.get("search/jql", jql=JQL, nextPageToken=token).status_code == 400


def test_a_warning_beside_good_rows() -> None:
    assert _reply(faults.warned()).json()["warnings"][0]["type"] == "CLAUSE_LIMIT_EXCEEDED"


def test_issues_of_a_bulk_fetch_that_fail() -> None:
    with SandboxJira(small_site(20), faults=[faults.failed_issues(2).at("issue/bulkfetch", times=1)]) as jira:
        client, asked = Client(jira), {"issueIdsOrKeys": ["ITSM-1", "ITSM-2", "ITSM-3"]}
        first = client.post("issue/bulkfetch", asked).json()
        assert (len(first["issues"]), len(first["issueErrors"])) == (1, 2)
        assert len(client.post("issue/bulkfetch", asked).json()["issues"]) == 3


def test_a_history_that_is_cut_still_tells_its_length() -> None:
    site = small_site(10)
    with_long_history(site, "ITSM-1", 12)
    with SandboxJira(site, faults=[faults.capped_history(5)]) as jira:
        found = Client(jira).page("key = ITSM-1", fields="summary", expand="changelog")["issues"][0][
            "changelog"
        ]
        assert (len(found["histories"]), found["total"]) == (5, 12)


def test_the_bucket_of_data_center_empties_and_fills() -> None:
    clock = Clock(datetime(2026, 3, 1, tzinfo=UTC))
    limits = Limits(bucket=3, bucket_rate=1)
    with SandboxJira(small_site(5), "data_center", settings=Settings(limits=limits), clock=clock) as jira:
        client = Client(jira)
        replies = [client.get("myself") for _ in range(4)]
        assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
        assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["2", "1", "0", "0"]
        assert [reply.headers["Retry-After"] for reply in replies] == ["0", "0", "1", "1"]
        clock.advance(timedelta(seconds=1))
        assert client.get("myself").status_code == 200


def test_a_clock_that_is_wrong_shows_in_every_reply() -> None:
    with SandboxJira(small_site(5), clock=Clock(datetime(2020, 1, 1, tzinfo=UTC))) as jira:
        assert "01 Jan 2020" in Client(jira).get("myself").headers["Date"]


def test_the_same_seed_strikes_the_same_requests() -> None:
    def struck(seed: int) -> list[str]:
        fault = faults.burst().at("search/jql", probability=0.4)
        with SandboxJira(small_site(10), seed=seed, faults=[fault]) as jira:
            client = Client(jira)
            for _ in range(12):
                client.get("search/jql", jql=JQL)
            return [call.fault for call in jira.journal]

    assert struck(3) == struck(3)
    assert struck(3) != struck(4)


def test_a_fault_strikes_its_route_only() -> None:
    with SandboxJira(small_site(5), faults=[faults.status(500).at("issue*")]) as jira:
        client = Client(jira)
        assert client.get("issue/ITSM-1").status_code == 500
        assert client.get("issue/ITSM-1/changelog").status_code == 500
        assert client.get("field").status_code == 200


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_has_a_name(name: str) -> None:
    assert named(name)[0].when.probability < 1
    assert scripted([{"fault": name, "table": "search*", "times": 2}])[0].when.times == 2


def test_a_name_that_there_is_none_of_gets_a_suggestion() -> None:
    with pytest.raises(UsageError) as raised:
        named("birst")
    assert "burst" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("mutation", "change"),
    [(life.inserts, 5), (life.deletes, -5), (life.moves, 0), (life.updates, 0), (life.silent, 0)],
)
def test_a_site_lives_while_it_is_read(mutation: Callable[[int], life.Mutation], change: int) -> None:
    with SandboxJira(small_site(60), life=[mutation(5).at("search/jql", times=1)]) as jira:
        before = {row["id"]: row for row in jira.truth()}
        Client(jira).get("search/jql", jql=JQL)
        after = {row["id"]: row for row in jira.truth()}
        assert len(after) - len(before) == change
        moved = sum(row["key"] != after[id_]["key"] for id_, row in before.items() if id_ in after)
        assert moved == (5 if mutation is life.moves else 0)
        stamped = sum(row["updated"] != after[id_]["updated"] for id_, row in before.items() if id_ in after)
        assert stamped == (5 if mutation in (life.moves, life.updates) else 0)

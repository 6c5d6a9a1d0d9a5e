"""Every fault, seen from a client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from sandbox.servicenow import Clock, Latency, Limits, SandboxServiceNow, Settings, faults
from sandbox.servicenow.faults import Fault
from tests.sandbox.servicenow.support import Client, ids, served

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _struck(fault: Fault) -> requests.Response:
    with SandboxServiceNow(served(), faults=[fault], clock=Clock(NOON)) as instance:
        return Client(instance).session.get(
            f"{instance.url}/api/now/table/incident?sysparm_limit=100", timeout=5, allow_redirects=False
        )


@pytest.mark.parametrize("code", [499, 500, 502, 503, 504])
def test_a_status_can_be_answered(code: int) -> None:
    answer = _struck(faults.status(code, retry_after="3"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (code, "3")


def test_a_gateway_answers_with_a_page_for_people() -> None:
    assert _struck(faults.status(502)).headers["Content-Type"].startswith("text/html")


def test_a_wrong_credential_is_401_with_the_words_of_the_platform() -> None:
    answer = _struck(faults.unauthenticated())
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "User Not Authenticated"


def test_a_second_factor_shows_in_a_header() -> None:
    assert "X-MFA_TOKEN" in _struck(faults.second_factor()).headers


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_a_rate_limit_says_when_in_seconds_as_a_date_or_not_at_all(form: str) -> None:
    answer = _struck(faults.rate_limited(seconds=90, form=form))  # type: ignore[arg-type]
    assert answer.status_code == 429
    assert answer.headers["X-RateLimit-Reset"] == str(int(NOON.timestamp()) + 90)
    retry = answer.headers.get("Retry-After", "")
    if form == "date":
        assert (parsedate_to_datetime(retry) - NOON).total_seconds() == 90
    else:
        assert retry == {"seconds": "90", "none": ""}[form]


def test_a_full_semaphore_is_429_without_a_word_about_when() -> None:
    answer = _struck(faults.overloaded())
    assert answer.status_code == 429
    assert "Retry-After" not in answer.headers


def test_a_dropped_request_is_202_with_nothing() -> None:
    answer = _struck(faults.accepted())
    assert (answer.status_code, answer.content) == (202, b"")


@pytest.mark.parametrize("code", [200, 503])
def test_a_sleeping_instance_answers_with_a_page(code: int) -> None:
    answer = _struck(faults.hibernating(code))  # type: ignore[arg-type]
    assert answer.status_code == code
    assert "Hibernating" in answer.text


def test_single_sign_on_redirects() -> None:
    answer = _struck(faults.login_redirect())
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login_with_sso.do")


def test_whoever_follows_the_redirect_finds_a_page_with_status_200() -> None:
    with SandboxServiceNow(served(), faults=[faults.login_redirect()]) as instance:
        answer = Client(instance).page()
        assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")


def test_a_cancelled_transaction_is_200_with_some_rows_and_an_error() -> None:
    answer = _struck(faults.cancelled("error", kept=0.4))
    body = answer.json()
    assert (answer.status_code, len(body["result"]), body["status"]) == (200, 40, "failure")
    assert "cancelled" in body["error"]["message"]


@pytest.mark.parametrize("form", ["truncated", "broken"])
def test_a_cancelled_transaction_may_leave_json_that_cannot_be_read(form: str) -> None:
    answer = _struck(faults.cancelled(form))  # type: ignore[arg-type]
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_right_body_may_come_under_a_wrong_type() -> None:
    answer = _struck(faults.content_type("text/html"))
    assert answer.headers["Content-Type"] == "text/html"
    assert len(answer.json()["result"]) == 100


def test_rows_may_come_twice() -> None:
    rows = _struck(faults.repeated()).json()["result"]
    assert (len(rows), len(set(ids(rows)))) == (200, 100)


@pytest.mark.parametrize("fault", [faults.reset(), faults.reset(0.5), faults.truncated()])
def test_a_connection_may_break_before_or_within_the_body(fault: Fault) -> None:
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _struck(fault)


def test_a_reply_may_never_come() -> None:
    with SandboxServiceNow(served(), faults=[faults.hang()]) as instance:
        client = Client(instance, timeout=0.3)
        with pytest.raises(requests.exceptions.ReadTimeout):
            client.page()


def test_a_reply_may_drip_in_pieces_that_no_read_waits_long_for() -> None:
    with SandboxServiceNow(served(5), faults=[faults.slow(8000)]) as instance:
        assert len(Client(instance, timeout=1).page().json()["result"]) == 5


def test_a_fault_strikes_the_requests_it_was_scripted_for() -> None:
    script = [faults.status(500).at("incident", requests={2, 3}), faults.status(503).at("problem", times=1)]
    with SandboxServiceNow(served(), faults=script) as instance:
        client = Client(instance)
        assert [client.page().status_code for _ in range(4)] == [200, 500, 500, 200]
        assert [client.page("problem").status_code for _ in range(2)] == [503, 200]
        assert instance.journal.faults() == {"status 500": 2, "status 503": 1}


def test_a_fault_can_wait_for_the_last_page() -> None:
    script = [faults.cancelled().at(last_page=True)]
    with SandboxServiceNow(served(150), faults=script) as instance:
        client = Client(instance)
        pages = [client.page(limit=100, offset=at).json() for at in (0, 100)]
        assert ["error" in page for page in pages] == [False, True]


def test_chance_is_the_same_for_the_same_seed() -> None:
    def statuses(seed: int) -> list[int]:
        script = [faults.status(500).at(probability=0.4)]
        with SandboxServiceNow(served(), seed=seed, faults=script) as instance:
            client = Client(instance)
            return [client.page(limit=1).status_code for _ in range(40)]

    assert statuses(5) == statuses(5) != statuses(6)
    assert 5 < statuses(5).count(500) < 30


def test_the_script_can_be_replaced_while_the_instance_serves() -> None:
    with SandboxServiceNow(served(), faults=[faults.status(500)]) as instance:
        client = Client(instance)
        assert client.page().status_code == 500
        instance.script_faults([])
        assert client.page().status_code == 200


def test_a_page_beyond_the_quota_is_cancelled() -> None:
    with SandboxServiceNow(served(), settings=Settings(limits=Limits(cancelled_above=50))) as instance:
        client = Client(instance)
        assert "error" in client.page(limit=100).json()
        assert "error" not in client.page(limit=50).json()


def test_an_hour_has_so_many_requests_and_the_next_one_has_them_again() -> None:
    settings, clock = Settings(limits=Limits(per_hour=2)), Clock(NOON)
    with SandboxServiceNow(served(), settings=settings, clock=clock) as instance:
        client = Client(instance)
        answers = [client.page(limit=1) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
        assert answers[2].headers["Retry-After"] == "3600"
        clock.set(NOON.replace(hour=13))
        assert client.page(limit=1).status_code == 200


def _many(instance: SandboxServiceNow, clients: list[Client]) -> list[int]:
    with ThreadPoolExecutor(len(clients)) as pool:
        return sorted(pool.map(lambda client: client.page(limit=1).status_code, clients))


def test_one_session_is_worked_on_one_by_one_and_its_queue_is_short() -> None:
    settings = Settings(limits=Limits(session_queue=2))
    with SandboxServiceNow(served(), settings=settings, latency=Latency.constant(0.2)) as instance:
        first = Client(instance)
        assert first.page(limit=1).status_code == 200
        clients = [Client(instance) for _ in range(8)]
        for client in clients:
            client.session.cookies.update(first.session.cookies)
        statuses = _many(instance, clients)
        assert statuses.count(202) == 5
        assert statuses.count(200) == 3


def test_a_full_queue_for_threads_is_429() -> None:
    settings = Settings(limits=Limits(threads=1, queue=1, session_queue=0))
    with SandboxServiceNow(served(), settings=settings, latency=Latency.constant(0.3)) as instance:
        clients = [Client(instance) for _ in range(6)]
        for at, client in enumerate(clients):
            client.session.cookies.set("JSESSIONID", f"{at}")
        assert _many(instance, clients) == [200, 200, 429, 429, 429, 429]


def test_a_batch_may_be_left_half_done() -> None:
    with SandboxServiceNow(served(), faults=[faults.batch_unserviced(0.5)]) as instance:
        client = Client(instance)
        parts = [
            {"id": str(at), "method": "GET", "url": "/api/now/table/incident?sysparm_limit=1", "headers": []}
            for at in range(4)
        ]
        answer = client.session.post(
            f"{client.url}/api/now/v1/batch",
            json={"batch_request_id": "1", "rest_requests": parts},
            timeout=5,
        ).json()
        assert [part["id"] for part in answer["serviced_requests"]] == ["0", "1"]
        assert answer["unserviced_requests"] == ["2", "3"]

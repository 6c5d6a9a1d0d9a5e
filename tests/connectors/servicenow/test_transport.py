"""The edge to the network: what is accepted, repeated, waited for, refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
import responses

from connectors.platform.answers import CancelledError
from connectors.platform.limiter import Limiter
from connectors.servicenow.answers import RefusedError
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.transport import Instance, ReadOnlyAdapter
from storage.errors import FatalError, RetriableError

URL = "https://corp.service-now.com"
TABLE = f"{URL}/api/now/table/incident"
DATE = datetime(2026, 3, 2, 12, tzinfo=UTC)
HTML = "<html><body>Log in</body></html>"
GOOD: dict[str, Any] = {
    "body": orjson.dumps({"result": [{"sys_id": "1"}]}),
    "content_type": "application/json;charset=UTF-8",
    "headers": {"X-Total-Count": "7", "Date": format_datetime(DATE, usegmt=True)},
}


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def instance(waits: list[float]) -> Iterator[Instance]:
    made = build(waits)
    yield made
    made.close()


def build(waits: list[float], **changes: Any) -> Instance:
    given = {
        "type": "servicenow",
        "url": URL,
        "auth": {"type": "basic", "user": "reader", "password": "secret words"},
    }
    return Instance(ServiceNowSettings.model_validate(given | changes), Path(), waits.append)


def ask(instance: Instance) -> list[dict[str, Any]]:
    return instance.table("incident", {"sysparm_limit": "1"}).rows


@pytest.mark.parametrize(
    "bad",
    [
        {"status": 500, "json": {"error": {"message": "oops"}}},
        {"status": 202, "body": ""},
        {"status": 200, "body": HTML, "content_type": "text/html"},
        {"status": 302, "headers": {"Location": "/login.do"}, "body": ""},
        {"status": 200, "body": b'{"result":[{"sys_id":"1"', "content_type": "application/json"},
        {"status": 200, "json": {"result": [], "error": {"message": "cancelled"}, "status": "failure"}},
        {"status": 200, "json": {"result": {"sys_id": "1"}}},
        {"status": 200, "json": {"result": ["1"]}},
        {"status": 200, "json": []},
        {"body": requests.ConnectionError("reset")},
        {"body": requests.exceptions.ChunkedEncodingError("broken")},
    ],
)
def test_a_bad_answer_is_asked_for_again(
    http: responses.RequestsMock, instance: Instance, bad: dict[str, Any]
) -> None:
    http.get(TABLE, **bad)
    http.get(TABLE, **GOOD)
    assert ask(instance) == [{"sys_id": "1"}]
    assert (instance.requests, instance.retries) == (2, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "20"},
        {"Retry-After": format_datetime(DATE + timedelta(seconds=20), usegmt=True)},
        {"X-RateLimit-Reset": str(int(DATE.timestamp()) + 20)},
    ],
)
def test_a_wait_that_is_asked_for_is_kept(
    http: responses.RequestsMock, instance: Instance, waits: list[float], headers: dict[str, str]
) -> None:
    date = {"Date": format_datetime(DATE, usegmt=True)}
    http.get(TABLE, status=429, json={"error": {"message": "Rate limit exceeded"}}, headers=headers | date)
    http.get(TABLE, **GOOD)
    ask(instance)
    assert max(waits) == pytest.approx(20.5, abs=0.6)


def test_a_long_wait_ends_the_sync_and_says_when(
    http: responses.RequestsMock, instance: Instance, waits: list[float]
) -> None:
    headers = {"Retry-After": "3000", "X-RateLimit-Rule": "Table API"}
    http.get(TABLE, status=429, json={"error": {"message": "Rate limit exceeded"}}, headers=headers)
    with pytest.raises(RetriableError, match="its rule 'Table API'") as raised:
        ask(instance)
    assert raised.value.retry_after == 3000
    assert waits == []


def test_waits_grow_at_random(http: responses.RequestsMock, waits: list[float]) -> None:
    instance = build(waits, retries={"attempts": 5, "wait": 4, "longest": 10})
    http.get(TABLE, status=500, json={})
    with pytest.raises(RetriableError, match="500"):
        ask(instance)
    assert len(waits) == 4
    assert all(0 <= wait <= limit for wait, limit in zip(waits, (4, 8, 10, 10), strict=True))
    instance.close()


def test_after_failing_for_good_one_attempt_is_enough(
    http: responses.RequestsMock, instance: Instance
) -> None:
    http.get(TABLE, status=500, json={})
    for _ in range(3):
        with pytest.raises(RetriableError):
            ask(instance)
    assert instance.requests == 6 + 1 + 1


def test_the_budget_of_repeated_requests_ends(http: responses.RequestsMock, waits: list[float]) -> None:
    instance = build(waits, retries={"budget": 3})
    for _ in range(4):
        http.get(TABLE, status=500, json={})
        http.get(TABLE, **GOOD)
    for _ in range(3):
        ask(instance)
    with pytest.raises(RetriableError, match="one failure too many"):
        ask(instance)
    instance.close()


def test_a_sync_that_lasts_too_long_ends(http: responses.RequestsMock, waits: list[float]) -> None:
    instance = build(waits, timeouts={"run": 0.000001})
    with pytest.raises(RetriableError, match=r"timeouts\.run"):
        ask(instance)
    instance.close()
    assert len(http.calls) == 0


def test_a_cancelled_page_comes_back_at_once_where_a_smaller_one_can_be_asked(
    http: responses.RequestsMock, instance: Instance, waits: list[float]
) -> None:
    http.get(TABLE, json={"result": [], "error": {"message": "maximum execution time exceeded"}})
    with pytest.raises(CancelledError, match="maximum execution time"):
        instance.table("incident", {}, shrinkable=True)
    assert waits == []


@pytest.mark.parametrize(
    ("status", "message", "absent"),
    [(400, "Invalid table incident", True), (404, "", True), (403, "Failed API level ACL Validation", False)],
)
def test_an_absent_table_is_told_from_a_denied_one(
    http: responses.RequestsMock, instance: Instance, status: int, message: str, absent: bool
) -> None:
    http.get(TABLE, status=status, json={"error": {"message": message}, "status": "failure"})
    with pytest.raises(RefusedError) as raised:
        ask(instance)
    assert raised.value.absent is absent
    assert raised.value.hint


def test_a_401_is_tried_once_more_and_then_never_again(
    http: responses.RequestsMock, instance: Instance
) -> None:
    http.get(TABLE, status=401, json={"error": {"message": "User Not Authenticated"}})
    for _ in range(3):
        with pytest.raises(FatalError, match="401") as raised:
            ask(instance)
        assert "secret words" not in str(raised.value)
    assert instance.requests == 2


def test_an_address_that_is_not_there_is_given_up_soon(
    http: responses.RequestsMock, instance: Instance
) -> None:
    http.get(TABLE, body=requests.ConnectionError("unknown host"))
    with pytest.raises(RetriableError, match=r"corp\.service-now\.com cannot be reached") as raised:
        ask(instance)
    assert "url" in raised.value.hint
    assert instance.requests == 2


def test_the_clock_is_that_of_the_instance(http: responses.RequestsMock, instance: Instance) -> None:
    http.get(TABLE, **GOOD)
    ask(instance)
    assert timedelta(0) <= instance.now() - DATE <= timedelta(seconds=5)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/now/table/incident"), ("DELETE", "/x"), ("PATCH", "/oauth_token.do")]
)
def test_nothing_that_writes_gets_out(method: str, path: str) -> None:
    request = requests.Request(method, URL + path).prepare()
    with pytest.raises(FatalError, match="held back"):
        ReadOnlyAdapter().send(request)


def test_sessions_share_no_cookies_and_no_netrc(instance: Instance) -> None:
    first, second = instance._new_session(), instance._new_session()
    assert first is not second
    assert first.cookies is not second.cookies
    assert not first.trust_env


def test_a_proxy_is_used_for_everything(waits: list[float]) -> None:
    instance = build(waits, proxy="http://proxy:8080")
    assert instance._new_session().proxies == dict.fromkeys(("http", "https"), "http://proxy:8080")
    instance.close()


def test_overload_halves_the_requests_at_a_time_and_good_answers_give_them_back() -> None:
    slept: list[float] = []
    limiter = Limiter(4, clock=lambda: 100.0, sleep=slept.append)
    limiter.overloaded(3)
    assert limiter.allowed == 2
    with limiter.turn():
        assert slept == [3.0]
    for _ in range(20):
        limiter.succeeded()
    assert limiter.allowed == 3


@pytest.mark.parametrize(
    "refusal",
    [
        {"error": {"message": "User Not Authenticated", "detail": "Client is locked"}, "status": "failure"},
        {"error": "invalid_client", "error_description": "User Not Authenticated: Client is locked"},
    ],
)
def test_a_refused_token_is_told_in_words(
    http: responses.RequestsMock, waits: list[float], refusal: dict[str, Any]
) -> None:
    auth = {"type": "oauth", "grant": "client_credentials", "client_id": "us", "client_secret": "secret"}
    instance = build(waits, auth=auth)
    http.post(f"{URL}/oauth_token.do", status=401, json=refusal)
    with pytest.raises(FatalError) as raised:
        ask(instance)
    told = "The instance gave no OAuth token: User Not Authenticated: Client is locked."
    assert raised.value.message == told
    instance.close()


@pytest.mark.parametrize("broken", [requests.ConnectionError(), requests.exceptions.ChunkedEncodingError()])
def test_a_broken_connection_is_told_in_words(
    http: responses.RequestsMock, instance: Instance, broken: Exception
) -> None:
    http.get(TABLE, **GOOD)
    ask(instance)
    http.reset()
    http.get(TABLE, body=broken)
    with pytest.raises(RetriableError) as raised:
        ask(instance)
    assert raised.value.message == "incident: the connection to corp.service-now.com broke off."


def test_a_refused_password_names_the_role_that_recent_releases_ask_for(
    http: responses.RequestsMock, instance: Instance
) -> None:
    http.get(TABLE, status=401, json={"error": {"message": "User Not Authenticated"}})
    with pytest.raises(FatalError) as raised:
        ask(instance)
    assert "snc_basic_auth_api_access" in raised.value.hint
    assert "glide.authenticate.basic_auth.restriction" in raised.value.hint

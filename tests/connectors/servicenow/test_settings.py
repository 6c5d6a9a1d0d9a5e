"""Settings are checked before anything is asked, with the place of every mistake."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import config
from connectors.platform.settings import BasicAuth, Retries, Timeouts, Tls, since_moment
from connectors.servicenow.settings import JwtBearer, ServiceNowSettings
from storage.errors import ConfigurationError
from storage.records import KINDS

BASIC = {"type": "basic", "user": "reader", "password": "secret words"}
GOOD = {"type": "servicenow", "url": "https://corp.service-now.com", "auth": BASIC}
PAGE = Path(__file__).parents[3] / "docs" / "servicenow.md"

WRONG = """\
connectors:
  corp:
    type: servicenow
    url: http://corp.service-now.com
    auth: {type: basic, user: reader, pasword: secret words}
    records: [incidents, problem]
    since: two years
    workers: 9
    map: {incident.servce_id: u_service, incident.ci_id: caller_id.name, incident.opened: u_x}
    timeouts: {read: 0}
    speed: high
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "itsm-maturity.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        config.load(file, {})
    return [str(problem).removeprefix(str(tmp_path)).lstrip("/") for problem in raised.value.problems]


def test_every_mistake_is_told_at_its_place(tmp_path: Path) -> None:
    found = "\n".join(problems(tmp_path, WRONG))
    for told in (
        r"yaml:4:\d+ connectors\.corp\.url: .*https",
        r"yaml:5:\d+ connectors\.corp\.auth\.password: ",
        r"yaml:5:\d+ connectors\.corp\.auth\.pasword: ",
        r"yaml:6:\d+ connectors\.corp\.records\S*: .*did you mean 'incident'",
        r"yaml:7:\d+ connectors\.corp\.since: .*24 months",
        r"yaml:8:\d+ connectors\.corp\.workers: ",
        r"yaml:9:\d+ connectors\.corp\.map\S*: .*did you mean 'service_id'",
        r"yaml:9:\d+ connectors\.corp\.map\S*: .*without dots",
        r"yaml:10:\d+ connectors\.corp\.timeouts\.read: ",
        r"yaml:11:\d+ connectors\.corp\.speed: ",
    ):
        assert re.search(told, found), f"{told}\n{found}"
    assert "secret words" not in found


@pytest.mark.parametrize(
    ("auth", "place"),
    [
        ("{type: oauht}", "auth.type"),
        ("{type: oauth, client_id: a, client_secret: b}", "auth"),
        ("{type: oauth, grant: pasword, client_id: a, client_secret: b}", "auth"),
        ("{type: oauth, grant: password, client_id: a, client_secret: b, user: c}", "auth.password"),
        ("{type: certificate}", "auth.type"),
    ],
)
def test_a_wrong_way_of_being_let_in_is_told_at_its_place(tmp_path: Path, auth: str, place: str) -> None:
    text = (
        f"connectors:\n  corp:\n    type: servicenow\n    url: https://c.service-now.com\n    auth: {auth}\n"
    )
    found = problems(tmp_path, text)
    assert len(found) == 1
    assert f"connectors.corp.{place}" in found[0]


@pytest.mark.parametrize(
    "url", ["corp", "http://corp.service-now.com", "ftp://x", "https://u:p@corp", "https://corp/nav_to.do"]
)
def test_an_address_that_passwords_must_not_go_to_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        ServiceNowSettings.model_validate(GOOD | {"url": url})


def test_plain_http_is_for_this_machine_alone() -> None:
    assert ServiceNowSettings.model_validate(GOOD | {"url": "http://127.0.0.1:8080/"}).url.endswith(":8080")


def test_secrets_are_never_shown() -> None:
    assert "secret words" not in repr(ServiceNowSettings.model_validate(GOOD))


@pytest.mark.parametrize(
    ("records", "also"),
    [
        (["incident"], {"incident", "outage", "group", "transition"}),
        (["event"], {"event", "alert", "group", "transition"}),
        (["knowledge"], {"knowledge", "knowledge_use", "group", "transition"}),
    ],
)
def test_what_belongs_to_a_kind_comes_along(records: list[str], also: set[str]) -> None:
    assert set(ServiceNowSettings.model_validate(GOOD | {"records": records}).kinds) == also


def test_everything_is_read_unless_said_otherwise() -> None:
    assert ServiceNowSettings.model_validate(GOOD).kinds == tuple(KINDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24 months", "2024-02-28"),
        ("1 month", "2026-01-28"),
        ("2 years", "2024-02-28"),
        ("10 days", "2026-02-18"),
        ("2 weeks", "2026-02-14"),
        ("2024-01-01", "2024-01-01"),
    ],
)
def test_spans_look_back_from_today(text: str, expected: str) -> None:
    now = datetime(2026, 2, 28, 15, tzinfo=UTC)
    found = since_moment(text, now)
    assert found is not None
    assert found.isoformat() == f"{expected}T00:00:00+00:00"


@pytest.mark.parametrize("model", [ServiceNowSettings, Tls, Timeouts, Retries, JwtBearer, BasicAuth])
def test_every_setting_is_described(model: Any) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in model.model_fields if not re.search(rf"\b{name}\b", page)] == []

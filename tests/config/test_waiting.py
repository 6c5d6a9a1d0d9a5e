"""What only reading a platform needs may be absent until a platform is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Configuration
from storage.errors import ConfigurationError
from tests.config.support import FILE, lines, loaded

TEXT = """\
people: {key: "${KEY}"}
connectors:
  corp:
    type: servicenow
    url: "${URL}"
    auth: {type: basic, user: reader, password: "${PASSWORD}"}
  site:
    type: jira
    url: https://corp.atlassian.net
    auth: {type: api_token, user: reader, token: "${TOKEN}"}
"""
ALL = {"KEY": "k" * 20, "URL": "https://corp.service-now.com", "PASSWORD": "p", "TOKEN": "t"}


def missing(configuration: Configuration, *connectors: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        configuration.require_values(connectors)
    return [problem.path for problem in raised.value.problems]


def test_a_configuration_loads_without_the_secrets_of_its_connectors(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, TEXT)
    assert [each.type for each in configuration.connectors.values()] == ["servicenow", "jira"]
    assert configuration.people.key is None


def test_who_reads_a_platform_is_told_what_is_missing_for_that_one(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, TEXT, {"TOKEN": "t"})
    assert missing(configuration, "corp") == [
        "people.key",
        "connectors.corp.url",
        "connectors.corp.auth.password",
    ]
    assert missing(configuration, "site") == ["people.key"]


def test_nothing_is_missing_where_all_is_set(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, TEXT, ALL)
    configuration.require_values(["corp", "site"])
    assert configuration.connectors["site"].model_dump()["auth"]["user"] == "reader"


def test_other_mistakes_are_told_at_once_with_what_is_missing(tmp_path: Path) -> None:
    found = lines(tmp_path, TEXT.replace("user: reader, pass", "usr: reader, pass"), {"KEY": "k" * 20})
    places = [line.split(": ")[0] for line in found]
    assert f"{FILE}:6:5 connectors.corp.auth.user" in places
    assert f"{FILE}:6:49 connectors.corp.auth.password" in places


@pytest.mark.parametrize(
    "text",
    [
        "history: postgresql://itsm:${PASSWORD}@db/itsm\n",
        "indicators: ${OWN}\n",
        "connectors: {corp: {type: '${TYPE}'}}\n",
        "connectors: {corp: '${CORP}'}\n",
    ],
)
def test_what_every_command_needs_is_an_error_at_once(tmp_path: Path, text: str) -> None:
    (line,) = lines(tmp_path, text)
    assert "is not set" in line

"""From nothing to a Jira that is read, and what is said where something is wrong, by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.jira import SandboxJira, Settings, Traps
from sandbox.jira.settings import Mode
from tests.connectors.jira.support import MODES, QUICK, login, sandbox, site
from tests.interface.conftest import Answer, Command

TOKEN = "JIRA_TOKEN"
COMMANDS = ("check", "sync")
SECRETS = ("sandbox-token", "sandbox-personal-token", "wrong-horse-battery")

Write = Callable[..., None]


@pytest.fixture(autouse=True)
def _no_secret_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)


@pytest.fixture
def jira() -> Iterator[SandboxJira]:
    with sandbox("cloud", site(0.04)) as found:
        yield found


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def configured(jira: SandboxJira, **changes: Any) -> None:
        connector = {"type": "jira", "url": jira.url, "auth": login(jira), "gateway": jira.root}
        connector |= {"retries": QUICK, "records": ["incident", "change", "configuration_item"]}
        content: dict[str, Any] = {"evidence": "duckdb:evidence.duckdb", "history": "sqlite:history.db"}
        content |= {
            "people": {"key": "a key for hashing persons"},
            "connectors": {"apps": connector | changes},
        }
        # JSON is YAML.
        (tmp_path / "itsm-maturity.yaml").write_text(json.dumps(content), encoding="utf-8")

    return configured


def words(answer: Answer) -> str:
    text = answer.out + answer.err
    assert "Traceback" not in text
    for secret in SECRETS:
        assert secret not in text
    return " ".join(text.split())


@pytest.mark.parametrize("mode", MODES)
def test_init_writes_what_check_can_use(
    tmp_path: Path, run: Command, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox(mode, site(0.04)) as jira:
        way = ("--auth", "api-token", "--user", jira.user) if jira.cloud else ("--auth", "personal-token")
        answer = run(tmp_path, "init", "--jira", jira.url, *way, "--projects", "ITSM")
        assert answer.code == 0
        assert f"export {TOKEN}" in answer.out
        assert len(jira.journal) == 0, "nothing is tried without a token"
        monkeypatch.setenv(TOKEN, jira.token if jira.cloud else jira.personal_token)
        checked = run(tmp_path, "check")
    assert checked.code == 1, "no alerts elsewhere than at Atlassian's own address"
    assert "jira (jira): reachable" in checked.out
    assert "projects: [ITSM]" in (tmp_path / "itsm-maturity.yaml").read_text("utf-8")


def test_check_prints_the_mapping_it_found_and_what_it_could_not_place(
    tmp_path: Path, run: Command, jira: SandboxJira, write: Write
) -> None:
    write(jira)
    said = words(run(tmp_path, "check"))
    for part in (
        "Issue types: Bug, Incident.",
        "urgency customfield_10040",
        "Statuses by category: to do: ",
        "done: Canceled, Closed, Completed",
        "Issue types that are not read: ",
        "No issue has a resolution",
    ):
        assert part in said


@pytest.mark.parametrize("name", COMMANDS)
def test_an_address_that_is_no_jira_is_told(tmp_path: Path, run: Command, write: Write, name: str) -> None:
    with sandbox("data_center", site(0.04)) as server:
        write(server, url=server.root)
        answer = run(tmp_path, name)
    assert answer.code == 3
    assert "context path such as /jira" in words(answer)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_site_that_nobody_has_is_told(
    tmp_path: Path, run: Command, jira: SandboxJira, write: Write, name: str
) -> None:
    write(jira, url="https://no-such-company.atlassian.invalid")
    answer = run(tmp_path, name)
    assert answer.code == 3
    assert "no-such-company.atlassian.invalid cannot be reached" in words(answer)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_revoked_token_is_told_and_tried_twice_at_most(
    tmp_path: Path, run: Command, jira: SandboxJira, write: Write, name: str
) -> None:
    jira.accounts.revoked = True
    write(jira)
    answer = run(tmp_path, name)
    assert answer.code == 3
    assert "the token may have expired or been revoked" in words(answer)
    assert jira.journal.statuses()[401] <= 2


@pytest.mark.parametrize("name", COMMANDS)
def test_an_account_that_may_see_no_project_is_told_what_to_grant(
    tmp_path: Path, run: Command, write: Write, name: str
) -> None:
    with sandbox("cloud", site(0.04), settings=Settings(hidden_projects=frozenset({"ITSM"}))) as shut:
        write(shut)
        answer = run(tmp_path, name)
        assert answer.code == 3
        assert "grant it 'Browse projects'" in words(answer)
        write(shut, projects=["ITSM"])
        named = run(tmp_path, name)
    assert named.code == 2
    assert "sees no project 'ITSM'" in words(named)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"filter": "labels = nowhere"}, "connectors.apps.filter: No issue fits it"),
        ({"filter": "labels ==="}, "connectors.apps.filter: The site does not understand it"),
        ({"map": {"incident.subcategory": "Urgency"}}, "2 fields are named 'Urgency': write the id of one"),
        ({"map": {"incident.service_id": "Afected services"}}, "did you mean 'Affected services'"),
        ({"map": {"configuration_item.owner": "Steward"}}, "No object of Assets has an attribute 'Steward'"),
    ],
)
def test_settings_that_contradict_the_site_are_told_with_their_place(
    tmp_path: Path, run: Command, write: Write, name: str, changes: dict[str, Any], told: str
) -> None:
    with sandbox("cloud", site(0.04, traps=Traps(twice=("Urgency",)))) as twice:
        write(twice, **changes)
        answer = run(tmp_path, name)
    assert answer.code == 2
    assert told in words(answer)

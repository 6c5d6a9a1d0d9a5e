"""From nothing to an assessment of an instance, as a person does it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.servicenow import Access, SandboxServiceNow, only
from tests.interface.conftest import Answer, Command
from tests.interface.instance import HIDDEN, INCIDENTS, incident_id, instance

PASSWORD = "SERVICENOW_PASSWORD"
HOLES = {incident_id(number) for number in range(HIDDEN)}


@pytest.fixture(autouse=True)
def _no_secret_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PASSWORD, "SERVICENOW_CLIENT_ID", "SERVICENOW_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def running() -> Iterator[SandboxServiceNow]:
    """An instance with some incidents hidden, service levels denied and plugins not active."""
    access = {
        "incident": Access(hidden=(only(HOLES),)),
        "task_sla": Access(denied=True),
        "contract_sla": Access(denied=True),
    }
    with instance(access) as found:
        yield found


class Terminal(io.StringIO):
    """Answers of somebody at a terminal."""

    def isatty(self) -> bool:
        return True


def answering(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{each}\n" for each in answers)))


def begun(folder: Path, run: Command, running: SandboxServiceNow, *more: str) -> Answer:
    answer = run(folder, "init", "--servicenow", running.url, "--user", running.user, *more)
    assert answer.code == 0
    return answer


def words(answer: Answer) -> str:
    return " ".join(answer.out.split())


def configuration(folder: Path) -> str:
    return (folder / "itsm-maturity.yaml").read_text("utf-8")


def test_init_writes_what_check_can_use_and_says_which_variables_to_set(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = begun(tmp_path, run, running)
    assert f"export {PASSWORD}" in answer.out
    assert len(running.journal) == 0, "nothing is tried without a password"
    monkeypatch.setenv(PASSWORD, running.password)
    checked = run(tmp_path, "check")
    assert checked.code == 1, "not everything can be read"
    assert "servicenow (servicenow): reachable" in checked.out


def test_init_tries_the_connection_when_the_secret_is_set_and_never_shows_it(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, running.password)
    answer = begun(tmp_path, run, running)
    assert "reachable" in answer.out
    assert "Set these first" not in answer.out
    for text in (answer.out, answer.err, configuration(tmp_path)):
        assert running.password not in text
    assert f"${{{PASSWORD}}}" in configuration(tmp_path)


def test_init_does_not_fail_when_the_connection_does(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "wrong-secret")
    answer = begun(tmp_path, run, running, "--json")
    assert answer.json["connection"] is None or answer.json["connection"]["connectors"][0]["problem"]
    assert "wrong-secret" not in answer.out
    assert (tmp_path / "itsm-maturity.yaml").exists()


def test_init_asks_a_person_and_asks_again_what_it_does_not_understand(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(
        monkeypatch,
        "both",
        "ServiceNow",
        "http://acme.service-now.com",
        running.url,
        "",
        running.user,
        "incidnet",
        "incident,problem",
    )
    answer = run(tmp_path, "init")
    assert answer.code == 0
    assert "Over http://" in answer.err
    assert "Did you mean 'incident'?" in answer.err
    text = configuration(tmp_path)
    assert "records: [incident, problem]" in text
    assert "type: basic" in text
    assert f"user: {running.user}" in text


def test_init_still_asks_for_an_export(tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "incidents.csv").write_text("number,opened_at\nINC1,2026-10-01 08:00:00\n", "utf-8")
    answering(monkeypatch, "export", str(tmp_path / "incidents.csv"))
    assert run(tmp_path, "init").code == 0
    assert "type: files" in configuration(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--servicenow", "acme"], "needs the account's name"),
        (["--user", "ann"], "--servicenow URL"),
        ([], "--servicenow URL"),
        (["--servicenow", "acme", "--auth", "oauht"], "no way to sign in"),
        (["--servicenow", "acme", "--user", "ann", "--records", "incidnet"], "Did you mean 'incident'?"),
        (["--servicenow", "http://acme.service-now.com", "--user", "ann"], "password could be read"),
        (["--servicenow", "https://ann:hunter2@acme.com", "--user", "ann"], "user or a password"),
        (["--servicenow", "acme", "--from-export", "x.csv"], "one of the two"),
    ],
)
def test_init_without_a_terminal_says_what_is_missing_or_wrong(
    tmp_path: Path, run: Command, arguments: list[str], says: str
) -> None:
    answer = run(tmp_path, "init", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert "hunter2" not in answer.err
    assert not (tmp_path / "itsm-maturity.yaml").exists()


def test_init_with_oauth_needs_no_user(tmp_path: Path, run: Command) -> None:
    found = run(tmp_path, "init", "--servicenow", "acme", "--auth", "oauth", "--json").json
    assert found["url"] == "https://acme.service-now.com"
    assert found["unset"] == ["SERVICENOW_CLIENT_ID", "SERVICENOW_CLIENT_SECRET"]
    assert (found["connection"], found["error"]) == (None, None)


def test_check_says_what_to_ask_for_and_what_is_not_rated_without_it(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, run, running)
    monkeypatch.setenv(PASSWORD, running.password)
    answer = run(tmp_path, "check", "--json")
    (connector,) = answer.json["connectors"]
    (remedy,) = [each for each in connector["remedies"] if "service_level" in each["needed_by"]]
    assert answer.code == 1
    assert remedy["advice"].startswith("Grant ")
    assert "task_sla" in remedy["tables"]
    assert "inc-sla-coverage" in remedy["indicators"]
    shown = words(run(tmp_path, "check"))
    assert "Missing, to ask an administrator for:" in shown
    assert remedy["advice"] in shown
    assert shown.count(remedy["advice"]) == 1, "each piece of advice is given once"


def test_check_of_an_instance_that_cannot_be_used_exits_with_3(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, run, running)
    monkeypatch.setenv(PASSWORD, "wrong-secret")
    answer = run(tmp_path, "check")
    assert answer.code == 3
    assert "wrong-secret" not in answer.out + answer.err


def test_an_assessment_says_how_complete_its_sources_were(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, run, running)
    monkeypatch.setenv(PASSWORD, running.password)
    synced = run(tmp_path, "sync")
    assert f"{HIDDEN} hidden" in words(synced) or "Hidden" in synced.out
    assert "request" in synced.out.lower()
    run(tmp_path, "sync")
    assessed = run(tmp_path, "assess", "--practice", "incident")
    share = f"{100 * (INCIDENTS - HIDDEN) / INCIDENTS:.1f} %"
    line = f"sources {share} (incident: {INCIDENTS - HIDDEN} records, {HIDDEN} hidden), last read "
    assert line in words(assessed)
    assert "denied: service_level" in words(assessed)
    assert line in words(run(tmp_path, "history", "--detail"))
    assert line in words(run(tmp_path, "explain", "incident"))
    found = run(tmp_path, "history", "--detail", "--json").json["items"][0]
    sources = {each["kind"]: each for each in found["sources"]}
    assert (sources["incident"]["hidden"], sources["incident"]["rejected"]) == (HIDDEN, 0)
    assert found["practices"][0]["completeness"] == 0.9
    assert {"incident", "service_level", "transition"} <= set(found["practices"][0]["kinds"])
    assert sources["service_level"]["completeness"] is None


def test_runs_show_requests_hidden_and_rejected(
    tmp_path: Path, run: Command, running: SandboxServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, run, running, "--records", "incident")
    monkeypatch.setenv(PASSWORD, running.password)
    run(tmp_path, "sync")
    shown = words(run(tmp_path, "history", "--runs"))
    assert "hidden" in shown.lower()
    assert "request" in shown.lower()
    (found,) = run(tmp_path, "history", "--runs", "--json").json
    (line,) = [each for each in found["ledger"] if each["kind"] == "incident"]
    assert (line["hidden"], line["rejected"], line["retries"]) == (HIDDEN, 0, 0)
    assert line["requests"] > 0

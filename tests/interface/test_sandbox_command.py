from __future__ import annotations

import gzip
import json
import os
import signal
import socket
from pathlib import Path
from threading import Timer, main_thread

import pytest
import requests

import config
from config.configuration import Configuration
from interface.cli.app import main
from interface.demonstration import Organisation, today
from interface.simulated import Platform, Simulation
from sandbox.jira.faults.named import FAULTS as JIRA_FAULTS
from sandbox.servicenow.faults.named import FAULTS
from tests.interface.serving import begin, eventually, finish, listens, sandbox, told_until

FEW = {"sysparm_limit": "5", "sysparm_exclude_reference_link": "true"}


def page(told: dict[str, str], table: str = "incident", **session: object) -> requests.Response:
    with requests.Session() as client:
        client.trust_env = False
        client.auth = (told["user"], told["password"])
        client.verify = told["ca_bundle"] or True
        return client.get(f"{told['url']}/api/now/table/{table}", params=FEW, timeout=30)


def test_a_sandbox_answers_until_it_is_killed_and_ends_without_a_complaint() -> None:
    with sandbox() as told:
        assert told["url"].startswith("http://127.0.0.1:")
        answer = page(told)
        assert len(answer.json()["result"]) == 5
        assert page({**told, "password": "wrong"}).status_code == 401
    assert not listens(told["url"])


def test_people_are_told_how_to_log_in_and_what_to_write() -> None:
    process = begin("sandbox", "--incidents", "1000", "--truth")
    seen = told_until(process, "  Configuration ")
    assert finish(process, signal.SIGINT) == (0, "", "")
    assert "export SANDBOX_PASSWORD=" in seen
    assert "type: servicenow" in seen
    assert 'priority_matrix: {"1-1": 1, "1-2": 2, "2-1": 2, "1-3": 3, "2-2": 3, "3-1": 3, "2-3": 4,' in seen
    assert "Planted: profile defined" in seen
    assert "Incident                                   level 3 (Defined)" in seen
    assert "active_users: {2024-" in seen


def test_ctrl_c_while_it_generates_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    here = main_thread().ident
    assert here is not None
    interruption = Timer(1.0, signal.pthread_kill, (here, signal.SIGINT))
    interruption.start()
    assert main(["--json", "sandbox", "--incidents", "100000"]) == 0
    interruption.join()
    assert capsys.readouterr().out == ""


def test_an_attached_sandbox_ends_with_its_input() -> None:
    process = begin("--json", "sandbox", "--incidents", "1000", "--attached")
    assert process.stdout is not None
    assert process.stdin is not None
    assert "url" in process.stdout.readline()
    process.stdin.close()
    assert eventually(lambda: process.poll() is not None)
    assert process.returncode == 0
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def test_a_configuration_is_written_that_reads_it_once_the_password_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "itsm-maturity.yaml"
    with sandbox("--configuration", str(file), "--tls") as told:
        assert told["url"].startswith("https://")
        assert page(told).status_code == 200
        monkeypatch.setenv("SANDBOX_PASSWORD", told["password"])
        assert isinstance(config.load(file, os.environ), Configuration)
        assert main(["-c", str(file), "check"]) in (0, 1)
        assert "reachable" in capsys.readouterr().out
    before = file.read_text("utf-8")
    assert main(["sandbox", "--configuration", str(file)]) == 2
    assert "--force" in capsys.readouterr().err
    assert file.read_text("utf-8") == before


def test_a_password_of_the_environment_holds_and_is_not_shown() -> None:
    with sandbox(SANDBOX_PASSWORD="one of my own") as told:
        assert told["password"] is None
        assert page({**told, "password": "one of my own"}).status_code == 200


def test_exported_rows_are_served_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "incident.csv").write_text("number,state\nINC1,6\nINC2,7\n", encoding="utf-8")
    with sandbox("--tables", str(tmp_path), incidents=None) as told:
        rows = page(told).json()["result"]
    assert sorted((row["number"], row["state"]) for row in rows) == [("INC1", "6"), ("INC2", "7")]


def test_a_script_says_what_goes_wrong_when(tmp_path: Path) -> None:
    script = tmp_path / "faults.yaml"
    script.write_text(
        "- {fault: status, with: {code: 502}, table: incident, requests: [2]}\n", encoding="utf-8"
    )
    with sandbox("--faults", str(script)) as told:
        found = [page(told).status_code for _ in range(3)]
        assert page(told, "problem").status_code == 200
    assert found == [200, 502, 200]


@pytest.mark.parametrize(
    ("platform", "names"), [(Platform.SERVICENOW, list(FAULTS)), (Platform.JIRA, list(JIRA_FAULTS))]
)
def test_every_fault_can_be_asked_for_by_its_name_alone(platform: Platform, names: list[str]) -> None:
    wanted = Simulation(platform, Organisation(1000, 1, "defined", today()), None)
    assert [len(wanted.faults([name])) for name in names] == [1] * len(names)
    assert len(wanted.faults(["rough", "hang"])) > 2


@pytest.mark.parametrize("options", [(), ("--data-center",)])
def test_a_jira_is_started_and_read_with_the_configuration_it_prints(
    tmp_path: Path,
    options: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "itsm-maturity.yaml"
    with sandbox("jira", *options, "--configuration", str(file)) as told:
        assert told["platform"] == "jira"
        monkeypatch.setenv("SANDBOX_PASSWORD", told["password"])
        assert main(["-c", str(file), "check"]) in (0, 1)
    said = capsys.readouterr().out
    assert "sandbox (jira): reachable" in said
    assert "Issue types: Bug, Incident" in " ".join(said.split())


def test_issues_of_a_folder_are_served(tmp_path: Path) -> None:
    fields = {
        "summary": "x",
        "project": {"id": "1", "key": "AB", "name": "A and B"},
        "issuetype": {"id": "1", "name": "Bug"},
        "status": {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
        "created": "2026-01-01T00:00:00.000+0000",
        "updated": "2026-01-02T00:00:00.000+0000",
    }
    issue = {"id": "10001", "key": "AB-1", "fields": fields}
    with gzip.open(tmp_path / "issues.jsonl.gz", "wt", encoding="utf-8") as written:
        written.write(json.dumps(issue))
    with sandbox("jira", "--tables", str(tmp_path), incidents=None) as told, requests.Session() as client:
        client.trust_env, client.auth = False, (told["user"], told["password"])
        found = client.get(f"{told['url']}/rest/api/2/issue/AB-1", timeout=30).json()
    assert found["id"] == "10001"


def test_the_same_options_serve_the_same_rows_on_any_day() -> None:
    answers = []
    for _ in range(2):
        with sandbox("--until", "2026-06-30", "--seed", "5") as told:
            answers.append(page(told).json())
    assert answers[0] == answers[1]


def test_a_port_in_use_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["sandbox", "--incidents", "1000", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"Port {port} cannot be used: address already in use." in said
    assert "--port" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tables", "nowhere"), "holds no table"),
        (("--tables", ".", "--level", "4"), "--level has no meaning"),
        (("--tables", ".", "--truth"), "--truth has no meaning"),
        (("--faults", "resett"), "Did you mean 'reset'?"),
        (("--data-center",), "sandbox jira --data-center"),
        (("jira", "--tables", "nowhere"), "nowhere"),
        (("jira", "--faults", "cancelled"), "There is no fault 'cancelled'"),
        (("--faults", "nowhere.yaml"), "nowhere.yaml cannot be read: no such file"),
        (("--until", "tomorrow"), "is not a day"),
        (("--until", "2900-01-01"), "too far away"),
        (("--level", "6"), "--level"),
        (("--level", "3", "--profile", "small"), "--profile says the level already"),
        (("--profile", "chaotic"), "There is no profile 'chaotic'"),
        (("--incidents", "few"), "'few' is none of small, medium, large"),
        (("jirra",), "jirra"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sandbox", *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("nothing", "is a list"),
        ("- [", "is not YAML"),
        ("- {table: incident}", "it has no `fault`"),
        ("- {fault: resett}", "There is no fault 'resett'"),
        ("- {fault: reset, wen: 1}", "'wen' is unknown"),
        ("- {fault: reset, requests: often}", "'requests' cannot be 'often'"),
        ("- {fault: reset, times: true}", "'times' cannot be True"),
        ("- {fault: cancelled, with: {shape: broken}}", "'cancelled' takes form, kept in `with`"),
        ("- {fault: cancelled, with: {kept: much}}", "'kept' cannot be 'much'"),
    ],
)
def test_a_wrong_script_is_a_sentence(
    script: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(script, encoding="utf-8")
    assert main(["sandbox", "--faults", str(file)]) == 2
    assert words in capsys.readouterr().err


def test_tables_that_are_no_text_are_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "incident.csv").write_bytes(b"number\n\xff\xfe\x00")
    assert main(["sandbox", "--tables", str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err

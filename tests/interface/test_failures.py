from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from interface.cli import failures
from interface.cli.app import main
from tests.interface.conftest import Command
from tests.interface.killing import CONFIGURATION, RUNNER


def configured(folder: Path, text: str) -> Path:
    (folder / "itsm-maturity.yaml").write_text(text, encoding="utf-8")
    return folder


COMMANDS = (
    ("check",),
    ("sync",),
    ("assess",),
    ("history",),
    ("explain", "incident"),
    ("indicators",),
)

BAD_CONFIGURATIONS = {
    "missing": None,
    "not YAML": "connectors: [",
    "a list": "- one\n",
    "unknown key": "evidance: duckdb:e.duckdb\n",
    "unknown engine": "evidence: oracle:e\n",
    "unknown connector type": "connectors: {corp: {type: servicenaw}}\n",
    "secret that is not there": "history: ${NOWHERE_TO_BE_FOUND}\n",
    "not text": "\x00\x01\x02",
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
@pytest.mark.parametrize("text", BAD_CONFIGURATIONS.values(), ids=BAD_CONFIGURATIONS.keys())
def test_a_bad_configuration_is_answered_with_its_place_and_exit_2(
    tmp_path: Path, run: Command, command: tuple[str, ...], text: str | None
) -> None:
    if text is not None:
        configured(tmp_path, text)
    answer = run(tmp_path, *command, "--json")
    error = answer.json["error"]
    assert answer.code == 2
    assert error["type"] == "ConfigurationError"
    assert error["where"][0].startswith(str(tmp_path / "itsm-maturity.yaml"))
    assert error["hint"]
    assert sorted(path.name for path in tmp_path.iterdir()) == (
        ["itsm-maturity.yaml"] if text is not None else []
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("assess", "--practice", "incidnet"), "Did you mean 'incident'?"),
        (("assess", "--as-of", "yesterday"), "year-month-day"),
        (("assess", "--as-of", "2026-02-30"), "year-month-day"),
        (("assess", "--as-of", "0001-01-01"), "1970 to 2100"),
        (("assess", "--as-of", "9999-12-31"), "still to come"),
        (("history", "--practice", "incidents"), "Did you mean 'incident'?"),
        (("history", "--indicator", "inc-sla"), "inc-sla"),
        (("history", "--since", "1/2/2026"), "year-month-day"),
        (("explain", "nonsense"), "Choose from"),
        (("explain", "incident", "--assessment", "ffff"), ""),
        (("explain", "incident", "--assessment", "f"), ""),
        (("indicators", "--practice", "nonsense"), "Choose from change, configuration, incident"),
        (("sync", "nowhere"), "Configured are: org"),
        (("sync", "--since", "soon"), "year-month-day"),
        (("sync", "--remap", "--full"), "Leave one out"),
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_answered_with_a_hint_and_exit_2(
    assessed: Path, run: Command, arguments: tuple[str, ...], words: str
) -> None:
    answer = run(assessed, *arguments)
    assert answer.code == 2
    assert words in answer.err
    assert answer.out == ""
    assert len(answer.err.splitlines()) == 2, "one sentence and what to do"


@pytest.mark.parametrize(
    "setting",
    ["assess: {cohort: {opened_from: 0001-01-01, opened_to: 9999-12-31}}", "exclude: {go_live: 9999-12-01}"],
)
def test_a_day_beyond_the_calendar_is_answered_with_a_hint_and_exit_2(
    fresh: Path, run: Command, setting: str
) -> None:
    answer = run(configured(fresh, f"connectors: {{}}\n{setting}\n"), "assess")
    assert answer.code == 2
    assert "1970 to 2100" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [["--nonsense"], ["nonsense"], ["history", "--limit", "0"], ["history", "--limit", "x"], ["explain"]],
    ids=" ".join,
)
def test_a_call_that_cannot_be_parsed_exits_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "--help" in capsys.readouterr().err
    assert main([*arguments, "--json"]) == 2
    assert '"UsageError"' in capsys.readouterr().out


def unreadable(path: Path) -> None:
    path.write_bytes(b"this is no database at all, just words" * 200)


@pytest.mark.parametrize("name", ["evidence.duckdb", "maturity.db"])
@pytest.mark.parametrize("shape", ["words", "folder"])
@pytest.mark.parametrize("command", ["sync", "assess"])
def test_a_store_that_is_none_exits_with_3_or_2_and_says_which(
    fresh: Path, run: Command, name: str, shape: str, command: str
) -> None:
    path = fresh / name
    if shape == "folder":
        path.mkdir()
    else:
        unreadable(path)
    answer = run(fresh, command)
    assert answer.code in (2, 3)
    assert name in answer.err
    assert len(answer.err.splitlines()) <= 3


def test_a_history_of_a_newer_release_is_refused_in_a_sentence(done: Path, run: Command) -> None:
    with sqlite3.connect(done / "maturity.db") as database:
        database.execute("UPDATE history_version SET version_num = 'from the future'")
    database.close()
    answer = run(done, "history")
    assert answer.code in (2, 3)
    assert len(answer.err.splitlines()) <= 3


def test_secrets_are_never_shown(fresh: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s3cr3t-word-of-the-day"
    monkeypatch.setenv("KEY", secret)
    monkeypatch.setenv("DATABASE", f"postgresql://user:{secret}@127.0.0.1:1/history")
    for command in (("sync",), ("assess",), ("check",), ("history", "--runs"), ("indicators",)):
        answer = run(fresh, *command)
        assert secret not in answer.out + answer.err
    file = fresh / "itsm-maturity.yaml"
    file.write_text("history: ${DATABASE}\n" + file.read_text("utf-8"), encoding="utf-8")
    for command in (("sync",), ("history",), ("history", "--json")):
        answer = run(fresh, *command)
        assert answer.code == 3
        assert secret not in answer.out + answer.err
    assert all(secret.encode() not in path.read_bytes() for path in fresh.glob("*") if path.is_file())


def test_persons_are_neither_shown_nor_stored(assessed: Path, run: Command) -> None:
    import csv

    with (assessed / "export" / "incident_log.csv").open(encoding="utf-8", newline="") as stream:
        persons = {row[name] for row in csv.DictReader(stream) for name in ("actor", "assignee")} - {""}
    shown = run(assessed, "explain", "inc-single-person-dependence", "--json").out
    stored = (assessed / "maturity.db").read_bytes()
    for person in persons:
        assert person not in shown
        assert person.encode() not in stored


def test_an_unexpected_fault_is_one_sentence_and_a_log_without_values(tmp_path: Path) -> None:
    try:
        try:
            raise KeyError("jane.doe@example.org")
        except KeyError as error:
            raise ValueError("password=hunter2") from error
    except ValueError as error:
        log = failures.write_log(error, tmp_path)
    text = log.read_text("utf-8")
    assert log.parent == tmp_path
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text
    assert "test_failures.py" in text
    assert "jane.doe" not in text
    assert "hunter2" not in text


def test_an_unexpected_fault_says_where_its_details_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.report_unexpected(RuntimeError("inner words"), tmp_path, as_json=False) == 3
    shown = capsys.readouterr().err
    assert str(tmp_path / "itsm-maturity-error.log") in shown
    assert "inner words" not in shown


def test_help_loads_no_engine_and_none_of_the_packages_that_do() -> None:
    heavy = (
        "duckdb",
        "pyarrow",
        "scipy",
        "numpy",
        "sqlalchemy",
        "sqlmodel",
        "alembic",
        "sqlglot",
        "config",
        "connectors",
        "evaluators",
        "sandbox",
    )
    code = (
        "import sys\nfrom interface.cli.app import main\n"
        "assert main(['--help']) == 0\nassert main(['sync', '--help']) == 0\n"
        f"loaded = [name for name in {heavy!r} if name in sys.modules]\n"
        "sys.exit(' '.join(loaded) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command", ["init", "check", "sync", "assess", "history", "explain", "indicators", "demo"]
)
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Examples" in shown
    assert f"itsm-maturity {command}" in shown
    assert "--json" in shown


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("itsm-maturity ")


def test_options_may_stand_before_the_command(assessed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", str(assessed / CONFIGURATION), "--json", "history"]) == 0
    assert capsys.readouterr().out.startswith("{")


def test_the_console_script_works(assessed: Path) -> None:
    script = Path(sys.executable).with_name("itsm-maturity")
    done = subprocess.run([script, "history"], cwd=assessed, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Incident" in done.stdout


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, failures.INTERRUPTED), (signal.SIGTERM, failures.TERMINATED)]
)
def test_ctrl_c_and_kill_say_that_it_is_safe_to_run_again(
    fresh: Path, sent: signal.Signals, code: int
) -> None:
    pipe = fresh / "export" / "waiting.csv"
    os.mkfifo(pipe)
    text = (fresh / CONFIGURATION).read_text("utf-8").replace("service_levels.csv", "waiting.csv")
    (fresh / CONFIGURATION).write_text(text, "utf-8")
    with subprocess.Popen(
        [*RUNNER, "sync", "-c", CONFIGURATION],
        cwd=fresh,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Tests that run in the background of a shell ignore Ctrl-C, and whatever they start does as well.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:
        # Opening the writing end waits until the command reads, so it is in the middle of its work.
        with pipe.open("w", encoding="utf-8"):
            process.send_signal(sent)
            _, said = process.communicate(timeout=60)
        assert process.returncode == code
    assert "safe to run" in said.decode()
    assert "Traceback" not in said.decode()

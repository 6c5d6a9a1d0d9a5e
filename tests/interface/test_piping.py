"""Programs can read what every command prints, and may stop reading at any time."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from interface.cli import failures
from tests.interface.conftest import Command
from tests.interface.killing import CONFIGURATION, RUNNER

QUESTIONS = [
    ("history",),
    ("history", "--detail"),
    ("history", "--indicator", "inc-sla-attainment"),
    ("history", "--runs"),
    ("explain", "incident"),
    ("explain", "inc-sla-attainment"),
    ("explain", "departments"),
    ("explain", "handoffs"),
    ("compare",),
    ("roadmap",),
    ("indicators",),
    ("check",),
]


def called(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUNNER, *command, "-c", CONFIGURATION],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("command", QUESTIONS, ids=" ".join)
def test_json_stands_alone_on_standard_output(assessed: Path, command: tuple[str, ...]) -> None:
    done = called(assessed, *command, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert isinstance(json.loads(done.stdout), dict | list)


@pytest.mark.parametrize("command", QUESTIONS, ids=" ".join)
def test_text_that_is_piped_has_no_colours_and_cuts_nothing(
    assessed: Path, run: Command, command: tuple[str, ...]
) -> None:
    answer = run(assessed, *command)
    assert (answer.code, answer.err) == (0, "")
    assert "\x1b" not in answer.out
    assert not [word for word in answer.out.split() if word.endswith("…") and "-" in word]
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "command", [("history",), ("explain", "incident"), ("indicators", "--json")], ids=" ".join
)
def test_a_reader_who_goes_away_is_no_error(assessed: Path, command: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [*RUNNER, *command, "-c", CONFIGURATION],
        cwd=assessed,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == failures.PIPE_CLOSED

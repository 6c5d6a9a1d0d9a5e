"""What is stored can be looked at where no password is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interface.conftest import Command

LOOKING = [
    ("history",),
    ("history", "--runs"),
    ("explain", "incident"),
    ("explain", "departments"),
    ("explain", "handoffs"),
    ("compare",),
    ("roadmap",),
    ("indicators",),
    ("assess",),
]


@pytest.fixture
def locked(done: Path) -> Path:
    """An assessed folder whose configuration names a secret that is not set."""
    file = done / "itsm-maturity.yaml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("    type: files\n", '    type: files\n    time_zone: "${NO_SUCH_ZONE}"\n'), "utf-8"
    )
    return done


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_looking_back_needs_no_secret(locked: Path, run: Command, command: tuple[str, ...]) -> None:
    assert run(locked, *command).code == 0


@pytest.mark.parametrize("command", ["check", "sync"])
def test_reading_a_platform_says_which_variable_to_set(locked: Path, run: Command, command: str) -> None:
    before = (locked / "evidence.duckdb").read_bytes()
    answer = run(locked, command, "--json")
    assert answer.code == 2
    assert "the environment variable NO_SUCH_ZONE is not set" in answer.json["error"]["message"]
    assert answer.json["error"]["where"] == [f"{locked}/itsm-maturity.yaml:4:17"]
    assert (locked / "evidence.duckdb").read_bytes() == before

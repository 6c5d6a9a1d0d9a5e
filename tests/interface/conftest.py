from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from interface.cli.app import main
from tests.interface.organisation import configuration_text, keep_last_incidents, write_organisation

UNTIL = date(2026, 11, 1)
"""First day without records; the day the tests assess as of."""

FEW = 150
"""Incidents of the small export."""


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.out)


Command = Callable[..., Answer]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an organisation's export and a configuration, nothing synced yet."""
    folder = tmp_path_factory.mktemp("organisation")
    write_organisation(folder / "export", incidents=1200, until=UNTIL)
    (folder / "itsm-maturity.yaml").write_text(configuration_text(folder / "export", UNTIL), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def assessed(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, synced and assessed twice: a week ago and on the day."""
    folder = tmp_path_factory.mktemp("assessed") / "work"
    shutil.copytree(exported, folder)
    file = str(folder / "itsm-maturity.yaml")
    assert main(["sync", "-c", file]) == 0
    assert main(["assess", "-c", file, "--as-of", "2026-10-25"]) == 0
    assert main(["assess", "-c", file]) == 0
    return folder


@pytest.fixture(scope="session")
def small(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the last incidents alone, for what does not depend on how many there are."""
    folder = tmp_path_factory.mktemp("small") / "work"
    shutil.copytree(exported, folder)
    keep_last_incidents(folder / "export", FEW)
    return folder


@pytest.fixture
def fresh(small: Path, tmp_path: Path) -> Path:
    """A folder of its own with a small export, nothing synced yet."""
    folder = tmp_path / "fresh"
    shutil.copytree(small, folder)
    return folder


@pytest.fixture
def done(assessed: Path, tmp_path: Path) -> Path:
    """A folder of its own, synced and assessed twice."""
    folder = tmp_path / "done"
    shutil.copytree(assessed, folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process: run(folder, "sync", "--full")."""

    def command(folder: Path, name: str, *arguments: str) -> Answer:
        capsys.readouterr()
        code = main([name, *arguments, "-c", str(folder / "itsm-maturity.yaml")])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return Answer(code, shown.out, shown.err)

    return command

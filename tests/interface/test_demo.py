from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from interface.cli.app import main
from scheduler.demo import MARKER
from tests.interface.serving import begin, eventually, finish, listens, sandbox

NAME = "itsm-maturity.yaml"


def demo(folder: Path, *arguments: str) -> int:
    return main(["demo", "--keep", str(folder), "--incidents", "1000", *arguments])


def address(folder: Path) -> str:
    """Return where the sandbox of a demo's configuration is, empty while there is none."""
    file = folder / NAME
    found = re.search(r"url: (\S+)", file.read_text("utf-8")) if file.exists() else None
    return found[1] if found else ""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A demo's folder and what it printed."""
    folder = tmp_path_factory.mktemp("kept") / "demo"
    code, out, errors = finish_by_itself("demo", "--keep", str(folder), "--incidents", "1000")
    assert (code, errors) == (0, "")
    return folder, out


def finish_by_itself(*arguments: str) -> tuple[int, str, str]:
    process = begin(*arguments)
    out, errors = process.communicate(timeout=120)
    return process.returncode, out, errors


@pytest.fixture
def own(kept: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the demo's folder."""
    return Path(shutil.copytree(kept[0], tmp_path / "demo"))


def test_a_demo_does_the_whole_job_over_http(kept: tuple[Path, str]) -> None:
    folder, out = kept
    for words in ("proven", "Why:", "Next step:", "change_", "request", "knowledge", "transition"):
        assert words.rstrip("_") in out
    assert not listens(address(folder))


def test_a_kept_demo_can_be_looked_into_without_its_sandbox(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["explain", "incident"], ["history"], ["indicators"]):
        assert main(["-c", str(own / NAME), *arguments]) == 0
    assert "Traceback" not in capsys.readouterr().err
    assert main(["-c", str(own / NAME), "sync"]) == 3


def test_the_same_sandbox_again_has_nothing_new(
    kept: tuple[Path, str], own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SANDBOX_PASSWORD", raising=False)
    found = re.search(r"itsm-maturity sandbox (.+)", kept[1])
    assert found is not None
    options = shlex.split(found[1])
    with sandbox(*options, incidents=None) as told:
        assert told["url"] == address(own)
        assert main(["-c", str(own / NAME), "--json", "sync"]) == 0
    records = json.loads(capsys.readouterr().out)["connectors"][0]["records"]
    assert {each["outcome"] for each in records} == {"unchanged"}
    assert {each["kind"] for each in records} >= {"incident", "change", "request", "transition"}


def test_a_demo_starts_afresh_in_its_own_folder(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "export").mkdir()
    for name in ("my-notes.txt", "export/old.csv"):
        (own / name).write_text("left by an interrupted demo", encoding="utf-8")
    assert demo(own, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["practices"][0]["practice"] == "incident"
    assert found["sync"]["connectors"][0]["outcome"] == "stored"
    assert main(["-c", str(own / NAME), "--json", "history"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 1
    assert not (own / "export").exists()
    assert (own / "my-notes.txt").exists(), "what the demo did not make stays"


def test_a_demo_touches_no_folder_that_is_not_a_demos(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "maturity.db").write_text("precious", encoding="utf-8")
    assert demo(tmp_path) == 2
    assert "--keep" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["maturity.db"]
    assert demo(tmp_path / "maturity.db") == 2


def test_a_demo_without_keep_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    for process in (ended.pid, os.getpid()):
        left = tmp_path / f"itsm-maturity-demo-{process}-left"
        left.mkdir()
        (left / MARKER).touch()
    assert main(["demo", "--incidents", "1500", "--seed", "-1"]) == 2
    assert main(["demo", "--incidents", "1000"]) == 0
    assert "--keep demo" in " ".join(capsys.readouterr().out.split())
    assert list(tmp_path.iterdir()) == [left], "what a killed demo left is gone, that of a living one stays"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_killed_demo_leaves_no_sandbox_behind(number: signal.Signals, code: int, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    process = begin("demo", "--keep", str(folder), "--incidents", "1000")
    assert eventually(lambda: address(folder))
    ended, _, errors = finish(process, number)
    assert ended == code
    assert "Traceback" not in errors
    assert eventually(lambda: not listens(address(folder)), seconds=10)

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interface.cli.app import main


def demo(folder: Path, *arguments: str) -> int:
    return main(["demo", "--keep", str(folder), "--incidents", "1000", *arguments])


def test_a_demo_does_the_whole_job_and_can_be_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    assert demo(folder) == 0
    text = " ".join(capsys.readouterr().out.split())
    for words in ("proven", "Why:", "Next step:", f"-c {folder / 'itsm-maturity.yaml'} explain incident"):
        assert words.replace(" ", "") in text.replace(" ", "")
    assert main(["-c", str(folder / "itsm-maturity.yaml"), "explain", "incident"]) == 0


def test_a_demo_starts_afresh_in_its_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    (folder / "export").mkdir(parents=True)
    for name in (".itsm-maturity-demo", "maturity.db", "evidence.duckdb", "my-notes.txt", "export/old.csv"):
        (folder / name).write_text("left by an interrupted demo", encoding="utf-8")
    assert demo(folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["practices"][0]["practice"] == "incident"
    assert found["sync"]["connectors"][0]["outcome"] == "stored"
    assert main(["-c", str(folder / "itsm-maturity.yaml"), "--json", "history"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 1
    assert not (folder / "export" / "old.csv").exists()
    assert (folder / "my-notes.txt").exists(), "what the demo did not make stays"


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
    assert main(["demo", "--incidents", "1500", "--seed", "-1"]) == 2
    assert main(["demo", "--incidents", "1000"]) == 0
    assert "--keep demo" in " ".join(capsys.readouterr().out.split())
    assert list(tmp_path.iterdir()) == []

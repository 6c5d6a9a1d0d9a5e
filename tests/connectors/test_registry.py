from __future__ import annotations

import sys
from pathlib import Path

import pytest

from connectors.files import FilesConnector
from connectors.registry import connector_class, connector_names
from storage.errors import FatalError, UsageError


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    connector_class.cache_clear()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str) -> None:
    """Lay down a distribution `their-connector` with one module and one entry point."""
    information = folder / "their_connector-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: their-connector\nVersion: 1.0\n")
    entry = f"[itsm_maturity.connectors]\n{name} = their_{folder.name}:Theirs\n"
    (information / "entry_points.txt").write_text(entry)
    (folder / f"their_{folder.name}.py").write_text(module)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, f"their_{folder.name}", raising=False)


def test_our_own_connectors_are_found_like_any_other() -> None:
    assert "files" in connector_names()
    assert connector_class("files") is FilesConnector


def test_names_are_found_without_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "theirs", "raise ImportError('no module named bar')")
    assert "theirs" in connector_names()
    assert f"their_{tmp_path.name}" not in sys.modules


def test_an_unknown_connector_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"'fils' is not one of .*files.* \(did you mean 'files'\?\)"):
        connector_class("fils")


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("import no_such_module_anywhere", "cannot be loaded"),
        ("raise RuntimeError('boom')", "cannot be loaded"),
        ("other = 1", "cannot be loaded"),
        ("Theirs = 1", "does not derive"),
        ("from connectors.files import FilesConnector as Theirs", "another name"),
    ],
)
def test_a_broken_connector_names_its_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, reason: str
) -> None:
    install(tmp_path, monkeypatch, "theirs", module)
    with pytest.raises(FatalError, match=reason) as caught:
        connector_class("theirs")
    assert "their-connector" in caught.value.message
    assert "their-connector" in caught.value.hint


def test_two_distributions_with_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "files", "Theirs = 1")
    with pytest.raises(FatalError, match="is brought by itsm-maturity and their-connector"):
        connector_class("files")

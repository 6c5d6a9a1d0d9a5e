"""The key that persons are hashed with is made once and kept."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.people_key import KEY_FILE, people_key
from storage.errors import FatalError
from tests.config.support import loaded


def test_a_key_file_is_made_on_first_use_and_kept(tmp_path: Path) -> None:
    first = people_key(None, tmp_path)
    assert people_key(None, tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_file_is_readable_by_its_owner_alone_and_holds_32_random_bytes(tmp_path: Path) -> None:
    people_key(None, tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert len(bytes.fromhex((tmp_path / KEY_FILE).read_text())) == 32


def test_two_folders_have_different_keys(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert people_key(None, tmp_path) != people_key(None, tmp_path / "other")


def test_a_setting_wins_and_makes_no_file(tmp_path: Path) -> None:
    assert people_key(SecretStr("0123456789abcdef"), tmp_path) == b"0123456789abcdef"
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_moves_into_the_setting_is_the_same_key(tmp_path: Path) -> None:
    made = people_key(None, tmp_path)
    assert people_key(SecretStr((tmp_path / KEY_FILE).read_text()), tmp_path) == made


def test_several_processes_at_once_agree_on_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from config.people_key import people_key; "
        "sys.stdout.write(people_key(None, Path(sys.argv[1])).decode())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    keys = {process.communicate()[0] for process in started}
    assert keys == {(tmp_path / KEY_FILE).read_text().strip()}
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_damaged_key_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("oops")
    with pytest.raises(FatalError, match="does not hold a key"):
        people_key(None, tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == "oops"


def test_a_folder_that_cannot_be_written_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(FatalError) as caught:
        people_key(None, tmp_path / "absent")
    assert "people.key" in caught.value.hint


def test_protection_uses_the_key_and_the_identity_lists(tmp_path: Path) -> None:
    text = "people: {automation: [svc_*], migration: [import.user], key: 0123456789abcdefg}\n"
    protection = loaded(tmp_path, text).protection()
    assert protection.key == b"0123456789abcdefg"
    assert (protection.person("SVC_backup") or "").startswith("automation:")
    assert (protection.person("import.user") or "").startswith("migration:")
    assert (protection.person("jane") or "").startswith("person:")

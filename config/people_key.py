"""The secret that persons and texts are hashed with: a setting, or a file made on first use."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from pydantic import SecretStr

from storage.errors import FatalError

KEY_FILE = ".itsm-maturity.key"
"""Beside the configuration file; readable by its owner alone."""

_CONTENT = re.compile(r"[0-9a-f]{64}")
_HINT = "Set people.key in the configuration, for example to ${ITSM_MATURITY_KEY}."


def key_file(folder: Path) -> Path:
    """Return where the key file stands."""
    return folder / KEY_FILE


def people_key(setting: SecretStr | None, folder: Path) -> bytes:
    """Return the key: of the setting, else of the key file in `folder`, which is made where it is absent.

    A key file's text, moved into the setting, is the same key. Raises FatalError when the file cannot be
    made or read.
    """
    if setting is not None:
        return setting.get_secret_value().strip().encode()
    path = key_file(folder)
    try:
        if not path.exists():
            _make(path)
        return _read(path).encode()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise FatalError(f"The key file {path} cannot be made or read ({reason}).", hint=_HINT) from None


def _make(path: Path) -> None:
    """Write a whole key file under its name, or nothing; of several processes the first one's stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    try:
        # A link appears at once with its content and never replaces a file that is already there.
        path.hardlink_to(draft)
    except FileExistsError:
        return


def _read(path: Path) -> str:
    text = path.read_bytes().decode("ascii", errors="replace").strip()
    if not _CONTENT.fullmatch(text):
        raise FatalError(
            f"The key file {path} does not hold a key of 64 hexadecimal digits.",
            hint="Restore it from a backup; with another key all persons get other pseudonyms.",
        )
    return text

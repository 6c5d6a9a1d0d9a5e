"""Demo: the whole job on a generated organisation, in a folder of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from storage.errors import FatalError, UsageError

CONFIGURATION = "itsm-maturity.yaml"
MARKER = ".itsm-maturity-demo"
"""Tells that a folder was made by the demo and may be started afresh."""

OWN = (
    CONFIGURATION,
    "export",
    "evidence.duckdb",
    "evidence.duckdb.wal",
    "maturity.db",
    "maturity.db-wal",
    "maturity.db-shm",
    ".itsm-maturity.key",
    "report.html",
)
"""What a demo, an earlier version's too, leaves in its folder; only this is removed when it starts afresh."""


def prepare(folder: Path) -> Path:
    """Make a demo's folder, afresh if it is one already, and return where its configuration goes.

    Raises UsageError for a folder with other things in it, FatalError where it cannot be written.
    """
    try:
        _clear(folder)
        (folder / MARKER).write_text("Made by itsm-maturity demo.\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder / CONFIGURATION


def configure(file: Path, text: str) -> None:
    """Write a demo's configuration. Raises FatalError where that is impossible."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(file.parent, error) from None


def _unwritable(folder: Path, error: OSError) -> FatalError:
    reason = (error.strerror or "unknown reason").lower()
    return FatalError(
        f"The folder {folder} cannot be written: {reason}.", hint="Name another one with --keep."
    )


def _clear(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", hint="Name a new folder with --keep.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise UsageError(
            f"The folder {folder} holds something else than a demo.", hint="Name a new folder with --keep."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in OWN:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

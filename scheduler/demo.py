"""Demo: the whole job on a generated organisation, in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from storage.errors import FatalError, UsageError

CONFIGURATION = "itsm-maturity.yaml"
EXPORT = "export"
MARKER = ".itsm-maturity-demo"
"""Tells that a folder was made by the demo and may be started afresh."""

OWN = (
    CONFIGURATION,
    EXPORT,
    "evidence.duckdb",
    "evidence.duckdb.wal",
    "maturity.db",
    "maturity.db-wal",
    "maturity.db-shm",
    ".itsm-maturity.key",
    "report.html",
)
"""What a demo leaves in its folder; only this is removed when it starts afresh."""

Generate = Callable[[Path], str]
"""Writes the exports into a folder and returns the text of the configuration that reads them."""


def prepare(folder: Path, generate: Generate) -> Path:
    """Make a demo's folder, afresh if it is one already, and return its configuration file.

    Raises UsageError for a folder with other things in it, FatalError where it cannot be written.
    """
    try:
        _clear(folder)
        (folder / MARKER).write_text("Made by itsm-maturity demo.\n", encoding="utf-8")
        exports = folder / EXPORT
        exports.mkdir()
        file = folder / CONFIGURATION
        file.write_text(generate(exports), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise FatalError(
            f"The folder {folder} cannot be written: {reason}.", hint="Name another one with --keep."
        ) from None
    return file


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

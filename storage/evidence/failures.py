"""Says what DuckDB's errors mean for the caller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from storage.errors import FatalError, ItsmMaturityError, RetriableError

_HELD: Final = ("Could not set lock on file", "different configuration", "Unique file handle conflict")
"""Held by another process; by this one with other settings; attached to another database of this one."""

_INTERRUPTED: Final = "Query interrupted"
"""What the engine says when a signal came in the middle of a query."""

_FATAL: Final = (
    (
        ("not a valid DuckDB database", "Corrupt database", "computed checksum"),
        "'{file}' is not a DuckDB database, or it is damaged.",
        "Name another evidence file, or move this one away and run a full sync.",
    ),
    (
        ("can only read storage versions", "newer version of DuckDB", "can only read version"),
        "'{file}' was written by a newer release.",
        "Use that release or a newer one, or name another evidence file.",
    ),
    (
        ("Permission denied", "Read-only file system", "Operation not permitted"),
        "'{file}' cannot be opened for writing: permission denied.",
        "Give the user that runs itsm-maturity write permission for the file and its folder.",
    ),
    (
        ("Is a directory", "Not a directory", "No such file or directory", "File exists"),
        "'{file}' cannot be opened: its path is no file, or leads through one.",
        "Name another evidence file in the configuration.",
    ),
    (
        ("No space left", "File too large", "Disk quota", "Could not write", "max_temp_dir"),
        "'{file}' cannot be written: there is no space left.",
        "Free some space; nothing half-written was kept, the same call may simply be repeated.",
    ),
    (
        ("Out of Memory",),
        "There is not enough memory to work on '{file}'.",
        "Run itsm-maturity where it has more memory; nothing half-written was kept.",
    ),
    (
        ("database has been invalidated",),
        "'{file}' cannot be used any more by this process after an earlier failure.",
        "Solve what the first error named, then run the command again.",
    ),
)


def is_held(error: BaseException) -> bool:
    """Whether somebody else holds the file."""
    return isinstance(error, duckdb.Error) and any(text in str(error) for text in _HELD)


def holder(error: BaseException) -> str:
    """Return who holds the file, as far as the error says so."""
    found = re.search(r"\(PID (\d+)\)", str(error))
    return f"another process (PID {found[1]})" if found else "somebody else"


def translated(error: duckdb.Error, file: Path) -> ItsmMaturityError:
    """Return the product's error for an error of the engine."""
    text = str(error)
    for needles, message, hint in _FATAL:
        if any(needle in text for needle in needles):
            return FatalError(message.format(file=file), hint=hint)
    if isinstance(error, duckdb.TransactionException):
        return RetriableError(
            f"'{file}' was changed by somebody else at the same time.", hint="Run the command again."
        )
    first = next(iter(text.splitlines()), type(error).__name__)
    return FatalError(f"The evidence store '{file}' failed: {first}", hint="Please report it.")


@contextmanager
def translating(file: Path) -> Iterator[None]:
    """Turn errors of the engine into the product's, and a query that a signal ended into an interruption."""
    try:
        yield
    except duckdb.Error as error:
        raise translated(error, file) from error
    except RuntimeError as error:
        if str(error) != _INTERRUPTED:
            raise
        raise KeyboardInterrupt from error


@contextmanager
def translating_while_opening(file: Path) -> Iterator[None]:
    """Turn errors of the engine and of the file system into the product's."""
    with translating(file):
        try:
            yield
        except OSError as error:
            raise duckdb.IOException(error.strerror or str(error)) from error

"""How a failure reaches people and programs: one sentence, what to do, an exit code, never a traceback."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from interface.cli.output import print_json
from scheduler.errors import NothingYetError
from storage.errors import ConfigurationError, ItsmMaturityError, UsageError

if TYPE_CHECKING:
    from typer import TyperException

DONE, ATTENTION, WRONG_USE, FAILED, INTERRUPTED, PIPE_CLOSED, TERMINATED = 0, 1, 2, 3, 130, 141, 143
"""Exit codes; the last three are what a shell expects after Ctrl-C, a closed pipe and a `kill`."""

LOG_NAME = "itsm-maturity-error.log"


def report(error: ItsmMaturityError, as_json: bool) -> int:
    """Print an error of this product and return its exit code."""
    _tell(type(error).__name__, error.message, error.hint, where(error), as_json=as_json)
    return exit_code(error)


def report_usage(error: TyperException, as_json: bool) -> int:
    """Print what is wrong with a call that could not be parsed."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "itsm-maturity"
    _tell("UsageError", error.format_message(), f"See {command} --help.", [], as_json=as_json)
    return WRONG_USE


def report_interruption(as_json: bool) -> int:
    """Say that Ctrl-C or a `kill` came and did no harm."""
    message = "Stopped. What was stored is complete; it is safe to run the same command again."
    _tell("Interrupted", message, "", [], as_json=as_json)
    return INTERRUPTED


def where(error: ItsmMaturityError) -> list[str]:
    """Return the places (`file:line:column`) a configuration error is about."""
    return [problem.where for problem in error.problems] if isinstance(error, ConfigurationError) else []


def exit_code(error: ItsmMaturityError) -> int:
    """Return 1, 2 or 3 as the command line's contract says."""
    if isinstance(error, NothingYetError):
        return ATTENTION
    return WRONG_USE if isinstance(error, ConfigurationError | UsageError) else FAILED


def _tell(kind: str, message: str, hint: str, places: Sequence[str], *, as_json: bool) -> None:
    """Write a failure for programs to standard output or for people to standard error."""
    if as_json:
        print_json({"error": {"type": kind, "message": message, "hint": hint, "where": list(places)}})
    else:
        sys.stderr.write("\n".join(text for text in (message, hint) if text) + "\n")


def report_unexpected(error: BaseException, folder: Path, as_json: bool) -> int:
    """Print one sentence about a fault of the product itself; its details go to a log file."""
    log = write_log(error, folder)
    message = f"Something went wrong inside itsm-maturity ({type(error).__name__})."
    hint = f"Details without personal data are in {log}; please send them with a bug report."
    _tell("InternalError", message, hint, [], as_json=as_json)
    return FAILED


def write_log(error: BaseException, folder: Path) -> Path:
    """Append where an exception arose to a log beside the configuration, else in the temporary folder."""
    entry = "\n".join([f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", *describe(error), "", ""])
    for place in (folder, Path(gettempdir())):
        log = place / LOG_NAME
        try:
            with log.open("a", encoding="utf-8") as file:
                file.write(entry)
        except OSError:
            continue
        return log
    return Path("nowhere: no folder could be written")


def describe(error: BaseException) -> Iterator[str]:
    """Yield an exception, its place and its causes.

    Messages are left out: an exception of a library may quote a record or a password.
    """
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield f"{type(current).__module__}.{type(current).__name__}"
        yield from _frames(traceback.extract_tb(current.__traceback__))
        current = current.__cause__ or current.__context__


def _frames(stack: Sequence[traceback.FrameSummary]) -> Iterator[str]:
    for frame in stack:
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"

"""A sandbox in a process of its own, which never outlives the one that started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from storage.errors import FatalError, ItsmMaturityError, UsageError

ATTACHED = "--attached"
"""Option of `sandbox` that ends it with its standard input: whatever happens here closes that."""
_PATIENCE = 5.0
"""Seconds that a sandbox has to end by itself."""


@dataclass(frozen=True)
class Served:
    """Where a sandbox listens, and its account."""

    url: str
    user: str
    truth: Mapping[str, Any]
    """What was planted in its records, and what a configuration has to know of them."""

    @property
    def port(self) -> int:
        """The port alone."""
        return urlsplit(self.url).port or 0


@contextmanager
def sandbox_process(options: Sequence[str]) -> Iterator[Served]:
    """Run `sandbox servicenow` with these options until the context ends.

    Raises UsageError or FatalError with the sandbox's own words when it does not start.
    """
    command = [
        sys.executable,
        "-P",
        "-m",
        "interface.cli",
        "--json",
        "sandbox",
        "servicenow",
        ATTACHED,
        "--truth",
        *options,
    ]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the one who started it: a sandbox that goes first would look like a failing platform
        start_new_session=True,
    )
    try:
        yield _address(process)
    finally:
        _end(process)


def _address(process: subprocess.Popen[bytes]) -> Served:
    said = process.stdout.readline() if process.stdout else b""
    try:
        told = orjson.loads(said)
        return Served(told["url"], told["user"], told["truth"])
    except (orjson.JSONDecodeError, KeyError):
        rest = process.stdout.read() if process.stdout else b""
        raise _failure(said + rest) from None


def _failure(said: bytes) -> ItsmMaturityError:
    """Return what a sandbox said before it ended as an error here."""
    try:
        error = orjson.loads(said)["error"]
        kind = UsageError if error["type"] == "UsageError" else FatalError
        return kind(error["message"], hint=error["hint"])
    except (orjson.JSONDecodeError, KeyError):
        return FatalError("The sandbox did not start.", hint="Run itsm-maturity sandbox to see why.")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        if process.stdin:
            process.stdin.close()
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()

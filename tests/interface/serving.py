"""Starts commands in processes of their own and finds out whether somebody still listens."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a command; without a password of its own unless it is given."""
    kept = {name: text for name, text in os.environ.items() if name != "SANDBOX_PASSWORD"}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "80", **more}


def begin(*arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start a command."""
    return subprocess.Popen(
        [sys.executable, "-m", "interface.cli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**more),
    )


@contextmanager
def sandbox(*options: str, incidents: int | None = 1000, **more: str) -> Iterator[dict[str, Any]]:
    """Yield what a running sandbox tells programs; it is ended by SIGTERM."""
    size: Sequence[str] = () if incidents is None else ("--incidents", str(incidents))
    process = begin("--json", "sandbox", *size, *options, **more)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        code, _, errors = finish(process, signal.SIGTERM)
    assert (code, errors) == (0, "")


def told_until(process: subprocess.Popen[str], words: str) -> str:
    """Return what a command prints up to the line with these words; one that never comes is a failure."""
    assert process.stdout is not None
    seen, limit = "", threading.Timer(PATIENCE, process.kill)
    limit.start()
    try:
        while words not in seen:
            line = process.stdout.readline()
            assert line, f"'{words}' never came: {seen}"
            seen += line
    finally:
        limit.cancel()
    return seen


def finish(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """End a command by a signal; return its exit code and what it still printed."""
    process.send_signal(number)
    try:
        out, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, errors


def listens(url: str) -> bool:
    """Say whether somebody listens there."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=5):
            return True
    except OSError:
        return False


def eventually(what: object, seconds: float = PATIENCE) -> bool:
    """Wait until a condition, a callable, holds; say whether it did."""
    assert callable(what)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False

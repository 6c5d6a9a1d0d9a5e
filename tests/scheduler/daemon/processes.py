"""Daemons in processes of their own, as an administrator starts them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from storage.history import JobRun
from storage.history.store import History

EXPORT = "number,opened_at\nINC1,2026-01-05 09:00:00\nINC2,2026-01-06 09:00:00\n"
CONFIGURATION = """\
history: {history}
connectors:
  exports:
    type: files
    records: {{incident: {{path: a.csv, columns: {{id: number, opened_at: opened_at}}}}}}
    schedule: {sync}
{more}
"""


@dataclass
class Place:
    """A folder with a configuration."""

    folder: Path
    history: str = "sqlite:maturity.db"

    def configure(self, sync: str = "every 1 s", more: str = "") -> None:
        (self.folder / "a.csv").write_text(EXPORT)
        text = CONFIGURATION.format(history=f'"{self.history}"', sync=sync, more=more)
        (self.folder / "itsm-maturity.yaml").write_text(text)

    def rows(self) -> list[JobRun]:
        """Return all rows of jobs, in the order they were noted."""
        with History.open(self.history, self.folder) as history:
            return history.job_runs(100_000)[::-1]

    def done(self) -> int:
        return sum(row.state == "done" for row in self.rows())


@dataclass
class Process:
    """A running daemon and what it says."""

    running: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.running.pid, number)

    def until(self, text: str, seconds: float = 40) -> None:
        """Wait until the daemon says a text."""
        wait(lambda: text in self.said, f"{text!r} in {self.output}", seconds)


class Network:
    """A way to a PostgreSQL that can be cut and mended: a port that passes on to the server's socket."""

    def __init__(self, folder: str) -> None:
        self._server = f"{folder}/.s.PGSQL.5432"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.cut = False
        Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._listening.getsockname()[1]}/{database}"

    def break_off(self) -> None:
        self.cut = True
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.break_off()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self.cut:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._server)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def daemon(place: Place, name: str = "daemon") -> Iterator[Process]:
    output = place.folder / f"{name}.txt"
    command = [sys.executable, "-m", "interface.cli", "run"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with output.open("w") as file:
        running = subprocess.Popen(
            command, cwd=place.folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield Process(running, output)
    finally:
        running.kill()
        running.wait()


def wait(for_what: Callable[[], bool], named: str, seconds: float = 40) -> None:
    """Wait until something is so; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not for_what():
        assert time.monotonic() < deadline, f"not within {seconds} s: {named}"
        time.sleep(0.2)

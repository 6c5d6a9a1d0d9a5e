"""`run`: the daemon."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, configuration_file, wants_json
from interface.cli.output import print_line

if TYPE_CHECKING:
    from scheduler.daemon.daemon import Signals
    from scheduler.daemon.runner import Said

NAME = "run"
EXAMPLES = examples(
    ("run", "syncs and assesses as the schedules of the configuration say, until it is stopped"),
    ("run --watch", "takes up a changed configuration by itself"),
    ("history --runs", "what ran, was missed, was skipped or failed"),
    after="SIGTERM and Ctrl-C stop it within 10 seconds, SIGHUP reloads the configuration. Safe to kill.",
)


def run(
    context: typer.Context,
    watch: Annotated[
        bool, typer.Option("--watch", help="Reload the configuration whenever its file is changed.")
    ] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Run the scheduled jobs until stopped; one line for everything that happens."""
    from scheduler.daemon.daemon import Daemon

    tell = _tell_programs if wants_json(context, as_json) else _tell_people
    daemon = Daemon(configuration_file(context, configuration), tell, watch=watch)
    with _listening(daemon.signals):
        ended = daemon.run()
    if not ended:
        # A run that waits for its platform would keep the process alive; what it stored is complete.
        sys.stdout.flush()
        os._exit(0)
    return 0


LONGEST_END = 9.5
"""Seconds after which a daemon that was asked to stop ends, even if its history does not answer."""


@contextmanager
def _listening(signals: Signals) -> Iterator[None]:
    def stop(*_: object) -> None:
        if not signals.stop:
            last_resort = Timer(LONGEST_END, os._exit, (0,))
            last_resort.daemon = True
            last_resort.start()
        signals.stop = True

    def reload(*_: object) -> None:
        signals.reload = True

    wanted: dict[str, Callable[..., None]] = {"SIGTERM": stop, "SIGINT": stop, "SIGHUP": reload}
    # Windows has no SIGHUP.
    numbers: dict[Any, Callable[..., None]] = {
        getattr(signal, name): react for name, react in wanted.items() if hasattr(signal, name)
    }
    before = {number: signal.signal(number, react) for number, react in numbers.items()}
    try:
        yield
    finally:
        for number, react in before.items():
            signal.signal(number, react)


def _tell_people(said: Said) -> None:
    parts = (f"{said.at:%Y-%m-%d %H:%M:%S}Z", said.job, said.event, said.message)
    sys.stdout.write("  ".join(part for part in parts if part) + "\n")
    sys.stdout.flush()


def _tell_programs(said: Said) -> None:
    from dataclasses import asdict

    print_line(asdict(said))

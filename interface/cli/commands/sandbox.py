"""`sandbox`: a simulated platform to try everything on."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Thread, main_thread
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from interface.cli import generated
from interface.cli.examples import examples
from interface.cli.generated import USUAL_SEED, Incidents, Level, ProfileName, Seed
from interface.cli.options import AsJson, parse_day, wants_json
from interface.cli.output import print_line, print_parts, progress
from interface.demonstration import today
from interface.simulated import Platform, Simulation
from storage.errors import UsageError

if TYPE_CHECKING:
    from sandbox.serving.fault import Fault
    from sandbox.serving.platform import SimulatedPlatform

NAME = "sandbox"
EXAMPLES = examples(
    ("sandbox", "a ServiceNow with 20,000 incidents and all other records, until Ctrl-C"),
    ("sandbox --configuration sandbox.yaml", "writes a configuration that reads it"),
    ("sandbox servicenow --profile uneven --seed 7 --incidents medium", "another organisation"),
    ("sandbox jira", "a Jira Cloud; with --data-center as Data Center"),
    ("sandbox --tables exported/", "your own rows: incident.csv, task_sla.jsonl …, one file a table"),
    ("sandbox --faults rough --latency", "as slow and as moody as real ones"),
    ("sandbox --port 8181 --until 2026-11-22", "the same records at the same address, on any day"),
    after="It listens on this machine alone and stores nothing. Ctrl-C or a kill ends it.",
)


EARLIEST = date(2000, 1, 1)
"""First day that records can end before."""


@dataclass(frozen=True)
class _Wanted:
    """What is asked for."""

    simulation: Simulation
    port: int
    tls: bool
    faults: list[Fault]
    latency: bool
    file: Path | None
    truth: bool


PlatformName = Annotated[Platform, typer.Argument(help="Platform to simulate.")]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="First day without records; today unless given."),
]
Tables = Annotated[
    Path | None,
    typer.Option(
        "--tables",
        metavar="FOLDER",
        help="Serve exported rows instead: one CSV or JSON-lines file a table; of Jira issues.jsonl.gz.",
    ),
]
DataCenter = Annotated[bool, typer.Option("--data-center", help="Jira as Data Center, not as Cloud.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 is a free one.")]
OverTls = Annotated[bool, typer.Option("--tls", help="Speak https, with a throw-away certificate.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--faults",
        metavar="NAME|SCRIPT",
        help="A fault by name, `rough` for a mixture, or a script (YAML).",
    ),
]
Latency = Annotated[
    bool, typer.Option("--latency", help="Answer as slowly as measured on a developer running.")
]
WrittenTo = Annotated[
    Path | None,
    typer.Option("--configuration", metavar="FILE", help="Write a configuration that reads it."),
]
Force = Annotated[bool, typer.Option("--force", help="Write over an existing file.")]
ShowsTruth = Annotated[bool, typer.Option("--truth", help="Print what was planted in the records.")]
Attached = Annotated[bool, typer.Option("--attached", hidden=True)]


def run(
    context: typer.Context,
    platform: PlatformName = Platform.SERVICENOW,
    profile: ProfileName = None,
    incidents: Incidents = None,
    level: Level = None,
    seed: Seed = USUAL_SEED,
    until: Until = None,
    tables: Tables = None,
    data_center: DataCenter = False,
    port: Port = 0,
    tls: OverTls = False,
    faults: Faults = None,
    latency: Latency = False,
    configuration: WrittenTo = None,
    force: Force = False,
    truth: ShowsTruth = False,
    attached: Attached = False,
    as_json: AsJson = False,
) -> int:
    """Start a simulated ServiceNow or Jira on this machine and print how to read it; Ctrl-C ends it."""
    if configuration and configuration.exists() and not force:
        raise UsageError(f"{configuration} is there already.", hint="Name another file, or add --force.")
    _refuse_contradictions(context, tables, truth=truth)
    if data_center and platform is not Platform.JIRA:
        raise UsageError("Only Jira has a Data Center.", hint="Write sandbox jira --data-center.")
    organisation = generated.organisation(profile, level, incidents, seed, _day(until))
    simulation = Simulation(platform, organisation, tables, data_center)
    wanted = _Wanted(simulation, port, tls, simulation.faults(faults or []), latency, configuration, truth)
    if attached:
        _end_with_input()
    try:
        _serve(wanted, as_json=wants_json(context, as_json))
    except KeyboardInterrupt:
        return 0


def _refuse_contradictions(context: typer.Context, tables: Path | None, *, truth: bool) -> None:
    if tables is None:
        return
    given = [name for name in ("profile", "incidents", "level", "until") if _was_given(context, name)]
    for name in [*given, *(["truth"] if truth else [])]:
        raise UsageError(
            f"--tables serves rows as they are, so --{name} has no meaning beside it.", hint="Leave one out."
        )


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _day(text: str | None) -> date:
    day = parse_day(text, "--until") or today()
    if not EARLIEST <= day <= today():
        raise UsageError(f"--until {day} is too far away.", hint=f"Name a day from {EARLIEST} to today.")
    return day


def _serve(wanted: _Wanted, *, as_json: bool) -> NoReturn:
    content, truth = _filled(wanted)
    with _started(wanted, content, truth) as running:
        text = wanted.simulation.configuration(running, truth)
        if wanted.file:
            _write(wanted.file, text)
        _tell(wanted, running, text, truth if wanted.truth else None, as_json=as_json)
        while True:
            # In short naps: a signal that comes just before a long one would wake nobody.
            time.sleep(1)


def _filled(wanted: _Wanted) -> tuple[Any, dict[str, Any] | None]:
    """Return what to serve and what was planted in it."""
    from interface.demonstration import require_free

    require_free(wanted.port)
    with progress() as show:
        return wanted.simulation.filled(lambda what: show(f"sandbox: {what}", 0, None))


@contextmanager
def _started(wanted: _Wanted, content: Any, truth: dict[str, Any] | None) -> Iterator[SimulatedPlatform[Any]]:
    """Yield the sandbox, listening."""
    from interface.demonstration import port_refused
    from sandbox.serving.latency import NONE, Latency
    from sandbox.serving.platform import Conditions

    conditions = Conditions(
        seed=wanted.simulation.organisation.seed,
        faults=wanted.faults,
        latency=Latency() if wanted.latency else NONE,
        tls=wanted.tls,
        port=wanted.port,
    )
    with ExitStack() as closing:
        running = wanted.simulation.started(content, truth, conditions)
        try:
            closing.enter_context(running)
        except OSError as error:
            raise port_refused(wanted.port, error) from None
        yield running


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"{file} cannot be written: {reason}.", hint="Name another file.") from None


def _tell(
    wanted: _Wanted,
    running: SimulatedPlatform[Any],
    text: str,
    truth: dict[str, Any] | None,
    *,
    as_json: bool,
) -> None:
    from interface.demonstration import PASSWORD, own_password

    password, simulation = None if own_password() else running.secret, wanted.simulation
    if as_json:
        planted = {} if truth is None else {"truth": truth}
        print_line(
            {
                "platform": simulation.platform,
                "url": running.url,
                "user": running.user,
                "password": password,
                "password_variable": PASSWORD,
                "ca_bundle": str(running.ca_file) if running.ca_file else None,
                "configuration": str(wanted.file) if wanted.file else None,
                **planted,
            }
        )
        return
    from interface.cli.render import sandbox

    print_parts(sandbox.render(simulation.title, running.url, running.user, password, wanted.file, text))
    print_parts(sandbox.planted(truth) if truth else [])
    sys.stdout.flush()


def _end_with_input() -> None:
    """Stop as a `kill` would, as soon as standard input ends."""

    def watch() -> None:
        # Not through sys.stdin, whose lock the interpreter wants at its own end.
        while os.read(0, 4096):
            pass
        signal.pthread_kill(main_thread().ident or 0, signal.SIGTERM)

    Thread(target=watch, daemon=True).start()

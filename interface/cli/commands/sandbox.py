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
from enum import StrEnum
from pathlib import Path
from threading import Thread, main_thread
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from interface.cli import generated
from interface.cli.examples import examples
from interface.cli.generated import USUAL_SEED, Incidents, Level, ProfileName, Seed
from interface.cli.options import AsJson, parse_day, wants_json
from interface.cli.output import print_line, print_parts, progress
from interface.demonstration import Organisation, today
from storage.errors import UsageError

if TYPE_CHECKING:
    from sandbox.servicenow import SandboxServiceNow, Tables
    from sandbox.servicenow.faults import Fault

NAME = "sandbox"
EXAMPLES = examples(
    ("sandbox", "a ServiceNow with 20,000 incidents and all other records, until Ctrl-C"),
    ("sandbox --configuration sandbox.yaml", "writes a configuration that reads it"),
    ("sandbox servicenow --profile uneven --seed 7 --incidents medium", "another organisation"),
    ("sandbox --tables exported/", "your own rows: incident.csv, task_sla.jsonl …, one file a table"),
    ("sandbox --faults rough --latency", "as slow and as moody as real ones"),
    ("sandbox --port 8181 --until 2026-11-22", "the same records at the same address, on any day"),
    after="It listens on this machine alone and stores nothing. Ctrl-C or a kill ends it.",
)


EARLIEST = date(2000, 1, 1)
"""First day that records can end before."""


class Platform(StrEnum):
    """Platforms that can be simulated."""

    SERVICENOW = "servicenow"


@dataclass(frozen=True)
class _Wanted:
    """What is asked for."""

    organisation: Organisation
    tables: Path | None
    port: int
    tls: bool
    faults: list[Fault]
    latency: bool
    file: Path | None
    truth: bool


def run(
    context: typer.Context,
    platform: Annotated[Platform, typer.Argument(help="Platform to simulate.")] = Platform.SERVICENOW,
    profile: ProfileName = None,
    incidents: Incidents = None,
    level: Level = None,
    seed: Seed = USUAL_SEED,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="First day without records; today unless given."),
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(
            "--tables",
            metavar="FOLDER",
            help="Serve exported rows instead: one CSV or JSON-lines file a table.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 is a free one.")
    ] = 0,
    tls: Annotated[bool, typer.Option("--tls", help="Speak https, with a throw-away certificate.")] = False,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--faults",
            metavar="NAME|SCRIPT",
            help="A fault by name, `rough` for a mixture, or a script (YAML).",
        ),
    ] = None,
    latency: Annotated[
        bool, typer.Option("--latency", help="Answer as slowly as measured on a developer instance.")
    ] = False,
    configuration: Annotated[
        Path | None,
        typer.Option("--configuration", metavar="FILE", help="Write a configuration that reads it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    truth: Annotated[bool, typer.Option("--truth", help="Print what was planted in the records.")] = False,
    attached: Annotated[bool, typer.Option("--attached", hidden=True)] = False,
    as_json: AsJson = False,
) -> int:
    """Start a simulated ServiceNow on this machine and print how to read it; Ctrl-C ends it."""
    from interface.demonstration import faults_of

    if configuration and configuration.exists() and not force:
        raise UsageError(f"{configuration} is there already.", hint="Name another file, or add --force.")
    _refuse_contradictions(context, tables, truth=truth)
    wanted = _Wanted(
        generated.organisation(profile, level, incidents, seed, _day(until)),
        tables,
        port,
        tls,
        faults_of(faults or []),
        latency,
        configuration,
        truth,
    )
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
    tables, truth = _filled(wanted)
    with _started(wanted, tables, truth) as instance:
        text = _configuration(wanted, instance, truth)
        if wanted.file:
            _write(wanted.file, text)
        _tell(wanted, instance, text, truth if wanted.truth else None, as_json=as_json)
        while True:
            # In short naps: a signal that comes just before a long one would wake nobody.
            time.sleep(1)


def _filled(wanted: _Wanted) -> tuple[Tables, dict[str, Any] | None]:
    """Return the tables to serve and what was planted in them."""
    from interface.demonstration import exported_tables, require_free

    require_free(wanted.port)
    with progress() as show:

        def tell(what: str) -> None:
            show(f"sandbox: {what}", 0, None)

        if wanted.tables:
            return exported_tables(wanted.tables, tell), None
        return wanted.organisation.tables(tell)


@contextmanager
def _started(wanted: _Wanted, tables: Tables, truth: dict[str, Any] | None) -> Iterator[SandboxServiceNow]:
    """Yield the sandbox, listening."""
    from interface.demonstration import hidden, own_password, port_refused
    from sandbox.servicenow import Latency, SandboxServiceNow, Settings
    from sandbox.serving.latency import NONE

    instance = SandboxServiceNow(
        tables,
        seed=wanted.organisation.seed,
        settings=Settings(password=own_password()) if own_password() else Settings(),
        faults=wanted.faults,
        access=hidden(truth or {}),
        latency=Latency() if wanted.latency else NONE,
        tls=wanted.tls,
        port=wanted.port,
    )
    with ExitStack() as closing:
        try:
            closing.enter_context(instance)
        except OSError as error:
            raise port_refused(wanted.port, error) from None
        yield instance


def _configuration(wanted: _Wanted, instance: SandboxServiceNow, truth: dict[str, Any] | None) -> str:
    from interface.demonstration import PASSWORD, configuration

    return configuration(
        instance.url,
        instance.user,
        f"${{{PASSWORD}}}",
        truth=truth,
        authority=instance.ca_file,
    )


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"{file} cannot be written: {reason}.", hint="Name another file.") from None


def _tell(
    wanted: _Wanted,
    instance: SandboxServiceNow,
    text: str,
    truth: dict[str, Any] | None,
    *,
    as_json: bool,
) -> None:
    from interface.demonstration import PASSWORD, own_password

    password = None if own_password() else instance.password
    if as_json:
        planted = {} if truth is None else {"truth": truth}
        print_line(
            {
                "platform": Platform.SERVICENOW,
                "url": instance.url,
                "user": instance.user,
                "password": password,
                "password_variable": PASSWORD,
                "ca_bundle": str(instance.ca_file) if instance.ca_file else None,
                "configuration": str(wanted.file) if wanted.file else None,
                **planted,
            }
        )
        return
    from interface.cli.render import sandbox

    print_parts(sandbox.render(instance.url, instance.user, password, wanted.file, text))
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

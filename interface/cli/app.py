"""The command line: parses, runs one command, turns every failure into a sentence and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Annotated, Any, TextIO

import typer

from interface.cli import failures
from interface.cli.commands import (
    assess,
    check,
    compare,
    demo,
    explain,
    history,
    indicators,
    init,
    roadmap,
    run,
    sandbox,
    sync,
)
from interface.cli.options import DEFAULT_CONFIGURATION, AsJson, Common, ConfigurationFile
from storage.errors import ItsmMaturityError

app = typer.Typer(
    name="itsm-maturity",
    help="How mature IT service management is, from the organisation's own records instead of opinions.",
    epilog=(
        "Begin with [bold]itsm-maturity demo[/bold], or with [bold]itsm-maturity init[/bold] and an "
        "export of your incidents.\n\n"
        "Exit codes: 0 done, 1 done with something to look at, 2 wrong usage or configuration, "
        "3 a platform or store failed."
    ),
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (
    init, check, sync, assess, run, history, explain, compare, roadmap, indicators, demo, sandbox,
):  # fmt: skip
    app.command(name=command.NAME, epilog=command.EXAMPLES)(command.run)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"itsm-maturity {version('itsm-maturity')}\n")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    context.obj = Common(configuration, as_json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    _never_fail_on_a_character(sys.stdout, sys.stderr)
    try:
        with _kill_as_interruption() as killed:
            code = _run(given, as_json)
        code = failures.TERMINATED if killed and code == failures.INTERRUPTED else code
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return failures.PIPE_CLOSED
    return code


@contextmanager
def _kill_as_interruption() -> Iterator[list[int]]:
    """Let a `kill`, as containers are stopped, end a command as Ctrl-C does; yields those that came."""
    came: list[int] = []

    def take(number: int, _frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    if current_thread() is not main_thread():
        yield came
        return
    before = signal.signal(signal.SIGTERM, take)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: list[str], as_json: bool) -> int:
    try:
        result: Any = app(arguments, prog_name="itsm-maturity", standalone_mode=False)
    except ItsmMaturityError as error:
        return failures.report(error, as_json)
    except typer.TyperException as error:
        return failures.report_usage(error, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return failures.report_interruption(as_json)
    except (SystemExit, BrokenPipeError):
        # Typer and Rich end the process themselves when nobody reads on.
        raise BrokenPipeError from None
    except Exception as error:
        return failures.report_unexpected(error, _folder(arguments), as_json)
    if result == failures.INTERRUPTED:
        return failures.report_interruption(as_json)
    return result if isinstance(result, int) else failures.DONE


def _folder(arguments: Sequence[str]) -> Path:
    """Return the configuration file's folder, found without parsing, since parsing may be what failed."""
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if option in ("-c", "--config") and value:
            return Path(value).parent
        if option.startswith("--config="):
            return Path(option.removeprefix("--config=")).parent
    return DEFAULT_CONFIGURATION.parent


def _never_fail_on_a_character(*streams: TextIO) -> None:
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _forget_output() -> None:
    """Point standard output to nowhere, so that the interpreter's own flush at the end is silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)

"""Options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from storage.errors import UsageError

DEFAULT_CONFIGURATION = Path("itsm-maturity.yaml")

ConfigurationFile = Annotated[
    Path | None,
    typer.Option(
        "-c", "--config", metavar="FILE", help="Configuration file.", show_default=str(DEFAULT_CONFIGURATION)
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
OnePractice = Annotated[str | None, typer.Option("--practice", metavar="PRACTICE", help="One practice.")]
OneDepartment = Annotated[
    str | None, typer.Option("--department", metavar="NAME", help="One department; else the organisation.")
]


class Common:
    """What was given before the command: `itsm-maturity -c FILE --json COMMAND`."""

    def __init__(self, configuration: Path | None = None, as_json: bool = False) -> None:
        self.configuration = configuration
        self.as_json = as_json


def configuration_file(context: typer.Context, given: Path | None) -> Path:
    """Return the configuration file named after the command, before it, or by default."""
    common = context.obj if isinstance(context.obj, Common) else Common()
    return given or common.configuration or DEFAULT_CONFIGURATION


def wants_json(context: typer.Context, given: bool) -> bool:
    """Return whether JSON was asked for, after the command or before it."""
    return given or (isinstance(context.obj, Common) and context.obj.as_json)


def parse_day(text: str | None, option: str) -> date | None:
    """Return the day of an option such as `2026-11-22`. Raises UsageError for anything else."""
    if text is None:
        return None
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError:
        raise UsageError(
            f"{option} {text!r} is not a day.", hint=f"Write it as {option} 2026-11-22 (year-month-day)."
        ) from None

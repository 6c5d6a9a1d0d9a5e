"""`init`: writes a first configuration, for exported files or for a ServiceNow instance."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, ConfigurationFile, configuration_file, wants_json
from interface.cli.output import print_json, print_parts, progress
from storage.errors import ItsmMaturityError, UsageError

if TYPE_CHECKING:
    from config.template_servicenow import ServiceNowAnswers
    from scheduler.begin import Export, Findings
    from scheduler.check import CheckReport

NAME = "init"
EXAMPLES = examples(
    ("init", "asks what it needs and writes itsm-maturity.yaml"),
    ("init --from-export incidents.csv", "for an export, asks nothing"),
    ("init --servicenow acme --user maturity.reader", "for https://acme.service-now.com"),
    ("init --servicenow https://acme.service-now.com --auth oauth", "with an OAuth client"),
    ("init --from-export incidents.csv -c prod.yaml --force", "into another file, over what is there"),
    after="No password is asked for or written: the file names environment variables, and init says which.",
)

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Given:
    """What the options say about an instance."""

    address: str | None
    user: str | None
    auth: str | None
    records: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether some option speaks of an instance."""
        return bool(self.address is not None or self.user or self.auth or self.records)


def run(
    context: typer.Context,
    export: Annotated[
        Path | None, typer.Option("--from-export", metavar="FILE", help="Export of incidents, CSV or JSON.")
    ] = None,
    servicenow: Annotated[
        str | None,
        typer.Option("--servicenow", metavar="URL", help="ServiceNow instance: its URL, or its name alone."),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="Account on the instance.")
    ] = None,
    auth: Annotated[
        str | None,
        typer.Option(
            "--auth",
            metavar="WAY",
            help="How to sign in: basic (the default), oauth, oauth-password, oauth-refresh or oauth-jwt.",
        ),
    ] = None,
    records: Annotated[
        list[str] | None,
        typer.Option(
            "--records", metavar="KINDS", help="Record kinds of the instance, with commas; all by default."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Write a commented configuration, asking only what cannot be found out."""
    from scheduler.begin import refuse_to_overwrite

    as_json = wants_json(context, as_json)
    given = Given(servicenow, user, auth, tuple(records or ()))
    if export is not None and given.any:
        raise UsageError(
            "An export and a ServiceNow instance are two configurations.", hint="Give one of the two."
        )
    file = configuration_file(context, configuration)
    refuse_to_overwrite(file, force=force)
    asking = sys.stdin.isatty() and not as_json
    if given.any or (export is None and _wants_servicenow(asking)):
        return _servicenow(file, given, force=force, asking=asking, as_json=as_json)
    return _export(file, export, force=force, asking=asking, as_json=as_json)


def _wants_servicenow(asking: bool) -> bool:
    if not asking:
        raise UsageError(
            "There is no terminal to ask where the records are.",
            hint="Add --from-export FILE, or --servicenow URL with --user NAME.",
        )
    places = {"export": False, "servicenow": True}

    def known(text: str) -> bool:
        if (name := text.strip().lower().replace(" ", "")) not in places:
            raise UsageError("That is neither.", hint="Write export or servicenow.")
        return places[name]

    return _asked("Where are your records: in an export (a CSV or JSON file) or in ServiceNow?", known)


def _export(file: Path, export: Path | None, *, force: bool, asking: bool, as_json: bool) -> int:
    from scheduler.begin import read_export, study, write_configuration

    found = read_export(export or _asked_export())
    findings = study(found, _asked_id(found, asking))
    write_configuration(file, found, findings, time_zone="UTC", force=force)
    _print_export(file, found, findings, as_json=as_json)
    return 0


def _asked_export() -> Path:
    answer: str = typer.prompt("Export of your incidents (CSV or JSON file)")
    return Path(answer.strip()).expanduser()


def _asked_id(export: Export, asking: bool) -> Mapping[str, str]:
    """Ask which field identifies a record where no name tells it."""
    if "id" in export.understood or not asking:
        return {}
    answer: str = typer.prompt(f"Field that identifies an incident, one of {', '.join(export.header)}")
    if answer.strip() not in export.header:
        raise UsageError(f"The export has no field '{answer.strip()}'.", hint="Write it as the file does.")
    return {"id": answer.strip()}


def _print_export(file: Path, export: Export, found: Findings, *, as_json: bool) -> None:
    if as_json:
        shape: dict[str, object] = {"configuration": str(file), "columns": found.columns}
        shape |= {"unused": found.unused, "encoding": export.encoding, "notes": found.notes}
        print_json(shape | {"date_formats": found.dates.formats, "log": found.log is not None})
        return
    from interface.cli.render.begin import render

    print_parts(render(file, found.columns, found.unused, found.notes))


def _servicenow(file: Path, given: Given, *, force: bool, asking: bool, as_json: bool) -> int:
    from scheduler.begin_servicenow import unset, write_servicenow

    answers = _answers(given, asking)
    write_servicenow(file, answers, force=force)
    missing = unset(answers, os.environ)
    report, failure = (None, None) if missing else _tried(file)
    if as_json:
        from interface.shapes import begun_shape

        print_json(begun_shape(file, answers, missing, report, failure))
        return 0
    from interface.cli.render.begin import render_servicenow

    print_parts(render_servicenow(file, answers, missing, report, failure))
    return 0


def _answers(given: Given, asking: bool) -> ServiceNowAnswers:
    """Return what the options say, and ask for the rest where somebody can answer."""
    from config.template_servicenow import WAYS, ServiceNowAnswers
    from scheduler.begin_servicenow import instance_address, record_kinds, way_to_sign_in

    if given.address is None and not asking:
        raise UsageError("Which instance is meant is not said.", hint="Add --servicenow URL.")
    address = (
        _asked("URL or name of the instance (https://acme.service-now.com, or acme)", instance_address)
        if given.address is None
        else instance_address(given.address)
    )
    way = given.auth
    if way is None and asking:
        ways = "; ".join(f"{name}: {each.title}" for name, each in WAYS.items())
        way = _asked(f"How to sign in ({ways})", way_to_sign_in, default="basic")
    way = way_to_sign_in(way or "basic")
    user = given.user
    if user is None and WAYS[way].needs_user and asking:
        user = _asked("User name of the account", _some_text)
    kinds = given.records
    if not kinds and asking and given.address is None:
        kinds = _asked("Record kinds, with commas", lambda text: record_kinds([text]), default="all")
    return ServiceNowAnswers(address, way, user, record_kinds(kinds))


def _some_text(text: str) -> str:
    if not text.strip():
        raise UsageError("A name is needed.")
    return text.strip()


def _asked(question: str, understood: Callable[[str], Answer], default: str | None = None) -> Answer:
    """Ask until the answer is understood; what is wrong with one is said in a sentence."""
    while True:
        text: str = typer.prompt(question, default=default)
        try:
            return understood(text)
        except UsageError as error:
            typer.echo(f"{error.message} {error.hint}".strip(), err=True)


def _tried(file: Path) -> tuple[CheckReport | None, ItsmMaturityError | None]:
    """Try the connection; that it fails is told and is no failure of init."""
    from scheduler.begin_servicenow import first_try

    try:
        with progress() as show:
            return first_try(file, os.environ, show), None
    except ItsmMaturityError as error:
        return None, error

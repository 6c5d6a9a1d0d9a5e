"""`init`: writes a first configuration, for exported files, a ServiceNow or a Jira."""

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
    from config.template_platform import Platform, PlatformAnswers
    from scheduler.begin import Export, Findings
    from scheduler.check import CheckReport

NAME = "init"
EXAMPLES = examples(
    ("init", "asks what it needs and writes itsm-maturity.yaml"),
    ("init --from-export incidents.csv", "for an export, asks nothing"),
    ("init --servicenow acme --user maturity.reader", "for https://acme.service-now.com"),
    ("init --servicenow https://acme.service-now.com --auth oauth", "with an OAuth client"),
    ("init --jira https://acme.atlassian.net --user ann@acme.example", "for a Jira, with an API token"),
    ("init --from-export incidents.csv -c prod.yaml --force", "into another file, over what is there"),
    after="No password is asked for or written: the file names environment variables, and init says which.",
)

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Given:
    """What the options say about a site of a platform."""

    addresses: Mapping[str, str]
    """By type of the platform; one at most."""
    user: str | None
    auth: str | None
    records: tuple[str, ...]
    projects: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether some option speaks of a platform."""
        return bool(self.addresses or self.user or self.auth or self.records or self.projects)


ExportFile = Annotated[
    Path | None, typer.Option("--from-export", metavar="FILE", help="Export of incidents, CSV or JSON.")
]
Servicenow = Annotated[
    str | None,
    typer.Option("--servicenow", metavar="URL", help="ServiceNow instance: its URL, or its name alone."),
]
Jira = Annotated[
    str | None,
    typer.Option("--jira", metavar="URL", help="Jira site: its URL, or the name of a Cloud site alone."),
]
User = Annotated[
    str | None,
    typer.Option("--user", metavar="NAME", help="Account; on Jira Cloud its mail."),
]
Auth = Annotated[
    str | None,
    typer.Option(
        "--auth",
        metavar="WAY",
        help="How to sign in. ServiceNow: basic (the default), oauth, oauth-password, oauth-refresh or "
        "oauth-jwt. Jira: api-token (the default on Cloud), scoped-token, oauth, oauth-refresh, "
        "personal-token (the default elsewhere) or basic.",
    ),
]
Records = Annotated[
    list[str] | None,
    typer.Option("--records", metavar="KINDS", help="Record kinds to read, with commas; all by default."),
]
Projects = Annotated[
    list[str] | None,
    typer.Option("--projects", metavar="KEYS", help="Projects of Jira, with commas; all by default."),
]
Force = Annotated[bool, typer.Option("--force", help="Write over an existing file.")]


def run(
    context: typer.Context,
    export: ExportFile = None,
    servicenow: Servicenow = None,
    jira: Jira = None,
    user: User = None,
    auth: Auth = None,
    records: Records = None,
    projects: Projects = None,
    force: Force = False,
    configuration: ConfigurationFile = None,
    as_json: AsJson = False,
) -> int:
    """Write a commented configuration, asking only what cannot be found out."""
    from scheduler.begin import refuse_to_overwrite

    as_json = wants_json(context, as_json)
    named = {"servicenow": servicenow, "jira": jira}
    addresses = {name: url for name, url in named.items() if url is not None}
    given = Given(addresses, user, auth, tuple(records or ()), tuple(projects or ()))
    _refuse_two(export, given)
    file = configuration_file(context, configuration)
    refuse_to_overwrite(file, force=force)
    asking = sys.stdin.isatty() and not as_json
    wanted = "export" if export is not None else _wanted(given, asking)
    if wanted == "export":
        return _export(file, export, force=force, asking=asking, as_json=as_json)
    from scheduler.begin_platform import PLATFORMS

    return _platform(PLATFORMS[wanted], file, given, asking=asking, force=force, as_json=as_json)


def _refuse_two(export: Path | None, given: Given) -> None:
    """Raise UsageError where more than one place is named."""
    if len(given.addresses) > 1:
        raise UsageError(
            "Two platforms are two connectors.", hint="Begin with one, and write the other below it."
        )
    if export is not None and given.any:
        raise UsageError("An export and a platform are two configurations.", hint="Give one of the two.")
    if given.projects and "jira" not in given.addresses:
        raise UsageError("Only Jira has projects.", hint="Leave --projects out, or add --jira URL.")


def _wanted(given: Given, asking: bool) -> str:
    """Return where the records are: export, or the type of a platform."""
    if given.addresses:
        return next(iter(given.addresses))
    if not asking:
        raise UsageError(
            "There is no terminal to ask where the records are.",
            hint="Add --from-export FILE, or --servicenow URL or --jira URL with --user NAME.",
        )
    places = ("export", "servicenow", "jira")

    def known(text: str) -> str:
        if (name := text.strip().lower().replace(" ", "")) not in places:
            raise UsageError("That is none of them.", hint="Write export, servicenow or jira.")
        return name

    return _asked(
        "Where are your records: in an export (a CSV or JSON file), in ServiceNow or in Jira?", known
    )


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


def _platform(
    platform: Platform, file: Path, given: Given, *, force: bool, asking: bool, as_json: bool
) -> int:
    from scheduler.begin_platform import unset, write_platform

    answers = _answers(platform, given, asking)
    write_platform(file, answers, force=force)
    missing = unset(answers, os.environ)
    report, failure = (None, None) if missing else _tried(file)
    if as_json:
        from interface.shapes import begun_shape

        print_json(begun_shape(file, answers, missing, report, failure))
        return 0
    from interface.cli.render.begin import render_platform

    print_parts(render_platform(file, answers, missing, report, failure))
    return 0


def _answers(platform: Platform, given: Given, asking: bool) -> PlatformAnswers:
    """Return what the options say, and ask for the rest where somebody can answer."""
    from config.template_platform import PlatformAnswers
    from scheduler.begin_platform import project_keys, record_kinds, site_address

    address = given.addresses.get(platform.type)
    name = platform.example.removeprefix("https://").partition(".")[0]
    question = f"URL or name of the {platform.title} ({platform.example}, or {name})"
    url = (
        _asked(question, lambda text: site_address(platform, text))
        if address is None
        else site_address(platform, address)
    )
    way, user = _signing_in(platform, url, given, asking)
    kinds, projects = given.records, given.projects
    if asking and address is None:
        if not projects and platform.type == "jira":
            projects = _asked("Keys of projects, with commas", lambda text: project_keys([text]), "all")
        if not kinds:
            kinds = _asked("Record kinds, with commas", lambda text: record_kinds(platform, [text]), "all")
    return PlatformAnswers(platform, url, way, user, record_kinds(platform, kinds), project_keys(projects))


def _signing_in(platform: Platform, url: str, given: Given, asking: bool) -> tuple[str, str | None]:
    """Return the way to sign in and the account's name."""
    from scheduler.begin_platform import way_to_sign_in

    usual, way, user = platform.usual_way(url), given.auth, given.user
    if way is None and asking:
        ways = "; ".join(f"{name}: {each.title}" for name, each in platform.ways.items())
        way = _asked(f"How to sign in ({ways})", lambda text: way_to_sign_in(platform, text), usual)
    way = way_to_sign_in(platform, way or usual)
    if user is None and platform.ways[way].needs_user and asking:
        user = _asked("User name of the account", _some_text)
    return way, user


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
    from scheduler.begin_platform import first_try

    try:
        with progress() as show:
            return first_try(file, os.environ, show), None
    except ItsmMaturityError as error:
        return None, error

"""What `init` understood, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from interface.cli.render.tables import plain_table
from interface.cli.words import listed
from storage.errors import ItsmMaturityError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from config.template_platform import PlatformAnswers
    from scheduler.check import CheckReport


def render(
    file: Path, understood: Mapping[str, str], unused: Sequence[str], notes: Sequence[str] = ()
) -> Iterator[RenderableType]:
    """Yield which field became which column, what is left, and how to go on."""
    yield Text(f"{file} is written. This is what was understood:", style="bold")
    table = plain_table()
    table.add_column("Our column")
    table.add_column("Field of the export", overflow="fold")
    for column, name in understood.items():
        table.add_row(column, Text(name))
    yield table
    if unused:
        yield Text(f"Not used: {listed(unused)}.")
    for note in notes:
        yield Text(note)
    yield Text("Correct the file where that is wrong, then run:")
    yield from _commands(file)


def render_platform(
    file: Path,
    answers: PlatformAnswers,
    missing: Sequence[str],
    report: CheckReport | None,
    failure: ItsmMaturityError | None,
) -> Iterator[RenderableType]:
    """Yield what was written, which variables to set and how, and what a first try found."""
    way = answers.signing_in
    account = f" as {answers.user}" if way.needs_user else ""
    yield Text(f"{file} is written.", style="bold")
    kinds = listed(answers.records) if answers.records else "all record kinds"
    projects = f" of {listed(answers.projects)}" if answers.projects else ""
    yield Text(f"It reads {kinds}{projects} from {answers.url}{account}, by {way.title}.")
    yield Text(f"The account and its rights: {answers.platform.place}.")
    if missing:
        yield Text("No secret is in the file. Set these first; what you type is not shown and not kept:")
        for name in missing:
            yield Text(f"  read -rs {name} && export {name}", no_wrap=True, overflow="ignore")
        yield Text("For a service, file:/run/secrets/x in place of ${…} reads a file.")
    yield from _tried(file, report, failure)
    yield Text("Then run:" if missing else "Go on with:")
    yield from _commands(file)


def _tried(
    file: Path, report: CheckReport | None, failure: ItsmMaturityError | None
) -> Iterator[RenderableType]:
    if failure is not None:
        yield Text(
            f"The connection was tried and does not work yet: {failure.message} {failure.hint}", "yellow"
        )
    if report is not None:
        from interface.cli.render import check

        yield Text("The connection was tried. This was found:")
        yield from check.render(report, file)


def _commands(file: Path) -> Iterator[RenderableType]:
    option = "" if str(file) == "itsm-maturity.yaml" else f" -c {file}"
    for command in ("check", "sync", "assess"):
        yield Text(f"  itsm-maturity {command}{option}", no_wrap=True, overflow="ignore")

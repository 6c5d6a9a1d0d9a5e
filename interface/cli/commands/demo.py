"""`demo`: the whole job on a generated organisation, read from a simulated ServiceNow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Annotated

import typer

from interface.cli import generated
from interface.cli.examples import examples
from interface.cli.failures import FAILED
from interface.cli.generated import USUAL_SEED, Incidents, Level, ProfileName, Seed
from interface.cli.options import AsJson, wants_json
from interface.cli.output import Progress, print_json, print_parts, progress
from interface.demonstration import Organisation, today

if TYPE_CHECKING:
    from evaluators.catalogue import Catalogue
    from evaluators.results import Assessment
    from scheduler.ledger import SyncReport

NAME = "demo"
_PREFIX = "itsm-maturity-demo-"
"""Of temporary folders; the process that has to remove it follows."""
EXAMPLES = examples(
    ("demo", "starts a ServiceNow sandbox, syncs over HTTP, assesses, prints and tidies up"),
    ("demo --keep demo", "keeps everything in ./demo/ to try the other commands on"),
    ("demo --keep demo --profile uneven", "one department works two levels above the other"),
)


def run(
    context: typer.Context,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Keep the files in this folder.")
    ] = None,
    profile: ProfileName = None,
    incidents: Incidents = None,
    seed: Seed = USUAL_SEED,
    level: Level = None,
    as_json: AsJson = False,
) -> int:
    """Generate an organisation, read it from a simulated ServiceNow, assess it and print the result."""
    from scheduler.demo import prepare

    organisation = generated.organisation(profile, level, incidents, seed, today())
    with _folder(keep) as folder, progress() as show:
        file = prepare(folder)
        report, port = _sync(file, organisation, show)
        if report.exit_code == FAILED:
            _print_ledger(report, as_json=wants_json(context, as_json))
            return FAILED
        assessment, catalogue = _assess(file, show)
    if wants_json(context, as_json):
        _print_json(report, assessment)
    else:
        _print_ledger(report, as_json=False)
        _print(assessment, catalogue, file if keep else None, ("--port", str(port), *organisation.options()))
    return report.exit_code


def _sync(file: Path, organisation: Organisation, show: Progress) -> tuple[SyncReport, int]:
    """Read everything from a sandbox that lives as long; return the ledger and the sandbox's port."""
    from interface.demonstration import PASSWORD, configuration
    from interface.served import sandbox_process
    from sandbox.servicenow.settings import Settings
    from scheduler.demo import configure
    from scheduler.sync import sync
    from scheduler.workspace import open_workspace

    show(f"a ServiceNow with {organisation.incidents:,} incidents and all other records starts", 0, None)
    password = f"${{{PASSWORD}:-{Settings.password}}}"
    with sandbox_process(organisation.options()) as served:
        configure(file, configuration(served.url, served.user, password, truth=served.truth))
        with open_workspace(file) as workspace:
            return sync(workspace, progress=show), served.port


def _assess(file: Path, show: Progress) -> tuple[Assessment, Catalogue]:
    from scheduler.assess import assess_now
    from scheduler.workspace import open_workspace

    with open_workspace(file) as workspace:
        return assess_now(workspace, progress=show), workspace.catalogue


def _print_json(report: SyncReport, assessment: Assessment) -> None:
    from interface.shapes import assessment_shape, sync_shape

    print_json(assessment_shape(assessment) | {"sync": sync_shape(report)})


def _print_ledger(report: SyncReport, *, as_json: bool) -> None:
    if as_json:
        from interface.shapes import sync_shape

        print_json({"sync": sync_shape(report)})
        return
    from interface.cli.render.sync import render

    print_parts(render(report))


def _print(assessment: Assessment, catalogue: Catalogue, kept: Path | None, sandbox: Sequence[str]) -> None:
    from interface.cli.render.assessment import render
    from interface.cli.render.demo import how_to_go_on

    print_parts(render(assessment, catalogue))
    print_parts(how_to_go_on(kept, sandbox))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    _remove_orphans(Path(gettempdir()))
    with TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def _remove_orphans(folder: Path) -> None:
    """Remove what demos left behind that were killed before they could tidy up."""
    from scheduler.demo import MARKER

    for left in folder.glob(f"{_PREFIX}*-*"):
        process = left.name.removeprefix(_PREFIX).split("-")[0]
        if process.isdecimal() and not _lives(int(process)) and (left / MARKER).is_file():
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True

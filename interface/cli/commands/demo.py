"""`demo`: the whole job on a generated organisation, read from a simulated ServiceNow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from interface.cli.examples import examples
from interface.cli.failures import FAILED
from interface.cli.options import AsJson, wants_json
from interface.cli.output import Progress, print_json, print_parts, progress
from interface.demonstration import INCIDENTS, LEVEL, SEED, Organisation, today

if TYPE_CHECKING:
    from evaluators.catalogue import Catalogue
    from evaluators.results import Assessment
    from scheduler.ledger import SyncReport

NAME = "demo"
EXAMPLES = examples(
    ("demo", "starts a ServiceNow sandbox, syncs over HTTP, assesses, prints and tidies up"),
    ("demo --keep demo", "keeps everything in ./demo/ to try the other commands on"),
    ("demo --keep demo --level 4", "an organisation that works at level 4"),
)


def run(
    context: typer.Context,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Keep the files in this folder.")
    ] = None,
    incidents: Annotated[
        int, typer.Option("--incidents", min=1000, max=2_000_000, help="How many incidents.")
    ] = INCIDENTS,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same seed gives the same organisation.")
    ] = SEED,
    level: Annotated[
        int, typer.Option("--level", min=1, max=5, help="Level the organisation works at.")
    ] = LEVEL,
    as_json: AsJson = False,
) -> int:
    """Generate an organisation, read it from a simulated ServiceNow, assess it and print the result."""
    from scheduler.demo import prepare

    organisation = Organisation(incidents, seed, level, today())
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
        configure(file, configuration(served.url, served.user, password, generated=True))
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
    with TemporaryDirectory(prefix="itsm-maturity-demo-") as folder:
        yield Path(folder)

"""`demo`: the whole job on a generated organisation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from interface.cli.examples import examples
from interface.cli.options import AsJson, wants_json
from interface.cli.output import Progress, print_json, print_parts, progress

NAME = "demo"
EXAMPLES = examples(
    ("demo", "generates an organisation, syncs, assesses, prints and tidies up"),
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
    ] = 20_000,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same seed gives the same organisation.")
    ] = 1,
    level: Annotated[int, typer.Option("--level", min=1, max=5, help="Level the organisation works at.")] = 3,
    as_json: AsJson = False,
) -> int:
    """Generate an organisation, sync its export, assess it and print the result."""
    from interface.demonstration import Organisation
    from scheduler.demo import prepare

    with _folder(keep) as folder, progress() as show:
        file = prepare(folder, Organisation(incidents, seed, level).write)
        _run(file, keep, show, as_json=wants_json(context, as_json))
    return 0


def _run(file: Path, keep: Path | None, show: Progress, *, as_json: bool) -> None:
    from scheduler.assess import assess_now
    from scheduler.sync import sync
    from scheduler.workspace import open_workspace

    with open_workspace(file) as workspace:
        report = sync(workspace, progress=show)
        assessment = assess_now(workspace, progress=show)
        catalogue = workspace.catalogue
    if as_json:
        from interface.shapes import assessment_shape, sync_shape

        print_json(assessment_shape(assessment) | {"sync": sync_shape(report)})
        return
    from interface.cli.render import assessment as rendered
    from interface.cli.render import demo
    from interface.cli.render import sync as ledger

    print_parts(ledger.render(report))
    print_parts(rendered.render(assessment, catalogue))
    print_parts(demo.how_to_go_on(file if keep else None))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with TemporaryDirectory(prefix="itsm-maturity-demo-") as folder:
        yield Path(folder)

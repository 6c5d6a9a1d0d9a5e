"""What the commands that only look something up have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from interface.cli.options import configuration_file, wants_json
from interface.cli.output import print_json, print_parts

if TYPE_CHECKING:
    import typer
    from rich.console import RenderableType

    from scheduler.workspace import Workspace

Found = TypeVar("Found")


def answer(
    called: tuple[typer.Context, Path | None, bool],
    find: Callable[[Workspace], Found],
    shape: Callable[[Found], Any],
    render: Callable[[Found], Iterable[RenderableType]],
) -> int:
    """Find something in a workspace and print it, as plain data or for people; return the exit code.

    `called` are the context, the configuration file and `--json` as a command gets them.
    """
    from scheduler.workspace import open_workspace

    context, configuration, as_json = called
    with open_workspace(configuration_file(context, configuration)) as workspace:
        found = find(workspace)
        if wants_json(context, as_json):
            print_json(shape(found))
        else:
            print_parts(render(found))
    return 0

"""What `init` understood, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from interface.cli.render.tables import plain_table
from interface.cli.words import listed

if TYPE_CHECKING:
    from rich.console import RenderableType


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
    option = "" if str(file) == "itsm-maturity.yaml" else f" -c {file}"
    for command in ("check", "sync", "assess"):
        yield Text(f"  itsm-maturity {command}{option}", no_wrap=True, overflow="ignore")

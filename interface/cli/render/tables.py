"""The one look of all tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text


def plain_table(title: str = "") -> Table:
    """Return a table without frame: a bold title to the left, a line below the headings."""
    return Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )


def fixed_line(widths: Sequence[int], cells: Iterable[str | Text]) -> Table:
    """Return one line whose columns stand below those of the lines before; a negative width aligns right.

    What is wider goes on below: an identifier is never cut.
    """
    line = Table.grid(padding=(0, 1, 0, 0))
    for width in widths:
        line.add_column(width=abs(width), overflow="fold", justify="left" if width > 0 else "right")
    line.add_row(*cells)
    return line

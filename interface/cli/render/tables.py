"""The one look of all tables."""

from __future__ import annotations

from rich import box
from rich.table import Table


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

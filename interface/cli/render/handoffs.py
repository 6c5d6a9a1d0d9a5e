"""Hand-offs between departments, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from evaluators.handoffs import DAYS, HandOff
from interface.cli.render.tables import plain_table
from interface.cli.words import count, duration, share

if TYPE_CHECKING:
    from rich.console import RenderableType

NOTHING = (
    "No hand-off between departments is known: it takes the history of assignment_group, and departments "
    "of the groups (departments in the configuration, or as the platform names them)."
)
SHOWN = 30
HOUR = 3600.0


def render(found: Sequence[HandOff]) -> Iterator[RenderableType]:
    """Yield the busiest pairs of departments."""
    if not found:
        yield Text(NOTHING)
        return
    table = plain_table(f"Hand-offs between departments, last {DAYS} days")
    for name in ("From", "To", "Hand-offs", "Waits", "Straight back"):
        table.add_column(name, justify="left" if name in ("From", "To") else "right")
    for each in found[:SHOWN]:
        waits = "–" if each.waiting_seconds is None else _waiting(each.waiting_seconds)
        table.add_row(each.sender, each.receiver, count(each.count), waits, share(each.bounced))
    yield table
    yield Text(
        "Waits: median until somebody of the receiving department is assigned; – where the hand-over itself "
        "names a person.",
        style="dim",
    )
    if len(found) > SHOWN:
        yield Text(f"{len(found) - SHOWN} more pairs: --json", style="dim")


def _waiting(seconds: float) -> str:
    return duration(seconds) if seconds < HOUR else f"{seconds / HOUR:,.1f} h"

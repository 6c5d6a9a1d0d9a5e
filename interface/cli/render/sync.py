"""The ledger of a sync as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from interface.cli.render.tables import plain_table
from interface.cli.words import count, duration
from scheduler.ledger import FINE, ConnectorReport, SyncReport
from storage.history import LedgerRow

if TYPE_CHECKING:
    from rich.console import RenderableType


def render(report: SyncReport) -> Iterator[RenderableType]:
    """Yield the ledger of each connector and what needs to be looked at."""
    if not report.connectors:
        yield Text("No connectors are configured: there is nothing to sync.")
    for connector in report.connectors:
        yield ledger_table(connector.connector, [each.row for each in connector.records])
        yield from _remarks(connector)


def ledger_table(title: str, lines: Sequence[LedgerRow]) -> Table:
    """Return one row for each record kind or window."""
    table = plain_table(title)
    table.add_column("Records of", overflow="fold")
    for name in ("Counted", "Came", "New", "Changed", "Gone", "Time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Outcome", no_wrap=True)
    for line in lines:
        table.add_row(
            line.kind,
            *map(count, (line.counted, line.received, line.stored, line.changed, line.deleted)),
            duration(line.seconds) if line.seconds else "–",
            Text(line.outcome, style="green" if line.outcome in FINE else "yellow"),
        )
    return table


def _remarks(connector: ConnectorReport) -> Iterator[RenderableType]:
    said = {each.row.message for each in connector.records}
    if connector.message and not any(text and text in connector.message for text in said):
        yield Text(connector.message)
    for each in connector.records:
        if each.row.message:
            yield Text(f"{each.row.kind}: {each.row.message}")
        for rejection in each.rejections:
            yield Text(f"  {rejection}", style="dim")

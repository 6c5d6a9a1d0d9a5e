"""The ledger of a sync as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from interface.cli.render.tables import plain_table
from interface.cli.words import count, duration, plural
from scheduler.ledger import FINE, ConnectorReport, KindReport, SyncReport, totals
from storage.history import LedgerRow

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

ALWAYS = {"Counted": "counted", "Came": "received", "New": "stored", "Changed": "changed", "Gone": "deleted"}
IF_ANY = {"Hidden": "hidden", "Rejected": "rejected", "Requests": "requests", "Retries": "retries"}
"""Figures that are shown where one of them is not zero."""

VERY_WIDE = 1000


def render(report: SyncReport) -> Iterator[RenderableType]:
    """Yield the ledger of each connector and what needs to be looked at."""
    if not report.connectors:
        yield Text("No connectors are configured: there is nothing to sync.")
    for connector in report.connectors:
        yield ledger_of(connector.connector, [each.row for each in connector.records])
        yield from _remarks(connector)


def ledger_of(title: str, lines: Sequence[LedgerRow]) -> Ledger:
    """Return the ledger of a run, the windows of a record kind added up."""
    return Ledger(title, tuple(each.row for each in totals([KindReport(line) for line in lines])))


@dataclass(frozen=True)
class Ledger:
    """One row for each record kind; where rows would not fit, a paragraph for each: no figure is cut."""

    title: str
    lines: Sequence[LedgerRow]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = self._table()
        roomy = options.update(max_width=VERY_WIDE)
        if Measurement.get(console, roomy, table).maximum <= options.max_width:
            yield table
            return
        if self.title:
            yield Text(self.title, style="bold")
        quiet: dict[str, list[str]] = {}
        for line in self.lines:
            if line.received or line.requests or line.counted or line.deleted:
                yield Text.assemble((line.kind, "bold"), ": ", _outcome(line))
                yield Padding(Text(_sentence(line)), (0, 0, 0, 2))
            else:
                quiet.setdefault(line.outcome, []).append(line.kind)
        for outcome, kinds in quiet.items():
            yield Text.assemble((outcome, "" if outcome in FINE else "yellow"), f": {', '.join(kinds)}")

    def _table(self) -> Table:
        shown = {
            name: field
            for name, field in (ALWAYS | IF_ANY).items()
            if name in ALWAYS or any(getattr(line, field) for line in self.lines)
        }
        table = plain_table(self.title)
        table.add_column("Records of", no_wrap=True)
        for name in (*shown, "Time"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("Outcome", no_wrap=True)
        for line in self.lines:
            figures = (count(getattr(line, field)) for field in shown.values())
            table.add_row(line.kind, *figures, _time(line), _outcome(line))
        return table


def _outcome(line: LedgerRow) -> Text:
    return Text(line.outcome, style="green" if line.outcome in FINE else "yellow")


def _time(line: LedgerRow) -> str:
    return duration(line.seconds) if line.seconds else "–"


def _sentence(line: LedgerRow) -> str:
    """Return the figures of a line in words; what is zero is left out."""
    words = [
        "not counted" if line.counted is None else f"{count(line.counted)} counted",
        f"{count(line.received)} came",
    ]
    figures = {"new": line.stored, "changed": line.changed, "gone": line.deleted}
    figures |= {"hidden": line.hidden, "rejected": line.rejected}
    words += [f"{count(figure)} {name}" for name, figure in figures.items() if figure]
    asked = [plural(line.requests, "request")] if line.requests else []
    asked += [plural(line.retries, "retry", "retries")] if line.retries else []
    asked += [_time(line)] if line.seconds else []
    return "; ".join(", ".join(part) for part in (words, asked) if part)


def _remarks(connector: ConnectorReport) -> Iterator[RenderableType]:
    said = {each.row.message for each in connector.records}
    if connector.message and not any(text and text in connector.message for text in said):
        yield Text(connector.message)
    for message in dict.fromkeys(each.row.message for each in connector.records if each.row.message):
        kinds = [each.row.kind for each in connector.records if each.row.message == message]
        yield Text(f"{', '.join(kinds)}: {message}")
        for each in connector.records:
            for rejection in each.rejections if each.row.message == message else ():
                yield Text(f"  {rejection}", style="dim")

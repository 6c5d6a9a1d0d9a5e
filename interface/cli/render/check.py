"""What a check found as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from interface.cli.render.tables import plain_table
from interface.cli.words import count, listed, plural
from scheduler.remedies import statements
from storage.evidence.store import KindState

if TYPE_CHECKING:
    from rich.console import RenderableType

    from scheduler.check import CheckReport, ConnectorCheck, KindCheck
    from scheduler.remedies import Remedy

READABLE = (KindState.READABLE, KindState.EMPTY)


def render(report: CheckReport, file: Path) -> Iterator[RenderableType]:
    """Yield what is there, what is missing and what that keeps from being rated."""
    yield Text(f"{file} is valid.", style="green")
    for sentence in report.lapsed:
        yield Text(sentence, style="yellow")
    if not report.connectors:
        yield Text("No connectors are configured, so there is nothing to assess.", style="yellow")
    for connector in report.connectors:
        yield Text()
        yield from _connector(connector)
    if report.connectors and all(connector.problem for connector in report.connectors):
        return  # what cannot be rated for want of records would bury the reason
    yield Text()
    yield from _ratable(report)


def _connector(connector: ConnectorCheck) -> Iterator[RenderableType]:
    if connector.problem:
        yield Text(
            f"{connector.connector} ({connector.type}): {connector.problem} {connector.hint}", style="red"
        )
        return
    yield Text(f"{connector.connector} ({connector.type}): reachable", style="bold")
    table = plain_table()
    for name in ("Records of", "State", "Columns", "History of", "Reads"):
        table.add_column(name, overflow="fold")
    for kind in connector.kinds:
        table.add_row(*_row(kind))
    yield table
    yield from _findings(connector)
    for kind in connector.kinds:
        if kind.missing and kind.columns and kind.state in READABLE:
            yield Text.assemble((f"{kind.kind} has no ", "dim"), (listed(kind.missing), "dim"))
    yield from _remedies(connector.remedies)


def _findings(connector: ConnectorCheck) -> Iterator[RenderableType]:
    """Yield what a probe says, each sentence once with the kinds it is about."""
    kinds: dict[str, list[str]] = {}
    for kind in connector.kinds:
        for statement in statements(kind.detail):
            if kind.state is KindState.EMPTY and not statement.advice:
                continue  # the table says so already
            kinds.setdefault(statement.finding, []).append(kind.kind)
    unread = {each.kind for each in connector.kinds if each.state not in READABLE}
    for text, about in kinds.items():
        yield Text(f"{', '.join(about)}: {text}", style="yellow" if unread & {*about} else "")


def _remedies(found: Sequence[Remedy]) -> Iterator[RenderableType]:
    """Yield what to ask an administrator for, what opens most first."""
    for title, some in (
        ("Missing, to ask an administrator for:", [each for each in found if each.needed_by]),
        ("Would add more:", [each for each in found if not each.needed_by]),
    ):
        if some:
            yield Text(title, style="bold")
        for remedy in some:
            yield Padding(Text(_remedy(remedy)), (0, 0, 0, 2))


def _remedy(remedy: Remedy) -> str:
    tables = f" Tables: {listed(remedy.tables)}." if remedy.tables else ""
    opens = f" Opens {listed(remedy.needed_by)}" if remedy.needed_by else f" Adds to {listed(remedy.kinds)}"
    costs = f"; without it not rated: {listed(remedy.indicators)}" if remedy.indicators else ""
    return f"{remedy.advice}{tables}{opens}{costs}."


def _row(kind: KindCheck) -> Sequence[str | Text]:
    return (
        kind.kind,
        Text(kind.state.value, style="green" if kind.state in READABLE else "yellow"),
        f"{len(kind.columns)} of {len(kind.columns) + len(kind.missing)}",
        listed(kind.tracked) if kind.tracked else "–",
        "what changed" if kind.incremental else "all, when it differs",
    )


def _ratable(report: CheckReport) -> Iterator[RenderableType]:
    able = report.indicators - len(report.unratable)
    yield Text(
        f"{count(able)} of {plural(report.indicators, 'indicator')} can be rated, given enough records.",
        style="bold",
    )
    for reason in dict.fromkeys(each.reason for each in report.unratable):
        names = [each.indicator for each in report.unratable if each.reason == reason]
        yield Text(f"{reason[:1].upper()}{reason[1:]}: {listed(names)}")

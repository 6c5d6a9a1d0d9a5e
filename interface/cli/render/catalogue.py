"""The catalogue in force as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from evaluators.references import references_of
from interface.cli.render.assessment import EXPERT, LEGEND, thresholds
from interface.cli.render.tables import plain_table
from interface.cli.words import attribute_name, day, plain, practice_name

if TYPE_CHECKING:
    from rich.console import RenderableType

    from config import Exemption
    from evaluators.catalogue import Indicator
    from scheduler.review import InForce


def render(found: InForce) -> Iterator[RenderableType]:
    """Yield the indicators of each practice, the exemptions and what the signs mean."""
    yield Text(f"Catalogue {found.version}, {len(found.entries)} indicators", style="bold")
    for practice in dict.fromkeys(entry.practice for entry in found.entries):
        yield Text()
        yield _table(practice, [entry for entry in found.entries if entry.practice == practice])
    if found.exemptions:
        yield Text()
        yield Text("Exempt", style="bold")
    for exemption in found.exemptions:
        yield Text(_exempt(exemption, found))
    experts = sum(entry.anchors.expert_default for entry in found.entries)
    yield Text(
        f"{LEGEND} {experts} of {len(found.entries)} thresholds are such. * core indicator, weighs double.",
        style="dim",
    )


def _table(practice: str, entries: Sequence[Indicator]) -> Table:
    table = plain_table(practice_name(practice))
    table.add_column("Indicator", overflow="fold", width=36)
    table.add_column("L / F at", overflow="fold", width=13)
    table.add_column("Where the threshold comes from", overflow="fold", width=28)
    attribute = ""
    for entry in entries:
        if entry.attribute != attribute:
            attribute = entry.attribute
            table.add_row(Text(attribute_name(attribute), style="bold cyan"), "", "")
        table.add_row(_name(entry), f"{thresholds(entry)}\n{entry.unit}", _origin(entry))
    return table


def _name(entry: Indicator) -> Text:
    signs = ("*" if entry.core else "") + (" (own)" if entry.own else "")
    return Text.assemble(f"{entry.id}{signs}", (f"\n{entry.question}", "dim"))


def _origin(entry: Indicator) -> str:
    anchors = entry.anchors
    sign = f"{EXPERT} " if anchors.expert_default else ""
    origin = f"{sign}{anchors.origin} ({plain(anchors.zero)} is 0 %, {plain(anchors.full)} is 100 %)"
    elsewhere = [f"\nElsewhere: {each.sentence()}" for each in references_of(entry.id)]
    return origin + "".join(elsewhere)


def _exempt(exemption: Exemption, found: InForce) -> str:
    past = " – no longer in force" if found.today > exemption.until else ""
    what = exemption.indicator or f"all of {exemption.practice}"
    return f"{what} until {day(exemption.until)}: {exemption.reason} ({exemption.owner}){past}"

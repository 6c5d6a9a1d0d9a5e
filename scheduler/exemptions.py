"""What the organisation declared not applicable, and which of that is over."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from scheduler.workspace import Workspace


def exemptions_on(workspace: Workspace, day: date) -> dict[str, str]:
    """Return the reason of each exemption in force on a day, by indicator."""
    return {
        indicator: f"exempt until {each.until}: {each.reason} ({each.owner})"
        for indicator, found in workspace.configuration.exempted().items()
        for each in found
        if day <= each.until
    }


def lapsed(workspace: Workspace, day: date, practices: Collection[str] | None = None) -> Iterator[str]:
    """Yield a sentence for each exemption that is over on a day, of some practices or of all."""
    home = {entry.id: entry.practice for entry in workspace.catalogue.entries}
    for each in workspace.configuration.exemptions:
        practice = each.practice or home[each.indicator or ""]
        if each.until < day and (practices is None or practice in practices):
            yield (
                f"The exemption of {each.practice or each.indicator} ended on {each.until}, so it counts "
                f"again. {each.owner} decides whether to renew it or to delete it from the configuration."
            )

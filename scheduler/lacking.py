"""Writes what a platform as it comes cannot tell, and which fields to add, into a page.

`python -m scheduler.lacking docs/servicenow.md`; the part of the page between the two marks is replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from connectors.contract import Capability, ConnectorContext
from connectors.servicenow import ServiceNowConnector, ServiceNowSettings
from evaluators.catalogue import Indicator, shipped
from evaluators.policy import Policy
from evaluators.support import SupportMap
from storage.evidence.protection import Protection
from storage.evidence.store import Feed, KindState, Support
from storage.records import KINDS

BEGIN, END = "<!-- written by scheduler.lacking -->", "<!-- end of it -->"
SETTINGS: Final = {
    "type": "servicenow",
    "url": "https://corp.service-now.com",
    "auth": {"type": "basic", "user": "reader", "password": "secret"},
    "audit": True,
}
HISTORY: Final[Mapping[str, frozenset[str]]] = {
    "incident": frozenset({"state", "assignment_group", "assignee"})
}
"""Fields that metric definitions follow on an instance as it comes."""
EVERYTHING: Final = Policy(
    automation=("svc_*",), active_users=1, priority_matrix={(1, 1): 1}, response_targets={1: 60}
)
"""All that a configuration says; what it leaves out is no matter of the platform."""
Want = tuple[str, str, bool]
"""Kind, column, and whether its history is what is wanted."""


def lacking() -> dict[str, tuple[Want, ...]]:
    """Return by id what makes each indicator answerable that is not: as little as does, none if nothing."""
    supports = stock()
    return {
        entry.id: _fewest(entry, supports) for entry in shipped().entries if not answerable(entry, supports)
    }


def stock() -> list[Support]:
    """Return what an instance as it comes delivers, with every plugin that is read."""
    context = ConnectorContext("corp", Path(), Protection(b"no key"))
    connector = ServiceNowConnector(ServiceNowSettings.model_validate(SETTINGS), context)
    return [_support(kind, each) for kind, each in connector.capabilities().items()]


def _support(kind: str, told: Capability) -> Support:
    tracked = HISTORY.get(kind, frozenset())
    feeds = {name: Feed(feed.columns, feed.tracked & tracked) for name, feed in told.feeds.items()}
    return Support("corp", kind, KindState.READABLE, told.columns, tracked, feeds=feeds)


def answerable(entry: Indicator, supports: Sequence[Support]) -> bool:
    """Say whether something can be said for all that an indicator asks."""
    known = SupportMap(supports, EVERYTHING)
    for reading in entry.readings().values():
        needs = {kind: reading.needed_of(kind) for kind in reading.kinds}
        if all(each.state is not None for each in known.answers(needs, whole=entry.whole).values()):
            return False
    return True


def added(supports: Sequence[Support], wants: Sequence[Want]) -> list[Support]:
    """Return what is delivered once the wanted fields and histories are there, in every table of a kind."""
    return [_with(support, wants) for support in supports]


def _with(support: Support, wants: Sequence[Want]) -> Support:
    columns = frozenset(name for kind, name, past in wants if kind == support.kind and not past)
    tracked = frozenset(name for kind, name, past in wants if kind == support.kind and past)
    feeds = {
        name: Feed(feed.columns | columns, feed.tracked | tracked) for name, feed in support.feeds.items()
    }
    return replace(support, columns=support.columns | columns, tracked=support.tracked | tracked, feeds=feeds)


def _fewest(entry: Indicator, supports: Sequence[Support]) -> tuple[Want, ...]:
    wants = list(_wants(supports))
    if not answerable(entry, added(supports, wants)):
        return ()
    for want in list(wants):
        rest = [each for each in wants if each != want]
        if answerable(entry, added(supports, rest)):
            wants = rest
    return tuple(wants)


def _wants(supports: Sequence[Support]) -> Iterator[Want]:
    """Yield all that could be added. What stands first is done without first: a field is easier to add."""
    for past in (True, False):
        for each in supports:
            if each.kind in ("transition", "event"):
                continue
            kind = KINDS[each.kind]
            told: list[Support | Feed] = [each, *each.feeds.values()]
            names = kind.tracked if past else [column.name for column in kind.mapped]
            for name in names:
                if not all(name in (one.tracked if past else one.columns) for one in told):
                    yield each.kind, name, past


def markdown() -> str:
    """Return the part of the page."""
    found = lacking()
    wanted = dict.fromkeys(want for wants in found.values() for want in wants)
    example = [f"  {kind}.{name}: u_{name}" for kind, name, past in sorted(wanted) if not past]
    return "\n".join(
        [
            BEGIN,
            "",
            "| indicator | add |",
            "|---|---|",
            *(f"| `{name}` | {_told(wants)} |" for name, wants in found.items()),
            "",
            "All of these fields together:",
            "",
            "```yaml",
            "map:",
            *example,
            "```",
            "",
            END,
        ]
    )


def _told(wants: Sequence[Want]) -> str:
    if not wants:
        return "nothing helps: events are counted by the instance, and not read one by one"
    return ", ".join(
        f"a metric definition for `{kind}.{name}`" if past else f"`{kind}.{name}`"
        for kind, name, past in wants
    )


def written(page: str) -> str:
    """Return a page with the part that is written from the code brought up to date."""
    before, _, rest = page.partition(BEGIN)
    return before + markdown() + rest.partition(END)[2]


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(written(path.read_text("utf-8")), "utf-8")

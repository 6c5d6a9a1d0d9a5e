"""The record kinds: what a platform row becomes, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from storage.errors import UsageError
from storage.records.alert import ALERT
from storage.records.change import CHANGE
from storage.records.ci_relationship import CI_RELATIONSHIP
from storage.records.configuration_item import CONFIGURATION_ITEM
from storage.records.event import EVENT
from storage.records.group import GROUP
from storage.records.incident import INCIDENT
from storage.records.knowledge import KNOWLEDGE
from storage.records.knowledge_use import KNOWLEDGE_USE
from storage.records.outage import OUTAGE
from storage.records.problem import PROBLEM
from storage.records.release import RELEASE
from storage.records.request import REQUEST
from storage.records.schema import RecordKind
from storage.records.service_level import SERVICE_LEVEL
from storage.records.survey import SURVEY
from storage.records.transition import TRANSITION

KINDS: Mapping[str, RecordKind] = {
    kind.name: kind
    for kind in (
        INCIDENT,
        PROBLEM,
        CHANGE,
        RELEASE,
        CONFIGURATION_ITEM,
        CI_RELATIONSHIP,
        EVENT,
        ALERT,
        SERVICE_LEVEL,
        REQUEST,
        KNOWLEDGE,
        KNOWLEDGE_USE,
        SURVEY,
        OUTAGE,
        GROUP,
        TRANSITION,
    )
}
"""Every record kind by name."""


def kind(name: str) -> RecordKind:
    """Return the record kind of that name; raises UsageError with the nearest name when there is none."""
    found = KINDS.get(name)
    if found is None:
        near = get_close_matches(name, KINDS, n=1)
        suggestion = f" (did you mean '{near[0]}'?)" if near else ""
        raise UsageError(
            f"'{name}' is not a record kind{suggestion}.", hint=f"Record kinds are {', '.join(KINDS)}."
        )
    return found

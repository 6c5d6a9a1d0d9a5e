"""What of a configuration may wait for its value: only who reads a platform needs passwords and keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from config.document import Route
from config.places import child
from storage.errors import Problem

Waiting = Mapping[Route, tuple[Problem, ...]]
"""By place what is wrong with a value that could not be filled in."""

PEOPLE_KEY: Route = ("people", "key")


def may_wait(route: Route) -> bool:
    """Say whether a value is needed to read a platform alone; the type of a connector says more."""
    inside = route[:1] == ("connectors",) and len(route) > 2 and route[2] != "type"
    return inside or route == PEOPLE_KEY


def needed_by(waiting: Waiting, connectors: Collection[str]) -> list[Problem]:
    """Return what keeps these connectors from reading."""
    return [
        problem
        for route, problems in waiting.items()
        if route == PEOPLE_KEY or route[1] in connectors
        for problem in problems
    ]


def without(data: object, routes: Iterable[Route]) -> object:
    """Return a configuration's data without the key, and with only the type of connectors, that wait."""
    from connectors.contract import ConnectorSettings

    spared = dict(data) if isinstance(data, dict) else {}
    for route in routes:
        section = dict(spared[route[0]])
        if route == PEOPLE_KEY:
            del section["key"]
        elif isinstance(section[route[1]], dict):
            section[route[1]] = ConnectorSettings(type=str(child(section[route[1]], "type")))
        spared[str(route[0])] = section
    return spared

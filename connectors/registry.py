"""Finds connectors by name through entry points, ours and those of other distributions."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from connectors.contract import Connector
from storage.errors import FatalError, UsageError

GROUP = "itsm_maturity.connectors"


def connector_names() -> tuple[str, ...]:
    """Return the names of all installed connectors, sorted, without importing any of them."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


@cache
def connector_class(name: str) -> type[Connector]:
    """Return the connector of that name.

    Raises UsageError when there is none, FatalError when it is broken; both in one sentence.
    """
    points = {(point.value, _distribution(point)): point for point in entry_points(group=GROUP, name=name)}
    if not points:
        raise UsageError(unknown_connector(name), hint="Install the distribution that brings it.")
    if len(points) > 1:
        owners = " and ".join(sorted(owner for _, owner in points))
        raise FatalError(f"Connector '{name}' is brought by {owners}.", hint="Uninstall one of them.")
    return _loaded(*points.values())


def unknown_connector(name: str) -> str:
    """Return the sentence about a connector that is not installed, with the nearest name."""
    known = connector_names()
    near = get_close_matches(name, known, n=1)
    suggestion = f" (did you mean '{near[0]}'?)" if near else ""
    return f"'{name}' is not one of {', '.join(known)}{suggestion}."


def _loaded(point: EntryPoint) -> type[Connector]:
    owner = _distribution(point)
    hint = f"Update or uninstall {owner}."
    try:
        found = point.load()
    except Exception as error:
        message = f"Connector '{point.name}' of {owner} cannot be loaded: {type(error).__name__}: {error}."
        raise FatalError(message, hint=hint) from error
    if not (isinstance(found, type) and issubclass(found, Connector)):
        message = f"Connector '{point.name}' of {owner} does not derive from connectors.contract.Connector."
        raise FatalError(message, hint=hint)
    if getattr(found, "type", None) != point.name:
        raise FatalError(f"Connector '{point.name}' of {owner} has another name in its `type`.", hint=hint)
    return found


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an unnamed distribution"

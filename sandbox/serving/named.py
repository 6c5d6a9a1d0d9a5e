"""Faults by name, and scripts of them as they stand in a file."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from sandbox.serving.fault import Fault
from storage.errors import UsageError

ROUGH = "rough"
"""Name of a mixture of what happens on any busy instance."""
SHARE = 0.05
"""Share of the requests that a fault strikes which is given by its name alone."""
_WHEN: Mapping[str, type | tuple[type, ...]] = {
    "table": str,
    "area": str,
    "requests": list,
    "probability": (int, float),
    "times": int,
    "last_page": bool,
}
_KEYS = ("fault", "with", *_WHEN)


class Named:
    """The faults of one platform by the name they have on the command line and in scripts."""

    def __init__(self, faults: Mapping[str, Callable[..., Fault]], rough: Sequence[str]) -> None:
        self._faults = faults
        self._rough = rough

    def named(self, name: str) -> list[Fault]:
        """Return a fault, or the mixture `rough`, that strikes some requests at random.

        Raises UsageError for a name that there is none of.
        """
        if name == ROUGH:
            return [self._faults[each]().at(probability=SHARE / 2) for each in self._rough]
        return [_at(self._maker(name, "")(), {"probability": SHARE})]

    def scripted(self, entries: object) -> list[Fault]:
        """Return the faults of a script: a list of `{fault, with, table, requests, probability, times, …}`.

        Raises UsageError that says which entry is wrong.
        """
        if not isinstance(entries, list) or not entries:
            raise UsageError(
                "A script of faults is a list with an entry for each fault.",
                hint="Write for example: - {fault: cancelled, table: incident, requests: [3]}",
            )
        return [
            self._entry(entry, f"Fault {number} of the script: ") for number, entry in enumerate(entries, 1)
        ]

    def _entry(self, entry: object, place: str) -> Fault:
        if not isinstance(entry, dict) or "fault" not in entry:
            raise UsageError(f"{place}it has no `fault`.", hint=self._names())
        for key, value in entry.items():
            if key not in _KEYS:
                raise UsageError(f"{place}'{key}' is unknown.", hint=f"Known are: {', '.join(_KEYS)}.")
            if key in _WHEN and not _fits(key, value):
                raise UsageError(f"{place}'{key}' cannot be {value!r}.", hint="See docs/sandbox.md.")
        made = self._made(str(entry["fault"]), entry.get("with") or {}, place)
        return _at(made, {key: entry[key] for key in _WHEN if key in entry})

    def _made(self, name: str, arguments: object, place: str) -> Fault:
        """Make a fault with arguments of the types that its maker's defaults have."""
        maker = self._maker(name, place)
        defaults = {each.name: each.default for each in inspect.signature(maker).parameters.values()}
        if not isinstance(arguments, dict) or not set(arguments) <= set(defaults):
            known = ", ".join(defaults) or "nothing"
            raise UsageError(f"{place}'{name}' takes {known} in `with`.", hint="Correct the script.")
        for key, value in arguments.items():
            default = defaults[key]
            if type(value) is not type(default) and not (type(value) is int and type(default) is float):
                raise UsageError(
                    f"{place}'{key}' cannot be {value!r}.", hint=f"Unless given it is {default!r}."
                )
        return maker(**arguments)

    def _maker(self, name: str, place: str) -> Callable[..., Fault]:
        maker = self._faults.get(name)
        if maker is None:
            near = get_close_matches(name, [*self._faults, ROUGH], n=1, cutoff=0.6)
            suggestion = f"Did you mean '{near[0]}'? " if near else ""
            raise UsageError(f"{place}There is no fault '{name}'.", hint=f"{suggestion}{self._names()}")
        return maker

    def _names(self) -> str:
        return f"Known are: {', '.join((*self._faults, ROUGH))}."


def _fits(key: str, value: object) -> bool:
    if isinstance(value, bool) or key == "last_page":
        return isinstance(value, bool) and key == "last_page"
    if isinstance(value, list):
        return key == "requests" and all(type(number) is int for number in value)
    return isinstance(value, _WHEN[key])


def _at(made: Fault, when: Mapping[str, Any]) -> Fault:
    """Say when a fault strikes; one of batches stays one unless another area is said."""
    requests: Sequence[int] | None = when.get("requests")
    changed = {"area": made.when.area, **when, "requests": frozenset(requests) if requests else None}
    return made.at(**changed)

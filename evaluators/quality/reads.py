"""What an indicator reads, down to the columns a connector fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from evaluators.catalogue import Indicator
from storage.records import KINDS
from storage.records.schema import RECORD_KIND


def read_by(indicator: Indicator) -> frozenset[str]:
    """Return all that an indicator's number rests on.

    `incident` (records of the kind), `incident.resolved_at` (a column, also those behind computed ones) and
    `transition:incident.state` (a field's history).
    """
    return frozenset(
        atom
        for reading in indicator.readings().values()
        for kind in reading.kinds
        for name in (*reading.window.columns, *reading.needs, *reading.columns)
        for atom in (kind, *_behind(kind, name))
    )


@cache
def _behind(kind: str, need: str) -> frozenset[str]:
    """Return what one need of a kind rests on: of alternatives all, but no history that has one."""
    alternatives = need.split("|")
    atoms = frozenset(_atoms(kind, alternatives))
    return atoms if len(alternatives) == 1 else frozenset(each for each in atoms if ":" not in each)


def _atoms(kind: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        prefix, colon, rest = name.partition(":")
        other, dot, column = name.partition(".")
        if colon:
            yield from _elsewhere(kind, prefix, rest)
        elif dot:
            yield other
            yield from _behind(other, column)
        elif name != RECORD_KIND and name in KINDS[kind].by_name:
            yield f"{kind}.{name}"
            for need in KINDS[kind].by_name[name].needs:
                yield from _behind(kind, need)


def _elsewhere(kind: str, prefix: str, rest: str) -> Iterator[str]:
    if prefix == "transition":
        yield f"transition:{kind}.{rest}"
    elif prefix in KINDS:
        yield prefix

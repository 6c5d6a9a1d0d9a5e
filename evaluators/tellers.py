"""Who tells of records: a source, or one of its feeds where several bring records of a kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from storage.evidence.tables import FEED


class Teller(NamedTuple):
    """A source, or the records alone that one of its feeds brought."""

    source: str
    feed: str = ""
    """Empty for all records of the source."""

    def __str__(self) -> str:
        """Return its name for people."""
        return f"{self.source}: {self.feed}" if self.feed else self.source


def told_by(tellers: Iterable[Teller]) -> str:
    """Return the condition, in DuckDB's dialect, that a record was told by one of these."""
    feeds: dict[str, list[str]] = {}
    for source, feed in tellers:
        feeds.setdefault(source, []).append(feed)
    whole = [source for source, names in feeds.items() if "" in names]
    conditions = [f"source IN ({_listed(whole)})"] if whole else []
    conditions += [
        f"source = {_quoted(source)} AND {FEED} IN ({_listed(names)})"
        for source, names in feeds.items()
        if "" not in names
    ]
    return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"

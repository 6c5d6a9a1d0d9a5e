"""Which sources can answer a question, and what is missing where none can (section 4, erratum B4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from evaluators.policy import Policy
from evaluators.results import State
from evaluators.tellers import Teller
from storage.evidence.store import Feed, KindState, Support
from storage.records import KINDS
from storage.records.schema import RECORD_KIND, Dating, Origin

PRESENT = (KindState.READABLE, KindState.EMPTY)
POLICY_NAMES = {
    "policy:automation": "no list of automation identities is configured (people.automation)",
    "policy:active_users": "the number of active users is not configured (people.active_users)",
    "policy:priority_matrix": "no priority matrix is configured (priority_matrix)",
}


@dataclass(frozen=True)
class Answerable:
    """Who can answer, or the evidence state and the reason why nobody can."""

    tellers: tuple[Teller, ...]
    state: State | None = None
    reason: str = ""


class SupportMap:
    """What all sources can say, asked by column."""

    def __init__(self, supports: Iterable[Support], policy: Policy, now: datetime | None = None) -> None:
        """Index the supports; kinds that a probe did not find present count as not there.

        `now` is the moment from which the age of a source is counted; None takes every source as fresh.
        """
        self._by_kind: dict[str, dict[str, Support]] = {}
        for support in supports:
            if support.state in PRESENT:
                self._by_kind.setdefault(support.kind, {})[support.source] = support
        self._policy = policy
        age = policy.stale_after_days
        self._fresh_since = now - timedelta(days=age) if now is not None and age is not None else None

    def answerable(
        self, kind: str | Sequence[str], needs: Sequence[str], *, reconstructed: bool = False
    ) -> Answerable:
        """Say which sources, and which of their feeds, fill every need.

        A need may name alternatives joined by a bar. Of several kinds that are read as one the first that
        can answer does.
        """
        if not isinstance(kind, str):
            own = [need for need in needs if need != RECORD_KIND]
            of_kinds = [self.answerable(each, own, reconstructed=reconstructed) for each in kind]
            return next((each for each in of_kinds if each.state is None), of_kinds[0])
        if kind not in self._by_kind:
            return Answerable((), State.NOT_CONNECTED, f"no source delivers {plural(kind)}")
        if reconstructed and (current := self._current_only(kind, needs)):
            return Answerable((), State.NOT_SUPPORTED, f"{current} shows today's state only")
        lacking = {teller: self._lacking(teller, kind, needs) for teller in self._tellers(kind)}
        able = tuple(teller for teller, lacks in lacking.items() if not lacks)
        fresh = tuple(each for each in able if not self._is_stale(self._by_kind[kind][each.source]))
        if fresh:
            return Answerable(fresh)
        if able:
            named = ", ".join(dict.fromkeys(teller.source for teller in able))
            return Answerable((), State.STALE, f"{named} was not read for too long")
        fewest = min(lacking.values(), key=len)
        if all(need.startswith("policy:") for need in fewest):
            return Answerable((), State.NOT_CONNECTED, "; ".join(_policy_name(need) for need in fewest))
        named = ", ".join(dict.fromkeys(need for need in fewest if not need.startswith("policy:")))
        return Answerable((), State.NOT_SUPPORTED, f"no source fills {named}")

    def answers(
        self, needs: Mapping[str, Sequence[str]], *, whole: bool = False, reconstructed: bool = False
    ) -> dict[str, Answerable]:
        """Say the same of several kinds that are read together, by kind.

        With `whole` a source says nothing some of whose records of these kinds cannot answer.
        """
        found = {
            kind: self.answerable(kind, names, reconstructed=reconstructed) for kind, names in needs.items()
        }
        if not whole:
            return found
        lacking = {
            teller: lacks
            for kind, names in needs.items()
            for teller in (self._tellers(kind) if kind in self._by_kind else ())
            if (lacks := self._lacking(teller, kind, names))
        }
        silent = {teller.source for teller in lacking}
        return {kind: _without(each, silent, lacking) for kind, each in found.items()}

    def sources(self, kind: str) -> tuple[str, ...]:
        """Return the sources that deliver a kind."""
        return tuple(sorted(self._by_kind.get(kind, {})))

    def columns(self, tellers: Sequence[Teller], kind: str) -> frozenset[str]:
        """Return the columns of the kind that every one of `tellers` can fill, derived ones among them."""
        return frozenset(
            name
            for name in KINDS[kind].by_name
            if all(not self._missing(teller, kind, name) for teller in tellers)
        )

    def _tellers(self, kind: str) -> Iterator[Teller]:
        for source, support in sorted(self._by_kind[kind].items()):
            yield from (Teller(source, feed) for feed in sorted(support.feeds) or [""])

    def _told(self, teller: Teller, kind: str) -> Feed:
        """Return what a teller fills itself."""
        support = self._by_kind[kind][teller.source]
        return support.feeds[teller.feed] if teller.feed else Feed(support.columns, support.tracked)

    def _is_stale(self, support: Support) -> bool:
        if self._fresh_since is None:
            return False
        return support.synced_at is None or support.synced_at < self._fresh_since

    def _lacking(self, teller: Teller, kind: str, needs: Sequence[str]) -> list[str]:
        return [lack for need in needs for lack in self._unmet(teller, kind, need)]

    def _unmet(self, teller: Teller, kind: str, need: str) -> list[str]:
        """Return what is missing for one need: nothing if one of its alternatives is there."""
        alternatives = [self._missing(teller, kind, name) for name in need.split("|")]
        return min(alternatives, key=len)

    def _missing(self, teller: Teller, kind: str, name: str) -> list[str]:
        prefix, colon, rest = name.partition(":")
        if colon:
            return self._missing_elsewhere(teller, kind, prefix, rest, name)
        other, dot, column_there = name.partition(".")
        if dot:
            there = self._by_kind.get(other, {}).get(teller.source)
            return [] if there and column_there in there.columns else [f"{column_there} of {plural(other)}"]
        column = KINDS[kind].by_name[name]
        if column.origin is Origin.MAPPED:
            return [] if name in self._told(teller, kind).columns else [name]
        return [lack for need in column.needs for lack in self._unmet(teller, kind, need)]

    def _missing_elsewhere(self, teller: Teller, kind: str, prefix: str, rest: str, name: str) -> list[str]:
        if prefix == "policy":
            return [name] if getattr(self._policy, rest) is None else []
        if prefix == "each":
            return self._missing_of_each(teller, *rest.split("."))
        if prefix == "transition":
            # A first reading that was broken off has records already, and no history yet.
            read = teller.source in self._by_kind.get("transition", {})
            tracked = self._told(teller, kind).tracked if read else ()
            return [] if rest in tracked else [f"history of {rest}"]
        return [] if teller.source in self._by_kind.get(prefix, {}) else [plural(prefix)]

    def _missing_of_each(self, teller: Teller, kind: str, column: str) -> list[str]:
        """Return what one of the feeds of another kind does not fill."""
        there = self._by_kind.get(kind, {}).get(teller.source)
        filled = [there.columns, *(feed.columns for feed in there.feeds.values())] if there else [()]
        return [] if all(column in names for names in filled) else [f"{column} of all {plural(kind)}"]

    def _current_only(self, kind: str, needs: Sequence[str]) -> str:
        columns = KINDS[kind].by_name
        names = [name for need in needs for name in need.split("|")]
        current = [name for name in names if columns[name].dating is Dating.CURRENT_ONLY]
        return ", ".join(current)


def _without(
    found: Answerable, silent: Collection[str], lacking: Mapping[Teller, Sequence[str]]
) -> Answerable:
    """Leave sources out, and say what their records lack where nobody remains."""
    tellers = tuple(each for each in found.tellers if each.source not in silent)
    if tellers or found.state is not None:
        return replace(found, tellers=tellers)
    named = "; ".join(f"{teller} does not fill {', '.join(names)}" for teller, names in lacking.items())
    return Answerable((), State.NOT_SUPPORTED, named)


def _policy_name(need: str) -> str:
    return POLICY_NAMES.get(need, f"no {need.removeprefix('policy:').replace('_', ' ')} are configured")


def plural(kind: str) -> str:
    """Return the name of a record kind for people, in the plural."""
    words = kind.replace("_", " ").replace("ci ", "CI ")
    return words if words.endswith(("knowledge", "use")) else f"{words}s"

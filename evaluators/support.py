"""Which sources can answer a question, and what is missing where none can (section 4, erratum B4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluators.policy import Policy
from evaluators.results import State
from storage.evidence.store import KindState, Support
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
    """The sources that can answer, or the evidence state and the reason why none can."""

    sources: tuple[str, ...]
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
        """Say which sources fill every need; a need may name alternatives joined by a bar.

        Of several kinds that are read as one the first that can answer does.
        """
        if not isinstance(kind, str):
            own = [need for need in needs if need != RECORD_KIND]
            of_kinds = [self.answerable(each, own, reconstructed=reconstructed) for each in kind]
            return next((each for each in of_kinds if each.state is None), of_kinds[0])
        if kind not in self._by_kind:
            return Answerable((), State.NOT_CONNECTED, f"no source delivers {plural(kind)}")
        if reconstructed and (current := self._current_only(kind, needs)):
            return Answerable((), State.NOT_SUPPORTED, f"{current} shows today's state only")
        sources = sorted(self._by_kind[kind])
        lacking = {source: self._lacking(source, kind, needs) for source in sources}
        able = tuple(source for source in sources if not lacking[source])
        fresh = tuple(source for source in able if not self._is_stale(self._by_kind[kind][source]))
        if fresh:
            return Answerable(fresh)
        if able:
            return Answerable((), State.STALE, f"{', '.join(able)} was not read for too long")
        fewest = min(lacking.values(), key=len)
        if all(need.startswith("policy:") for need in fewest):
            return Answerable((), State.NOT_CONNECTED, "; ".join(_policy_name(need) for need in fewest))
        named = ", ".join(dict.fromkeys(need for need in fewest if not need.startswith("policy:")))
        return Answerable((), State.NOT_SUPPORTED, f"no source fills {named}")

    def sources(self, kind: str) -> tuple[str, ...]:
        """Return the sources that deliver a kind."""
        return tuple(sorted(self._by_kind.get(kind, {})))

    def columns(self, sources: Sequence[str], kind: str) -> frozenset[str]:
        """Return the columns of the kind that every one of `sources` can fill, derived ones among them."""
        return frozenset(
            name
            for name in KINDS[kind].by_name
            if all(not self._missing(source, kind, name) for source in sources)
        )

    def _is_stale(self, support: Support) -> bool:
        if self._fresh_since is None:
            return False
        return support.synced_at is None or support.synced_at < self._fresh_since

    def _lacking(self, source: str, kind: str, needs: Sequence[str]) -> list[str]:
        return [lack for need in needs for lack in self._unmet(source, kind, need)]

    def _unmet(self, source: str, kind: str, need: str) -> list[str]:
        """Return what is missing for one need: nothing if one of its alternatives is there."""
        alternatives = [self._missing(source, kind, name) for name in need.split("|")]
        return min(alternatives, key=len)

    def _missing(self, source: str, kind: str, name: str) -> list[str]:
        prefix, colon, rest = name.partition(":")
        if colon:
            return self._missing_elsewhere(source, kind, prefix, rest, name)
        other, dot, column_there = name.partition(".")
        if dot:
            there = self._by_kind.get(other, {}).get(source)
            return [] if there and column_there in there.columns else [f"{column_there} of {plural(other)}"]
        support, column = self._by_kind[kind][source], KINDS[kind].by_name[name]
        if column.origin is Origin.MAPPED:
            return [] if name in support.columns else [name]
        return [lack for need in column.needs for lack in self._unmet(source, kind, need)]

    def _missing_elsewhere(self, source: str, kind: str, prefix: str, rest: str, name: str) -> list[str]:
        if prefix == "policy":
            return [name] if getattr(self._policy, rest) is None else []
        if prefix == "transition":
            # A first reading that was broken off has records already, and no history yet.
            read = source in self._by_kind.get("transition", {})
            tracked = self._by_kind[kind][source].tracked if read else ()
            return [] if rest in tracked else [f"history of {rest}"]
        return [] if source in self._by_kind.get(prefix, {}) else [plural(prefix)]

    def _current_only(self, kind: str, needs: Sequence[str]) -> str:
        columns = KINDS[kind].by_name
        names = [name for need in needs for name in need.split("|")]
        current = [name for name in names if columns[name].dating is Dating.CURRENT_ONLY]
        return ", ".join(current)


def _policy_name(need: str) -> str:
    return POLICY_NAMES.get(need, f"no {need.removeprefix('policy:').replace('_', ' ')} are configured")


def plural(kind: str) -> str:
    """Return the name of a record kind for people, in the plural."""
    words = kind.replace("_", " ").replace("ci ", "CI ")
    return words if words.endswith(("knowledge", "use")) else f"{words}s"

"""Finds out what a site has of every kind, and says what to switch on or grant for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.contract import Capability, ProbeResult
from connectors.jira.answers import Json, RefusedError
from connectors.jira.history import status_of
from connectors.jira.reader import Reader
from connectors.jira.settings import BROUGHT
from connectors.jira.snapshots import SNAPSHOTS, told
from connectors.jira.tables import ISSUE_KINDS, WISHES
from storage.evidence.store import KindState

_NO_PROJECT = "The account sees no project; grant it 'Browse projects' where issues are to be read."
_NO_CLOCKS = "No field holds a service level clock: set up SLAs in the service project's settings."
_NOT_AGENT = (
    "The account is no agent, so that service level clocks and approvals are not shown to it; give it a "
    "licence for Jira Service Management and the role 'Service Desk Team'."
)
_NO_SATISFACTION = "Customers are not asked: switch on 'Customer satisfaction' in the service project."
_NEVER_SET: Mapping[str, str] = {
    "resolution": "No issue has a resolution: let a step of the workflow set it, or map a field that says "
    "how issues end.",
    "duedate": "No issue has a due date: what was promised is told by service level clocks alone.",
}
_CATEGORIES: Mapping[str, str] = {"new": "to do", "indeterminate": "in progress", "done": "done"}


class Prober:
    """Asks for every kind once per sync."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._states: dict[str, ProbeResult] = {}

    def probed(self, kind: str) -> ProbeResult:
        """Return what is there of a kind."""
        if kind not in self._states:
            try:
                found = self._found(kind)
            except RefusedError as error:
                found = self._refused(kind, error)
            self._states[kind] = found
        return self._states[kind]

    def _found(self, kind: str) -> ProbeResult:
        if kind in ISSUE_KINDS:
            return self._of_issues(kind)
        if kind in SNAPSHOTS:
            capability = self._capability_of(kind)
            return ProbeResult(kind, KindState.READABLE, _lacking(kind, capability), capability)
        return self._brought(kind)

    def _capability_of(self, kind: str) -> Capability:
        """Return what the first page of a snapshot shows of it."""
        if kind == "configuration_item":
            return self._reader.capability(kind)
        first = next(SNAPSHOTS[kind].read(self._reader), [])
        promised = self._reader.promised(kind)
        return replace(promised, columns=told(first)) if kind == "alert" else promised

    def _refused(self, kind: str, error: RefusedError) -> ProbeResult:
        state = KindState.ABSENT if error.absent else KindState.DENIED
        advice = SNAPSHOTS[kind].absent if kind in SNAPSHOTS else error.hint
        return ProbeResult(kind, state, f"{error.message} {advice}")

    def _of_issues(self, kind: str) -> ProbeResult:
        reader = self._reader
        if not reader.chosen_projects:
            return ProbeResult(kind, KindState.DENIED, _NO_PROJECT)
        if kind not in reader.kinds.values():
            usual = ", ".join(reader.settings.issue_types.get(kind) or ISSUE_KINDS[kind].types[:3])
            said = f"No issue type is called {usual}; name yours in `issue_types.{kind}`."
            return ProbeResult(kind, KindState.ABSENT, said)
        capability = reader.capability(kind)
        if sample := reader.search.sample(reader.query(kind)):
            said = f"{self._mapping(kind)} {self._disagreement(sample)}".strip()
            return ProbeResult(kind, KindState.READABLE, said, capability)
        said = ""
        if reader.settings.filter and reader.search.oldest(reader.query(kind, filtered=False)) is not None:
            said = "`filter` leaves out every issue; correct it, or leave it away."
        return ProbeResult(kind, KindState.EMPTY, said, capability)

    def _brought(self, kind: str) -> ProbeResult:
        reader = self._reader
        bringing = [one for one in reader.settings.kinds if kind in BROUGHT.get(one, ())]
        usable = [one for one in bringing if self.probed(one).state is KindState.READABLE]
        if kind == "service_level" and not reader.fields.clocks:
            return ProbeResult(kind, KindState.ABSENT, _NO_CLOCKS)
        if kind == "service_level" and not reader.is_agent:
            return ProbeResult(kind, KindState.DENIED, _NOT_AGENT)
        if kind == "survey" and "satisfaction" not in reader.fields.found:
            return ProbeResult(kind, KindState.ABSENT, _NO_SATISFACTION)
        state = KindState.READABLE if usable else KindState.EMPTY
        return ProbeResult(kind, state, "", reader.promised(kind))

    def _mapping(self, kind: str) -> str:
        """Say which issue types, statuses and fields are read, and what could not be placed."""
        reader = self._reader
        types = [str(one["name"]) for one in reader.types if reader.kinds.get(str(one["id"])) == kind]
        used = reader.issues(kind).layout.used
        named = {name: one for name, one in used.items() if name in WISHES or name.startswith("map:")}
        parts = [f"Issue types: {', '.join(sorted(types))}."]
        parts.append(
            f"Fields: {', '.join(f'{name} {one.id}' for name, one in sorted(named.items())) or '-'}."
        )
        own = sorted(f"{name.partition(':')[2]} {one.id}" for name, one in used.items() if name not in named)
        parts += [f"Named like columns: {', '.join(own)}."] if own else []
        parts += reader.fields.notes
        parts += [said for name, said in _NEVER_SET.items() if name in reader.issues(kind).layout.unset]
        if kind == next(one for one in ISSUE_KINDS if one in reader.settings.kinds):
            parts += [self._statuses(), self._unplaced()]
        return " ".join(part for part in parts if part)

    def _disagreement(self, issues: Sequence[Json]) -> str:
        """Say which statuses issues place in another category than the list of all statuses."""
        said = {one.id: one for issue in issues for one in [status_of(issue["fields"]["status"])]}
        known = self._reader.statuses
        wrong = [
            f"{one.name} is {_CATEGORIES[one.category]}, not {_CATEGORIES[known[one.id].category]}"
            for one in said.values()
            if one.id in known and {one.category, known[one.id].category} <= _CATEGORIES.keys()
            if one.category != known[one.id].category
        ]
        shown = "; ".join(sorted(wrong))
        return f"Issues and the list of statuses disagree, issues are believed: {shown}." if wrong else ""

    def _statuses(self) -> str:
        by_category: dict[str, set[str]] = {}
        for one in self._reader.statuses.values():
            by_category.setdefault(one.category, set()).add(one.name)
        shown = (
            f"{words}: {', '.join(sorted(by_category[key]))}"
            for key, words in _CATEGORIES.items()
            if key in by_category
        )
        unknown = by_category.get("undefined")
        lost = f" Without a category: {', '.join(sorted(unknown))}." if unknown else ""
        return f"Statuses by category: {'; '.join(shown)}.{lost}"

    def _unplaced(self) -> str:
        reader = self._reader
        left = sorted(
            {str(one["name"]) for one in reader.types if str(one["id"]) not in reader.kinds}
            - {str(one["name"]) for one in reader.types if one.get("subtask")}
        )
        return (
            f"Issue types that are not read: {', '.join(left)}; name them in `issue_types`." if left else ""
        )


def _lacking(kind: str, capability: Capability) -> str:
    """Say which columns no attribute of Assets fills."""
    lacking = sorted(SNAPSHOTS[kind].columns - capability.columns)
    if not lacking or kind != "configuration_item":
        return ""
    return (
        f"No attribute of Assets is named like {', '.join(lacking)}; name yours in `map`, such as "
        f"`{kind}.{lacking[0]}: Attribute`."
    )

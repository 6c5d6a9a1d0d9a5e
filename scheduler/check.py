"""Check: probes each connector and says what will be rated, what not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.contract import Capability, Connector, ProbeResult
from evaluators.catalogue import Indicator
from evaluators.completeness import kinds_of
from evaluators.results import State
from evaluators.support import Answerable, SupportMap
from scheduler.exemptions import lapsed
from scheduler.progress import Progress, silent
from scheduler.remedies import Remedy, remedies
from scheduler.workspace import Workspace
from storage.errors import ConfigurationError, FatalError, Problem, RetriableError
from storage.evidence.store import KindState, Support
from storage.records import KINDS


@dataclass(frozen=True)
class KindCheck:
    """One record kind of one connector: what a probe found, what the mapping fills and what it lacks."""

    kind: str
    state: KindState
    detail: str
    columns: tuple[str, ...]
    missing: tuple[str, ...]
    tracked: tuple[str, ...]
    incremental: bool


@dataclass(frozen=True)
class ConnectorCheck:
    """One connector; `problem` says why it cannot be used, empty where it can."""

    connector: str
    type: str
    kinds: tuple[KindCheck, ...]
    problem: str = ""
    hint: str = ""
    remedies: tuple[Remedy, ...] = ()
    """What to ask for so that more of it can be read."""


@dataclass(frozen=True)
class Unratable:
    """One indicator that cannot be rated with what the connectors deliver."""

    indicator: str
    state: State
    reason: str


@dataclass(frozen=True)
class CheckReport:
    """What a check found."""

    connectors: tuple[ConnectorCheck, ...]
    unratable: tuple[Unratable, ...]
    indicators: int
    """How many indicators there are in all."""
    lapsed: tuple[str, ...] = ()
    """A sentence for each exemption that is over."""

    @property
    def exit_code(self) -> int:
        """0 all fine, 1 something to look at, 3 a platform cannot be used."""
        if any(each.problem for each in self.connectors):
            return 3
        kinds = [kind for each in self.connectors for kind in each.kinds]
        fine = self.connectors and all(_is_fine(kind) for kind in kinds) and not self.lapsed
        return 0 if fine else 1


def _is_fine(kind: KindCheck) -> bool:
    """Say whether nobody needs to look at a kind; an unknown state with a reason is worth a look."""
    if kind.state is KindState.UNKNOWN:
        return not kind.detail
    return kind.state in (KindState.READABLE, KindState.EMPTY)


def check(workspace: Workspace, progress: Progress = silent) -> CheckReport:
    """Probe every connector; nothing is stored.

    Raises ConfigurationError with all settings that contradict a platform and all wrong own indicators.
    """
    catalogue = workspace.catalogue
    checks: list[ConnectorCheck] = []
    problems: list[Problem] = []
    supports: list[Support] = []
    connectors = workspace.connectors()
    for number, (name, connector) in enumerate(connectors.items()):
        progress(f"asking {name}", number, len(connectors))
        try:
            problems += workspace.setting_problems(name, connector.problems())
            found = connector.probe()
        except (FatalError, RetriableError) as error:
            checks.append(ConnectorCheck(name, connector.type, (), error.message, error.hint))
            continue
        kinds = _kinds(connector, found)
        away = _away(kinds)
        checks.append(ConnectorCheck(name, connector.type, () if away else kinds, away))
        supports += [
            Support(name, kind, each.state, told.columns, told.tracked, feeds=told.feeds)
            for kind, told, each in _found(connector, found)
        ]
    if problems:
        raise ConfigurationError(problems, hint="Mend these settings and check again.")
    unratable = _unratable(workspace, catalogue.entries, supports)
    waiting = _waiting(catalogue.entries, unratable)
    with_remedies = tuple(replace(each, remedies=_remedies(each, waiting)) for each in checks)
    over = tuple(lapsed(workspace, workspace.today()))
    return CheckReport(with_remedies, unratable, len(catalogue.entries), over)


def _away(kinds: Sequence[KindCheck]) -> str:
    """Return why nothing at all is known of a platform, which is then not to be used; empty where it is."""
    details = {each.detail for each in kinds}
    unknown = len(kinds) > 1 and all(each.state is KindState.UNKNOWN for each in kinds)
    return next(iter(details)) if unknown and len(details) == 1 else ""


def _remedies(found: ConnectorCheck, waiting: Mapping[str, Sequence[str]]) -> tuple[Remedy, ...]:
    details = {each.kind: each.detail for each in found.kinds if each.detail}
    unread = [each.kind for each in found.kinds if not _is_fine(each)]
    return remedies(details, unread, waiting)


def _waiting(entries: Sequence[Indicator], unratable: Sequence[Unratable]) -> dict[str, list[str]]:
    """Return by record kind the indicators that cannot be rated and read it."""
    names = {each.indicator for each in unratable}
    waiting: dict[str, list[str]] = {}
    for entry in entries:
        for kind in kinds_of(entry) if entry.id in names else ():
            waiting.setdefault(kind, []).append(entry.id)
    return waiting


def _kinds(connector: Connector, found: Sequence[ProbeResult]) -> tuple[KindCheck, ...]:
    return tuple(_kind(kind, capability, each) for kind, capability, each in _found(connector, found))


def _found(
    connector: Connector, found: Sequence[ProbeResult]
) -> Iterator[tuple[str, Capability, ProbeResult]]:
    """Yield what each kind turned out to deliver, which counts, not what the settings promise."""
    probed = {result.kind: result for result in found}
    for kind, capability in connector.capabilities().items():
        each = probed.get(kind) or ProbeResult(kind, KindState.UNKNOWN)
        yield kind, each.capability or capability, each


def _kind(kind: str, capability: Capability, probed: ProbeResult) -> KindCheck:
    mapped = [column.name for column in KINDS[kind].mapped]
    return KindCheck(
        kind,
        probed.state,
        probed.detail,
        columns=tuple(name for name in mapped if name in capability.columns),
        missing=tuple(name for name in mapped if name not in capability.columns),
        tracked=tuple(sorted(capability.tracked)),
        incremental=capability.incremental,
    )


def _unratable(
    workspace: Workspace, entries: Sequence[Indicator], supports: Sequence[Support]
) -> tuple[Unratable, ...]:
    known = SupportMap(supports, workspace.policy)
    found = []
    for entry in entries:
        missing = next((each for each in _answers(entry, known) if each.state is not None), None)
        if missing is not None and missing.state is not None:
            found.append(Unratable(entry.id, missing.state, missing.reason))
    return tuple(found)


def _answers(entry: Indicator, known: SupportMap) -> Iterator[Answerable]:
    """Yield for all that an indicator asks whether a source can answer; of joined kinds one is enough."""
    for reading in entry.readings().values():
        needs = {kind: reading.needed_of(kind) for kind in reading.kinds}
        answers = [*known.answers(needs, whole=entry.whole).values()]
        yield next((each for each in answers if each.state is None), answers[0])

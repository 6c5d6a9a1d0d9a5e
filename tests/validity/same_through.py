"""One organisation read twice, through its exported files and through a platform: never a different number.

For each indicator either the values agree, or the platform's side says why it has none. Every practice has a
level that is proven at most as high as the planted one, and possible at least as high.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import time_machine

from evaluators.results import Assessment, IndicatorResult, Measurement, PracticeResult, State
from sandbox.jira import SandboxJira, Traps, site_of
from sandbox.organisation import Organisation, configuration, policy, write_export
from sandbox.servicenow import SandboxServiceNow, tables_of
from tests.validity.acceptance_world import Case, organisation_of, truth_of
from tests.validity.figures import Figure, at_least, at_most, shown
from tests.validity.planted import UNTIL
from tests.validity.workplace import assessed

FEW: Final = 3_000
"""Incidents that rate most indicators, in a minute."""
MANY: Final = 20_000
"""What a demonstration has."""
POINTS: Final = 1.0
WITHOUT: Final = frozenset({State.NOT_SUPPORTED, State.NOT_CONNECTED, State.INSUFFICIENT_SAMPLE})
"""States that are no number: what is missing, or too few of what is there."""
Reading = Callable[[Organisation, Path], AbstractContextManager[Path]]
"""Makes an organisation readable in a folder and yields the configuration that reads it."""


@contextmanager
def files(organisation: Organisation, folder: Path) -> Iterator[Path]:
    """Export the organisation."""
    write_export(organisation, folder / "export")
    file = folder / "files.yaml"
    file.write_text(configuration(organisation, "export"), encoding="utf-8")
    yield file


@contextmanager
def servicenow(organisation: Organisation, folder: Path) -> Iterator[Path]:
    """Serve it as a ServiceNow has it, without a field of the organisation's own."""
    with SandboxServiceNow(tables_of(organisation)) as instance:
        yield _configured(
            folder,
            f"    type: servicenow\n    url: {instance.url}\n    audit: true\n"
            f"    auth: {{type: basic, user: {instance.user}, password: {instance.password}}}\n",
            organisation,
        )


@contextmanager
def jira(organisation: Organisation, folder: Path) -> Iterator[Path]:
    """Serve it as a Jira Cloud has it, without a field of the organisation's own."""
    with SandboxJira(site_of(organisation, traps=Traps(own_fields=False))) as site:
        yield _configured(
            folder,
            f"    type: jira\n    url: {site.url}\n    gateway: {site.root}\n"
            f"    auth: {{type: api_token, user: {site.user}, token: {site.token}}}\n",
            organisation,
        )


PLATFORMS: Mapping[str, Reading] = {"ServiceNow": servicenow}
"""How to read an organisation through each platform."""


def _configured(folder: Path, connector: str, organisation: Organisation) -> Path:
    file = folder / "platform.yaml"
    stores = "evidence: duckdb:evidence.duckdb\nhistory: sqlite:history.db\n"
    text = f"{stores}connectors:\n  sandbox:\n{connector}{policy(truth=organisation.truth)}"
    file.write_text(text, encoding="utf-8")
    return file


@dataclass(frozen=True)
class Pair:
    """An indicator as both readings have it."""

    practice: str
    reference: IndicatorResult
    platform: IndicatorResult

    @property
    def agrees(self) -> bool:
        """Whether the platform's side says the same, or says that it says nothing."""
        own, other = self.reference.measurement, self.platform.measurement
        if own.value is None or other.value is None:
            return other.state is own.state or other.state in WITHOUT or own.state in WITHOUT
        near = abs(own.value - other.value) <= POINTS
        return near or _within(own, other) or _within(other, own) or _apart(own, other)

    def __str__(self) -> str:
        """Return a line of a log."""
        own, other = self.reference.measurement, self.platform.measurement
        said = [
            f"{one.state.value} {one.value} [{one.low}, {one.high}] n={one.n} {one.reason}"
            for one in (own, other)
        ]
        return f"{self.reference.id}: {said[0]} | {said[1]}"


def _within(value: Measurement, of: Measurement) -> bool:
    inside = value.value is not None and of.low is not None and of.high is not None
    return inside and (of.low or 0.0) <= (value.value or 0.0) <= (of.high or 0.0)


def _apart(one: Measurement, other: Measurement) -> bool:
    """Whether a part of the same records was counted, whose chance is its own, and the intervals meet."""
    if None in (one.low, one.high, other.low, other.high) or 0.9 * one.n <= other.n:
        return False
    return (one.low or 0.0) <= (other.high or 0.0) and (other.low or 0.0) <= (one.high or 0.0)


@dataclass(frozen=True)
class Twice:
    """An organisation as files and a platform show it."""

    planted: Mapping[str, int]
    """Level by practice."""
    reference: Mapping[str, PracticeResult]
    platform: Mapping[str, PracticeResult]

    @property
    def pairs(self) -> list[Pair]:
        """Every indicator."""
        return [
            Pair(name, own, other)
            for name, practice in self.reference.items()
            for own, other in zip(practice.indicators, self.platform[name].indicators, strict=True)
        ]

    @property
    def different(self) -> list[Pair]:
        """Indicators of which the platform says something else."""
        return [pair for pair in self.pairs if not pair.agrees]

    @property
    def silent(self) -> list[Pair]:
        """Indicators that files show and the platform cannot."""
        return [
            pair
            for pair in self.pairs
            if pair.reference.measurement.state is State.MEASURED
            and pair.platform.measurement.state in (State.NOT_SUPPORTED, State.NOT_CONNECTED)
        ]

    @property
    def misjudged(self) -> list[str]:
        """Practices whose planted level lies outside of proven and possible."""
        return [
            f"{name}: planted {self.planted[name]}, found {found.level} to {found.possible}; {found.reason}"
            for name, found in self.platform.items()
            if not (found.level or 0) <= self._known(name) <= found.possible
        ]

    def _known(self, name: str) -> int:
        """Return the planted level, or what chance made of it in the records: the files show that."""
        return self.reference[name].level or self.planted[name]


def read_twice(case: Case, platform: Reading) -> Twice:
    """Generate an organisation and read it both ways, at the time of its last day."""
    organisation = organisation_of(case)
    morning = datetime.combine(UNTIL, time(6), UTC)
    found = []
    for reading in (files, platform):
        with (
            TemporaryDirectory() as folder,
            time_machine.travel(morning, tick=True),
            reading(organisation, Path(folder)) as file,
        ):
            found.append(_practices(assessed(file)))
    planted = {name: truth_of(organisation, name)[0] for name in found[0]}
    return Twice(planted, *found)


def _practices(assessment: Assessment) -> dict[str, PracticeResult]:
    return {each.practice: each for each in assessment.practices if each.department is None}


def figures(said: Callable[[object], None] = print) -> Iterator[Figure]:
    """Yield what differs at every level, on every platform."""
    for name, platform in PLATFORMS.items():
        for level in (1, 2, 3, 4, 5):
            found = read_twice(Case(level, 1, MANY), platform)
            for line in (*found.different, *found.misjudged):
                said(f"{name}, level {level}: {line}")
            yield from _figures(f"{name}, level {level}", found)


def _figures(where: str, found: Twice) -> Iterator[Figure]:
    pairs = found.pairs
    told = ", ".join(pair.reference.id for pair in found.different)
    yield at_most(
        f"{where}: indicators with another number than through files",
        len(found.different),
        0,
        "indicators",
        cases=len(pairs),
        reading=told,
    )
    yield at_most(
        f"{where}: practices whose level is not between proven and possible",
        len(found.misjudged),
        0,
        "practices",
        cases=len(found.planted),
    )
    measured = sum(each.platform.measurement.state is State.MEASURED for each in pairs)
    yield at_least(f"{where}: indicators that are measured", measured, 70, "indicators", cases=len(pairs))
    yield shown(f"{where}: indicators that it cannot tell", len(found.silent), "indicators", cases=len(pairs))

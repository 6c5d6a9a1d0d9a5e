"""Organisations that cheat and honest ones, assessed or only looked at, many on one copy of the evidence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

from evaluators.catalogue import shipped
from evaluators.derive import derive
from evaluators.doubts import Doubts, doubts_of
from evaluators.gaming import BY_NAME
from evaluators.gaming.monitor import monitor
from evaluators.practice import assess_practice
from evaluators.publication import Previous, confirm
from evaluators.results import PracticeResult
from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.anchors import PRACTICES
from sandbox.organisation.gaming import SCENARIOS, VARIANTS, game
from sandbox.organisation.gaming.unrest import disquiet
from sandbox.organisation.nuisance import FULL
from sandbox.organisation.quality import AT, BELOW
from storage.evidence import open_store, tables
from storage.evidence.store import EvidenceStore
from storage.records import KINDS
from tests.validity.acceptance_world import TAKEN_AT, examination_of, policy_of
from tests.validity.evidence import evidence_of, rows_of, table_of
from tests.validity.planted import UNTIL

INCIDENTS: Final = 10_000
Levels = Mapping[str, PracticeResult]


@dataclass(frozen=True)
class Trial:
    """An organisation of one level in all practices, with all nuisance, and how it is manipulated."""

    level: int
    seed: int
    incidents: int = INCIDENTS
    tempted: bool = False
    """It lacks a single attribute of the next level: one flattered core indicator may be enough."""
    how: tuple[str, ...] = tuple(SCENARIOS)
    """Scenarios and variants, each tried alone."""


@dataclass(frozen=True)
class Tried:
    """What came of one organisation, honest or manipulated."""

    trial: Trial
    how: str | None
    named: tuple[str, ...]
    risen: tuple[str, ...] = ()
    """Practices whose raw level is above the honest one."""
    confirmed: tuple[str, ...] = ()
    """Practices whose confirmed level rises when the assessment after the honest one is manipulated …"""
    persistent: tuple[str, ...] = ()
    """… and when the one after that is so as well."""
    gain: tuple[str, float] = ("", 0.0)
    """Indicator that is flattered most, and by how many points of achievement."""

    @property
    def meant(self) -> str | None:
        """Return the scenario that would be the right one to name."""
        return VARIANTS[self.how][0] if self.how is not None and self.how in VARIANTS else self.how

    @property
    def right(self) -> bool:
        """Say whether that was named."""
        return self.meant in self.named

    @property
    def others(self) -> tuple[str, ...]:
        """Return what was named beside it."""
        return tuple(name for name in self.named if name != self.meant)

    def __str__(self) -> str:
        """Return a line of a table."""
        mark = "honest" if self.how is None else "named " if self.right else "missed"
        trial = f"level {self.trial.level}{'+' * self.trial.tempted} seed {self.trial.seed}"
        notes = {
            "also named": self.others,
            "raw level rises": self.risen,
            "CONFIRMED RISES": self.confirmed,
            "twice in a row confirms": self.persistent,
        }
        words = "".join(f"; {what}: {', '.join(names)}" for what, names in notes.items() if names)
        gain = f"; {self.gain[0]} {self.gain[1]:+.0f}" if self.gain[0] else ""
        return f"{mark} {self.how or '':40s} {trial} of {self.trial.incidents:,}{gain}{words}"


@dataclass(frozen=True)
class Found:
    """An assessment of the organisation as a whole."""

    levels: Levels
    doubts: Doubts

    @property
    def named(self) -> tuple[str, ...]:
        """Return the scenarios that the monitor names."""
        return tuple(each.scenario for each in self.doubts.suspicions)

    def risen(self, before: Found) -> tuple[str, ...]:
        """Return the practices whose raw level is above that of another assessment."""
        return tuple(name for name in self.levels if self.level(name) > before.level(name))

    def level(self, practice: str) -> int:
        """Return a raw level, 0 where there is none."""
        return self.levels[practice].level or 0

    def confirmed_higher(self, before: Mapping[str, Previous], held: Mapping[str, int]) -> tuple[str, ...]:
        """Return the practices whose confirmed level would be above `held` after these assessments."""
        return tuple(name for name, was in before.items() if self._confirmed(name, was) > held[name])

    def _confirmed(self, practice: str, before: Previous) -> int:
        result = self.levels[practice]
        rated = [each.id for each in result.indicators if each.achievement is not None]
        alert = bool(self.doubts.alerts(rated))
        level = result.level or 1
        return confirm(before, level, result.probability_at_least, gaming_alert=alert)

    def as_previous(self, confirmed: Mapping[str, int]) -> dict[str, Previous]:
        """Return what the next assessment has to know of this one."""
        return {
            name: Previous(each.level, confirmed[name], each.probability_at_least)
            for name, each in self.levels.items()
            if each.level is not None and name in confirmed
        }


@dataclass
class Evidence:
    """An honest organisation's evidence, and that of manipulated ones as copies with other tables."""

    honest: Organisation
    folder: Path
    _file: Path = field(init=False)

    def __post_init__(self) -> None:
        """Store the honest records once."""
        with evidence_of(self.honest, self.folder):
            self._file = self.folder / "evidence.duckdb"

    @contextmanager
    def of(self, organisation: Organisation) -> Iterator[EvidenceStore]:
        """Yield an open store with the records of an organisation that was made out of the honest one."""
        changed = [name for name in KINDS if self._differs(organisation, name)]
        with TemporaryDirectory(dir=self.folder) as folder:
            file = Path(shutil.copy(self._file, folder))
            with duckdb.connect(str(file)) as connection:
                for name in changed:
                    rows = rows_of(KINDS[name], table_of(organisation, name))
                    connection.register("incoming", rows)
                    connection.execute(f"DELETE FROM stored.{tables.quoted(name)}")
                    connection.execute(f"INSERT INTO stored.{tables.quoted(name)} BY NAME FROM incoming")
                    connection.unregister("incoming")
            with open_store(f"duckdb:{file}", Path(folder)) as store:
                yield store

    def _differs(self, organisation: Organisation, kind: str) -> bool:
        return table_of(organisation, kind) is not table_of(self.honest, kind)


@contextmanager
def evidence(organisation: Organisation) -> Iterator[Evidence]:
    """Yield an honest organisation's evidence in a folder of its own."""
    with TemporaryDirectory() as folder:
        yield Evidence(organisation, Path(folder))


def honest(trial: Trial) -> Organisation:
    """Return an organisation that does not cheat, with everything that disturbs honest records."""
    quality = Quality.everywhere(trial.level, trial.seed)
    if trial.tempted:
        raised = {f"{trial.level}.1": BELOW, f"{trial.level}.2": BELOW, f"{trial.level + 1}.2": AT}
        better = {
            name: raised[anchor.attribute]
            for anchors in PRACTICES.values()
            for name, anchor in anchors.items()
            if anchor.attribute in raised
        }
        quality = replace(quality, indicators={**quality.indicators, **better})
    made = generate(quality, seed=trial.seed, until=UNTIL, incidents=trial.incidents, nuisance=FULL)
    return disquiet(made, seed=trial.seed, until=UNTIL)


def named_in(store: EvidenceStore, organisation: Organisation) -> tuple[str, ...]:
    """Return the scenarios that the monitor names."""
    derive(store, policy_of(organisation))
    watched = monitor(examination_of(store, organisation), shipped().practices)
    return tuple(each.scenario for each in watched.suspicions)


def looked_at(store: EvidenceStore, organisation: Organisation) -> Found:
    """Assess all practices of the organisation as a whole, with everything that makes them doubtful."""
    derive(store, policy_of(organisation))
    examination = examination_of(store, organisation)
    practices = shipped().practices
    doubts = doubts_of(examination, practices, TAKEN_AT)
    levels = {
        each.practice: assess_practice(
            examination,
            each,
            {None: 0},
            lambda _practice, _department: None,
            lambda _done, _one: None,
            doubts,
        )[0]
        for each in practices
    }
    return Found(levels, doubts)


def cheating(trial: Trial) -> list[Tried]:
    """Assess an organisation as it is, and after each manipulation."""
    organisation = honest(trial)
    with evidence(organisation) as kept:
        with kept.of(organisation) as store:
            before = looked_at(store, organisation)
        rows = [Tried(trial, None, before.named)]
        for how in trial.how:
            manipulated = game(organisation, how, seed=trial.seed, until=UNTIL)
            with kept.of(manipulated) as store:
                rows.append(_compared(trial, how, before, looked_at(store, manipulated)))
    return rows


def _compared(trial: Trial, how: str, before: Found, after: Found) -> Tried:
    held = {name: each.level for name, each in before.levels.items() if each.level is not None}
    return Tried(
        trial,
        how,
        after.named,
        after.risen(before),
        after.confirmed_higher(before.as_previous(held), held),
        # the first manipulated assessment confirmed nothing more, the second one finds the same again
        after.confirmed_higher(after.as_previous(held), held),
        _gain(how, before.levels, after.levels),
    )


def innocent(trial: Trial) -> Tried:
    """Let the monitor alone look at an honest organisation."""
    organisation = honest(trial)
    with evidence(organisation) as kept, kept.of(organisation) as store:
        return Tried(trial, None, named_in(store, organisation))


def _gain(how: str, before: Levels, after: Levels) -> tuple[str, float]:
    """Return which of the scenario's indicators was flattered most, in points of achievement."""
    meant = VARIANTS[how][0] if how in VARIANTS else how
    touched = set(BY_NAME[meant].indicators) if meant else set()
    once, again = _achievements(before), _achievements(after)
    gains = [
        (100 * (again[name] - once[name]), name)
        for name in once
        if name in again and (name in touched or not touched)
    ]
    points, name = max(gains, default=(0.0, ""))
    return name, points


def _achievements(levels: Levels) -> dict[str, float]:
    return {
        each.id: each.achievement
        for practice in levels.values()
        for each in practice.indicators
        if each.achievement is not None
    }

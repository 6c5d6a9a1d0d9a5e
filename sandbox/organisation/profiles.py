"""Organisations by name, from profiles.toml: one for every level, and those where something is special."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import resources
from typing import Any

from sandbox.organisation.anchors import EVERY, PRACTICES
from sandbox.organisation.clock import months_before
from sandbox.organisation.gaming import game
from sandbox.organisation.generator import FEWEST_MONTHS, Organisation, generate
from sandbox.organisation.merging import one_after_another, side_by_side
from sandbox.organisation.nuisance import FULL
from sandbox.organisation.quality import BELOW, Quality
from sandbox.organisation.table import Table
from storage.errors import UsageError

MONTHS = 24
"""How far back the records go."""
USUAL = 20_000
GROUPS_OF_A_DEPARTMENT = 8
RECORDS: Mapping[str, tuple[str, ...]] = {"configuration": ("configuration_items", "ci_relationships")}
"""Records that a practice leaves which can be missing."""


@dataclass(frozen=True)
class Profile:
    """What an organisation is like; see profiles.toml for the words."""

    name: str
    says: str
    level: int | None = None
    levels: tuple[int, ...] = ()
    departments: Mapping[str, int] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    gamed: tuple[str, ...] = ()
    incidents: int = USUAL

    def generate(self, *, seed: int, until: date, incidents: int | None = None) -> Organisation:
        """Generate it; the same arguments give the same records. Raises UsageError for too few incidents."""
        count = incidents or self.incidents
        if self.departments:
            made = self._by_department(seed, until, count)
        elif self.levels:
            made = self._changing(seed, until, count)
        else:
            made = self._of_level(seed, until, count)
        for scenario in self.gamed:
            made = game(made, scenario, seed=seed, until=until)
        truth = {"profile": self.name, **made.truth}
        return replace(made, truth=truth | ({"gamed": list(self.gamed)} if self.gamed else {}))

    def _of_level(self, seed: int, until: date, incidents: int) -> Organisation:
        levels = {name: self.level or 1 for name in PRACTICES if name not in self.without}
        made = generate(
            Quality.of_levels(levels, seed), seed=seed, until=until, incidents=incidents, nuisance=FULL
        )
        gone = [name for practice in self.without for name in RECORDS[practice]]
        tables: dict[str, Any] = {name: _emptied(getattr(made, name)) for name in gone}
        return replace(made, **tables, truth=made.truth | {"without": list(self.without)}) if gone else made

    def _by_department(self, seed: int, until: date, incidents: int) -> Organisation:
        parts = {
            name: generate(
                _alike(Quality.everywhere(level, seed), level),
                seed=seed + number,
                until=until,
                incidents=incidents // len(self.departments),
                groups=GROUPS_OF_A_DEPARTMENT,
                departments=(name,),
                nuisance=FULL,
            )
            for number, (name, level) in enumerate(self.departments.items())
        }
        tables: dict[str, Any] = {**side_by_side(list(parts.values()))}
        users = _added([part.truth["active_users"] for part in parts.values()])
        truth: dict[str, object] = {
            "seed": seed,
            "departments": {name: part.truth for name, part in parts.items()},
            "active_users": users,
            "go_live": next(iter(parts.values())).truth["go_live"],
        }
        return Organisation(truth=truth, **tables)

    def _changing(self, seed: int, until: date, incidents: int) -> Organisation:
        earlier, later = (Quality.everywhere(level, seed) for level in self.levels)
        day = months_before(until, MONTHS - FEWEST_MONTHS)
        few = round(incidents * FEWEST_MONTHS / MONTHS)
        before = generate(earlier, seed=seed, until=day, months=FEWEST_MONTHS, incidents=few, nuisance=FULL)
        after = generate(later, seed=seed, until=until, months=MONTHS, incidents=incidents, nuisance=FULL)
        truth = after.truth | {"changed_on": day.isoformat(), "before": before.truth}
        tables: dict[str, Any] = {**one_after_another(before, after, day)}
        return Organisation(truth=truth, **tables)


def profile(name: str) -> Profile:
    """Return a profile by its name. Raises UsageError for an unknown one."""
    if name not in PROFILES:
        raise UsageError(f"There is no profile '{name}'.", hint=f"Choose from {', '.join(PROFILES)}.")
    return PROFILES[name]


def _read() -> dict[str, Profile]:
    text = resources.files("sandbox.organisation").joinpath("profiles.toml").read_text("utf-8")
    return {name: _profile(name, settings) for name, settings in tomllib.loads(text).items()}


def _profile(name: str, settings: Mapping[str, Any]) -> Profile:
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()
    }
    return Profile(name, **given)


def _alike(quality: Quality, level: int) -> Quality:
    """Let the teams of a department that works at level 3 or more all work in the same way.

    What its teams are compared with is the whole organisation, which the other department pulls down.
    """
    same = {name: BELOW for name, anchor in EVERY.items() if anchor.attribute == "3.2" and level > 2}
    return replace(quality, indicators={**quality.indicators, **same})


def _emptied(table: Table) -> Table:
    return Table({name: values[:0] for name, values in table.columns.items()})


def _added(counts: list[Any]) -> dict[str, int]:
    return {month: sum(each[month] for each in counts) for month in counts[0]}


PROFILES: Mapping[str, Profile] = _read()
"""All of them by name, in the order of the file."""

"""Weaker manipulations: of fewer records, for fewer days, in some teams alone."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from sandbox.organisation import Organisation
from sandbox.organisation.gaming import game
from sandbox.organisation.table import Table

DATES = ("resolved_at", "actual_end_at", "due_at", "closed_at")
Owners = frozenset[str]


@dataclass(frozen=True)
class Strength:
    """How much of a manipulation is done: a share of the records, since a day, in a share of the teams."""

    records: float = 1.0
    days: int = 90
    teams: float = 1.0

    def __str__(self) -> str:
        """Return it in words."""
        records, teams = f"{100 * self.records:.0f} %", f"{100 * self.teams:.0f} %"
        return f"{records} of the records of {self.days} days, {teams} of the teams"


def drawn(records: float, seed: int) -> Strength:
    """Return a strength whose days and teams are drawn by seed."""
    chance = np.random.default_rng((seed, 7))
    return Strength(records, int(chance.integers(30, 91)), float(chance.choice([0.5, 1.0])))


def gamed(
    organisation: Organisation, scenario: str, strength: Strength, seed: int, until: date
) -> Organisation:
    """Return the organisation after a manipulation that stops short of some records."""
    whole = game(organisation, scenario, seed=seed, until=until)
    changed = {
        each.name: (getattr(organisation, each.name), getattr(whole, each.name))
        for each in fields(organisation)
        if isinstance(getattr(whole, each.name), Table)
        and getattr(whole, each.name) is not getattr(organisation, each.name)
    }
    spared = _spared(organisation, strength, seed, until)
    mixed: dict[str, Any] = {
        name: after if name == "groups" else _mixed(before, after, spared)
        for name, (before, after) in changed.items()
    }
    return replace(whole, **mixed)


def _spared(organisation: Organisation, strength: Strength, seed: int, until: date) -> Owners:
    """Return the ids of incidents, changes and requests that are left as they are."""
    chance = np.random.default_rng((seed, 11))
    since = np.datetime64(until - timedelta(days=strength.days))
    spared: set[str] = set()
    for table in (organisation.incidents, organisation.changes, organisation.requests):
        columns = table.columns
        ids, teams = columns["id"].astype(str), columns["assignment_group"].astype(str)
        names = np.unique(teams)
        chosen = names[chance.random(len(names)) < strength.teams]
        early = np.all([~(columns[name] >= since) for name in DATES if name in columns], axis=0)
        left = (chance.random(len(ids)) >= strength.records) | ~np.isin(teams, chosen) | early
        spared.update(ids[left].tolist())
    return frozenset(spared)


def _mixed(before: Table, after: Table, spared: Owners) -> Table:
    """Return the rows of spared records as they were, all others as they became."""
    old, new = _is_spared(before, spared), ~_is_spared(after, spared)
    return Table(
        {
            name: np.concatenate([values[old], after.columns[name][new]])
            for name, values in before.columns.items()
        }
    )


def _is_spared(table: Table, spared: Owners) -> npt.NDArray[np.bool_]:
    owners = table.columns["record_id" if "record_id" in table.columns else "id"]
    return np.array([str(owner) in spared for owner in owners.tolist()], dtype=np.bool_)

"""Weaker manipulations: of fewer records, for fewer days, in some teams alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sandbox.organisation import Organisation
from sandbox.organisation.gaming import SCENARIOS, game
from sandbox.organisation.table import Table
from tests.validity.figures import Figure, shown
from tests.validity.gaming_trials import Trial, evidence, honest, named_in
from tests.validity.kept import in_parallel
from tests.validity.planted import UNTIL

DATES = ("resolved_at", "actual_end_at", "due_at", "closed_at")
Owners = frozenset[str]
SHARES: Final = (1.0, 0.5, 0.25, 0.1)
TRIALS: Final = tuple(
    Trial(2 + seed % 2, seed, 5_000, how=how)
    for seed in (11, 12)
    for how in (tuple(SCENARIOS)[:6], tuple(SCENARIOS)[6:])
)
Weakest = tuple[str, int, float | None]
"""Scenario, seed, and the smallest share of the records of which it is named; None where all are not."""


@dataclass(frozen=True)
class Strength:
    """How much of a manipulation is done: a share of the records, since a day, in a share of the teams."""

    records: float = 1.0
    days: int = 90
    teams: float = 1.0


def weakest(trial: Trial) -> list[Weakest]:
    """Manipulate ever fewer records until nothing is named any more."""
    organisation, found = honest(trial), []
    with evidence(organisation) as kept:
        for scenario in trial.how:
            last = None
            for share in SHARES:
                weaker = gamed(organisation, scenario, Strength(share), trial.seed, UNTIL)
                with kept.of(weaker) as store:
                    if scenario not in named_in(store, weaker):
                        break
                last = share
            found.append((scenario, trial.seed, last))
    return found


def rows() -> Iterator[Weakest]:
    """Yield the weakest manipulation that is named, of every scenario and seed."""
    for found in in_parallel(weakest, TRIALS):
        yield from found


def figure() -> Figure:
    """Show the median of them."""
    shares = [2.0 if share is None else share for _, _, share in rows()]
    return shown(
        "Gaming: share of the records of 90 days from which on a manipulation is named, median",
        100 * median(shares),
        "%",
        cases=len(shares),
        reading="by scenario in the table below",
    )


def appendix() -> str:
    """Return the table by scenario."""
    found = list(rows())
    seeds = sorted({seed for _, seed, _ in found})
    known = {(scenario, seed): share for scenario, seed, share in found}
    lines = [
        f"| {scenario} | {' | '.join(_words(known[scenario, seed]) for seed in seeds)} |"
        for scenario in SCENARIOS
    ]
    return "\n".join([HEAD, *lines, ""])


def _words(share: float | None) -> str:
    return "not at 100 %" if share is None else f"{100 * share:.0f} %"


HEAD = """## Manipulations, from which strength on

The smallest share of the records of the last 90 days, of 100, 50, 25 and 10 %, whose manipulation is named,
in two organisations of 5,000 incidents. Below it a manipulation goes unnoticed.

| scenario | level 3 | level 2 |
|---|---|---|"""


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

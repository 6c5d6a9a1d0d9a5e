"""Faults, changes and habits of a site drawn by seed: the evidence is the truth in the end."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from sandbox.jira import Limits, faults, life
from sandbox.jira.settings import Mode, Settings
from storage.errors import RetriableError
from tests.connectors.jira.support import MODES, Store, sandbox, site
from tests.connectors.jira.test_faults import held, moves_held, moves_there, read, truth

FAULTS = (
    faults.burst(0),
    faults.gateway(),
    faults.forbidden_page(),
    faults.unavailable(),
    faults.status(502),
    faults.reset(),
    faults.truncated(),
    faults.broken(),
    faults.login_page(),
    faults.repeated(),
    faults.skipped(),
    faults.empty_page(),
    faults.capped_history(),
    faults.last_with_token(),
    faults.repeated_token(),
    faults.expired_token(),
    faults.warned(),
)
TRIES = 8
BEGIN = range(1, 60)
"""Requests during which the site is worked on; after them it is quiet."""
FAILED = faults.failed_issues().at("issue/bulkfetch", probability=0.1, times=8)


def evidence_is_truth(seed: int) -> bool:
    """Read a site on which things go wrong and on, then until it is quiet, and compare."""
    chance = random.Random(seed)
    mode: Mode = chance.choice(MODES)
    script = [
        one.at("*", probability=chance.choice((0.02, 0.05, 0.1)), times=8) for one in chance.sample(FAULTS, 3)
    ]
    limits = Limits(
        page_server=15,
        page_ids=chance.choice((10, 5000)),
        changelog=chance.choice((2, 40)),
        shrinking=chance.choice((0, 0.5)),
    )
    habits = Settings(limits=limits, unstable_ties=chance.random() < 0.5, coarse_times=chance.random() < 0.5)
    going_on = [
        life.updates(1).at("*", requests=BEGIN, probability=0.1),
        life.inserts(1).at("*", requests=BEGIN, probability=0.06),
    ]
    script.append(FAILED)
    store = Store()
    with sandbox(mode, site(0.05), seed=seed, faults=script, life=going_on, settings=habits) as jira:
        for _ in range(TRIES):
            with suppress(RetriableError):
                read(jira, store)
                break
        jira.script_faults([])
        for _ in range(4):
            jira.clock.advance(timedelta(hours=13))
            read(jira, store)
        return held(store) == truth(jira) and moves_held(store) == moves_there(jira)


@pytest.mark.parametrize("seed", range(20))
def test_evidence_is_the_truth(seed: int) -> None:
    assert evidence_is_truth(seed)


@pytest.mark.validate
def test_evidence_is_the_truth_two_hundred_times() -> None:
    assert [seed for seed in range(20, 220) if not evidence_is_truth(seed)] == []

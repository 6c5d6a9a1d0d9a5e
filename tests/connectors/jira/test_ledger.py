"""The ledger of a sync: every request that was sent stands in it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from interface.cli.app import main
from sandbox.jira import SandboxJira, faults
from sandbox.jira.settings import Mode
from scheduler.review import past_runs
from scheduler.workspace import open_workspace
from storage.history import LedgerRow
from tests.connectors.jira.support import MODES, QUICK, login, sandbox, site


def write(folder: Path, jira: SandboxJira, **changes: Any) -> Path:
    connector = {"type": "jira", "url": jira.url, "auth": login(jira), "gateway": jira.root, "retries": QUICK}
    content = {
        "evidence": "duckdb:evidence.duckdb",
        "history": "sqlite:history.db",
        "people": {"key": "a key for hashing persons"},
        "connectors": {"apps": connector | changes},
    }
    file = folder / "itsm-maturity.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def ledger(file: Path) -> list[LedgerRow]:
    """Return the ledger of the last sync."""
    with open_workspace(file) as workspace:
        return past_runs(workspace, 1)[0][1]


def requests_of_a_sync(file: Path, jira: SandboxJira, ends: tuple[int, ...]) -> tuple[int, int]:
    """Sync, and return how many requests the ledger and the site's own journal tell of."""
    jira.journal.clear()
    assert main(["sync", "-c", str(file)]) in ends
    return sum(line.requests for line in ledger(file)), len(jira.journal)


@pytest.mark.parametrize("mode", MODES)
def test_every_request_stands_in_the_ledger(tmp_path: Path, mode: Mode) -> None:
    # Data Center has no alerts, which is something to look at.
    ends = (0,) if mode == "cloud" else (1,)
    with sandbox(mode, site(0.04)) as jira:
        file = write(tmp_path, jira)
        told, sent = requests_of_a_sync(file, jira, ends)
        assert told == sent
        jira.clock.advance(timedelta(hours=30))
        told, sent = requests_of_a_sync(file, jira, ends)
        assert told == sent > 0
        jira.journal.assert_no_writes()


def test_tokens_and_repeated_requests_stand_in_it_as_well(tmp_path: Path) -> None:
    broken = faults.status(500).at("issue/bulkfetch", requests=range(1, 3))
    with sandbox("cloud", site(0.04), faults=[broken]) as jira:
        named = {"client_id": jira.client_id, "client_secret": jira.client_secret}
        auth = {"type": "oauth", "grant": "client_credentials", "token_url": f"{jira.root}/oauth/token"}
        file = write(tmp_path, jira, url=jira.api_url, auth=auth | named, records=["incident", "change"])
        told, sent = requests_of_a_sync(file, jira, (0,))
        assert told == sent
    with sandbox("cloud", site(0.04), faults=[broken]) as jira:
        (tmp_path / "basic").mkdir()
        file = write(tmp_path / "basic", jira, records=["incident"])
        told, sent = requests_of_a_sync(file, jira, (0,))
        assert told == sent
        assert sum(line.retries for line in ledger(file)) == 2

"""The ledger of a sync: every request that was sent stands in it, and rows that came were counted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interface.cli.app import main
from sandbox.servicenow import SandboxServiceNow, faults
from scheduler.review import past_runs
from scheduler.workspace import open_workspace
from storage.history import LedgerRow
from storage.records import KINDS
from tests.connectors.servicenow.support import QUICK, full_tables, sandbox

OAUTH = {"type": "oauth", "grant": "client_credentials"}


def write(folder: Path, instance: SandboxServiceNow, **changes: Any) -> Path:
    basic = {"type": "basic", "user": instance.user, "password": instance.password}
    connector = {"type": "servicenow", "url": instance.url, "auth": basic, "retries": QUICK} | changes
    content = {
        "evidence": "duckdb:evidence.duckdb",
        "history": "sqlite:history.db",
        "people": {"key": "a key for hashing persons"},
        "connectors": {"corp": connector},
    }
    file = folder / "itsm-maturity.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def ledger(file: Path) -> list[LedgerRow]:
    """Return the ledger of the last sync."""
    with open_workspace(file) as workspace:
        return past_runs(workspace, 1)[0][1]


def requests_of_a_sync(file: Path, instance: SandboxServiceNow) -> tuple[int, int]:
    """Sync, and return how many requests the ledger and the instance's own journal tell of."""
    instance.journal.clear()
    assert main(["sync", "-c", str(file)]) == 0
    return sum(line.requests for line in ledger(file)), len(instance.journal)


@pytest.mark.parametrize("grant", ["basic", "oauth"])
def test_every_request_stands_in_the_ledger_those_of_probing_and_planning_too(
    tmp_path: Path, grant: str
) -> None:
    with sandbox(full_tables()) as instance:
        named = {"client_id": instance.client_id, "client_secret": instance.client_secret}
        auth = {"auth": OAUTH | named} if grant == "oauth" else {}
        file = write(tmp_path, instance, records=list(KINDS), **auth)
        told, sent = requests_of_a_sync(file, instance)
        assert told == sent
        instance.clock.advance(timedelta(hours=1))
        told, sent = requests_of_a_sync(file, instance)
        assert told == sent > 0


def test_repeated_requests_stand_in_it_as_well(tmp_path: Path) -> None:
    broken = faults.status(500).at("problem", requests=range(2, 4))
    with sandbox(full_tables(), faults=[broken]) as instance:
        file = write(tmp_path, instance, records=["incident", "problem"])
        told, sent = requests_of_a_sync(file, instance)
        assert told == sent
        assert sum(line.retries for line in ledger(file)) == 2


def test_as_many_rows_are_counted_as_came_when_histories_are_read_again(tmp_path: Path) -> None:
    with sandbox(full_tables()) as instance:
        file = write(tmp_path, instance, records=["incident"])
        assert main(["sync", "-c", str(file)]) == 0
        for row in instance.truth("metric_instance")[:20]:
            instance.writer.update("metric_instance", row["sys_id"], {"end": instance.clock.text()})
        instance.clock.advance(timedelta(hours=1))
        assert main(["sync", "-c", str(file)]) == 0
        lines = [line for line in ledger(file) if line.kind == "transition" and line.received]
        assert sum(line.received for line in lines) > 20
        assert [line.counted for line in lines] == [line.received for line in lines]


def test_what_a_sweep_misses_was_gone_by_the_clock_of_the_instance(tmp_path: Path) -> None:
    with sandbox(full_tables()) as instance:
        file = write(tmp_path, instance, records=["incident"])
        assert main(["sync", "-c", str(file)]) == 0
        gone = instance.truth("incident")[0]["sys_id"]
        instance.writer.delete("incident", gone, audited=False)
        instance.clock.advance(timedelta(days=8))
        assert main(["sync", "-c", str(file)]) == 0
        assert _deleted_at(tmp_path, gone) - instance.clock.now().replace(tzinfo=None) < timedelta(minutes=5)


def _deleted_at(folder: Path, name: str) -> datetime:
    import duckdb

    with duckdb.connect(str(folder / "evidence.duckdb"), read_only=True) as database:
        found = database.execute("SELECT deleted_at FROM stored.incident WHERE id = ?", [name]).fetchone()
    assert found is not None
    moment: datetime = found[0]
    return moment

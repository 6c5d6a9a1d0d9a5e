from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.storage.evidence.builders import rows, store

ROOT = Path(__file__).resolve().parents[3]
SIZE = 2000
# Merge number `day` inserts records of its own and changes those of every merge before.
WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from storage.evidence import open_store
from storage.evidence.store import Record
start = datetime(2026, 1, 1, tzinfo=UTC)
with open_store("duckdb:evidence.duckdb", Path(sys.argv[1])) as evidence:
    print("open", flush=True)
    for day in count():
        at = start + timedelta(days=day)
        evidence.merge("corp", "incident", (Record(str(n), {"priority": day}, {}, at) for n in range(%d)))
        print(day, flush=True)
"""


@pytest.mark.parametrize("seed", range(10))
def test_a_killed_writer_leaves_each_merge_whole_or_not_at_all(tmp_path: Path, seed: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER % SIZE, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.6))
        writer.send_signal(signal.SIGKILL)
        reported = [int(line) for line in writer.stdout.read().split()]
    with store(tmp_path) as evidence:
        [(records, oldest, newest)] = rows(
            evidence, "SELECT count(*), min(priority), max(priority) FROM incident"
        )
        number = evidence.version().number
    assert records in (0, SIZE)
    assert oldest == newest
    merges = 0 if newest is None else int(str(newest)) + 1
    assert number == merges
    assert merges in (len(reported), len(reported) + 1)


def test_a_writer_killed_while_it_creates_leaves_no_half_store(tmp_path: Path) -> None:
    for delay in (0.05, 0.15, 0.25):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER % SIZE, str(tmp_path)], stdout=subprocess.DEVNULL, cwd=ROOT
        ) as writer:
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
        with store(tmp_path) as evidence:
            assert evidence.version().number >= 0
        (tmp_path / "evidence.duckdb").unlink()
        (tmp_path / "evidence.duckdb.wal").unlink(missing_ok=True)

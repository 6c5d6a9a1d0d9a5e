from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.evidence.failures import translating

ROOT = Path(__file__).parents[3]

QUERIES = """
import os, signal, sys, threading
from pathlib import Path
from storage.evidence import open_store

sign = signal.Signals[sys.argv[1]]
signal.signal(sign, signal.default_int_handler)
query = "SELECT COUNT(*) AS n FROM range(20000) a, range(5000) b WHERE (a.range * b.range) % 7 = 3"
with open_store("duckdb:evidence.duckdb", Path.cwd()) as store:
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), sign)).start()
        while True:  # the engine heeds a signal between two tasks of a query, at the latest after it
            store.query(query)
    except KeyboardInterrupt:
        sys.stdout.write("interrupted")
"""


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
def test_a_signal_in_the_middle_of_a_query_is_an_interruption_and_no_fault(tmp_path: Path, sign: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUERIES, sign],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "interrupted", done.stderr


def test_other_faults_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no signal"), translating(tmp_path):
        raise RuntimeError("no signal")
    with pytest.raises(KeyboardInterrupt), translating(tmp_path):
        raise RuntimeError("Query interrupted")

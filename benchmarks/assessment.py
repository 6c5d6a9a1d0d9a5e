"""Assesses 250,000 incidents and all other records in proportion, in a process of its own.

The organisation is generated once and kept under build/; each measurement derives anew from a copy.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import orjson

from benchmarks.measuring import peak_bytes, timed
from evaluators.assessment import Request, assess
from evaluators.catalogue import shipped
from evaluators.derive import DERIVATIONS, derive
from evaluators.gaming import SCENARIOS
from evaluators.quality.checks import CHECKS
from sandbox.organisation import Quality, generate
from storage.evidence import open_store
from storage.evidence.store import EvidenceStore
from storage.records import KINDS
from tests.validity.evidence import evidence_of
from tests.validity.figures import Figure, at_most, shown
from tests.validity.planted import POLICY, UNTIL
from tests.validity.workplace import ROOT

INCIDENTS = 250_000
DEPARTMENTS = 20
SEED = 1
DERIVED = sum(map(len, DERIVATIONS.values()))
QUESTIONS = len(shipped().entries) + DERIVED + len(SCENARIOS) + len(CHECKS)
ARGUED = (
    f"{QUESTIONS} questions are put to the evidence: {len(shipped().entries)} indicators, each for the "
    f"organisation and all departments at once, {DERIVED} derivations, {len(SCENARIOS)} gaming scenarios and "
    f"{len(CHECKS)} quality checks. On average none may cost more than reading every value once"
)
FILE = "evidence.duckdb"
KEPT = ROOT / "build" / f"organisation-{INCIDENTS}-{DEPARTMENTS}-{SEED}"


def assessment() -> Iterator[Figure]:
    """Derive and assess the whole catalogue for the organisation and 20 departments."""
    if not (KEPT / FILE).exists():
        _apart("generate", KEPT)
    with TemporaryDirectory() as folder:
        shutil.copy(KEPT / FILE, folder)
        found = orjson.loads(_apart("measure", Path(folder)))
    title = f"{INCIDENTS:,} incidents and all other records, {DEPARTMENTS} departments"
    seconds = found["derive"] + found["assess"]
    yield shown(f"{title}: derive", found["derive"], "s")
    yield at_most(f"{title}: derive and assess", seconds, 60, "s")
    yield at_most(
        f"{title}: derive and assess, of reading every value once",
        seconds / found["scan"],
        QUESTIONS,
        "×",
        reading=ARGUED,
    )
    yield at_most(f"{title}: memory at its peak", found["gigabytes"], 3, "GB")


def _apart(task: str, folder: Path) -> bytes:
    call = [sys.executable, "-m", "benchmarks.assessment", task, str(folder)]
    return subprocess.run(call, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout


def _generate(folder: Path) -> None:
    """Write the organisation; the folder is there whole or not at all."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    organisation = generate(
        Quality.everywhere(3, SEED), seed=SEED, until=UNTIL, incidents=INCIDENTS, groups=DEPARTMENTS
    )
    with evidence_of(organisation, partial):
        pass
    partial.rename(folder)


def _measure(folder: Path) -> Mapping[str, float]:
    with duckdb.connect(str(folder / FILE), read_only=True) as bare:
        reading = [f'SELECT bit_xor(hash(every)) FROM stored."{name}" AS every' for name in KINDS]
        scan = min(timed(lambda: [bare.sql(query).fetchall() for query in reading]) for _ in range(3))
    with open_store(f"duckdb:{FILE}", folder) as store:
        policy = replace(POLICY, departments={name: name for name in _busiest(store)})
        request = Request(as_of=UNTIL, taken_at=datetime(UNTIL.year, UNTIL.month, UNTIL.day, 6, tzinfo=UTC))
        derived = timed(lambda: derive(store, policy))
        assessed = timed(lambda: assess(store, shipped(), policy, request))
    return {"scan": scan, "derive": derived, "assess": assessed, "gigabytes": peak_bytes() / 1024**3}


def _busiest(store: EvidenceStore) -> list[str]:
    """Return the groups with most incidents, so that every department has something to assess."""
    rows = store.query(
        "SELECT assignment_group AS name FROM incident WHERE assignment_group IS NOT NULL "
        f"GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT {DEPARTMENTS}"
    )
    return [str(name) for name in rows.column("name").to_pylist()]


if __name__ == "__main__":
    if sys.argv[1] == "generate":
        _generate(Path(sys.argv[2]))
    else:
        sys.stdout.buffer.write(orjson.dumps(_measure(Path(sys.argv[2]))))

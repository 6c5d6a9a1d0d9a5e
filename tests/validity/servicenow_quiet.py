"""A second sync of an instance in which nothing changed: a bounded number of requests, nothing written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sandbox.servicenow import Clock, SandboxServiceNow
from storage.evidence.store import EvidenceVersion
from storage.records import KINDS
from tests.validity.figures import Figure, at_least, at_most
from tests.validity.platform_world import NOW, Outcome
from tests.validity.servicenow_world import STEP, site, tables

MOST_OF_A_TABLE = 6
"""Four to find out what is there, once for each kind that needs the table, and one or two for changes."""
MOST_OF_DELETIONS = 10
"""Deletions of all tables stand in one, which is asked once for each of them."""
DELETIONS = "sys_audit_delete"


@dataclass(frozen=True)
class Quiet:
    """What a second sync did."""

    outcome: Outcome
    asked: Counter[str]
    """Requests by table."""
    before: tuple[EvidenceVersion, str]
    after: tuple[EvidenceVersion, str]
    """Version, and digest of all that the evidence file holds."""

    @property
    def most(self) -> int:
        """Requests of the table that was asked most, deletions aside."""
        return max(number for table, number in self.asked.items() if table != DELETIONS)


def second_sync() -> Quiet:
    """Sync all record kinds twice, the second time a while later and unchanged."""
    instance = SandboxServiceNow(tables(), clock=Clock(NOW))
    with site(instance, held=False, records=list(KINDS), active_clocks_every=24, workers=2) as place:
        place.sync()
        before = place.version(), _digest(place.folder / "evidence.duckdb")
        instance.journal.clear()
        place.advance(STEP)
        outcome = place.sync()
        asked = Counter(call.table for call in instance.journal)
        return Quiet(outcome, asked, before, (place.version(), _digest(place.folder / "evidence.duckdb")))


def _digest(file: Path) -> str:
    """Return a digest of every row of every table, but for the time at which a kind was last read."""
    digest = hashlib.sha256()
    with duckdb.connect(str(file), read_only=True) as connection:
        listed = (
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
        )
        for schema, table in sorted(connection.execute(listed).fetchall()):
            held = connection.execute(f'SELECT * FROM "{schema}"."{table}"')
            names = [column[0] for column in held.description]
            kept = [at for at, name in enumerate(names) if name != "synced_at"]
            for row in sorted(repr([values[at] for at in kept]) for values in held.fetchall()):
                digest.update(f"{schema}.{table} {row}".encode())
    return digest.hexdigest()


def figures() -> Iterator[Figure]:
    """Count requests and compare the evidence before and after."""
    quiet = second_sync()
    yield at_most("ServiceNow, nothing changed: requests of a table", quiet.most, MOST_OF_A_TABLE, "requests")
    deletions = quiet.asked[DELETIONS]
    yield at_most(
        "ServiceNow, nothing changed: requests for deletions", deletions, MOST_OF_DELETIONS, "requests"
    )
    whole = quiet.asked.total()
    bound = MOST_OF_A_TABLE * (len(quiet.asked) - 1) + MOST_OF_DELETIONS
    yield at_most(
        f"ServiceNow, nothing changed: requests of {len(quiet.asked)} tables", whole, bound, "requests"
    )
    yield at_least(
        "ServiceNow, nothing changed: same evidence version", quiet.before[0] == quiet.after[0], 1, "version"
    )
    yield at_least(
        "ServiceNow, nothing changed: same rows in the evidence file",
        quiet.before[1] == quiet.after[1],
        1,
        "digest",
    )

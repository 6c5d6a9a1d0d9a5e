"""Counts the requests of syncs in an instance's own journal: `python -m benchmarks.servicenow_load`."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.contract import ConnectorContext, Reading
from connectors.servicenow import ServiceNowConnector, ServiceNowSettings
from sandbox.organisation.profiles import profile
from sandbox.servicenow import Clock, SandboxServiceNow, tables_of
from storage.evidence.protection import Protection
from storage.records import KINDS

INCIDENTS = 20_000
CHANGES = 50
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
UNTIL = NOW.date()


def load(incidents: int = INCIDENTS) -> Mapping[str, Counter[str]]:
    """Return the requests by table of a first sync, of one after nothing changed, and of one after little."""
    found: dict[str, Counter[str]] = {}
    organisation = profile("defined").generate(seed=1, until=UNTIL, incidents=incidents)
    with SandboxServiceNow(tables_of(organisation), clock=Clock(NOW)) as instance:
        bookmarks: dict[str, str] = {}
        ids: dict[str, set[str]] = {kind: set() for kind in KINDS}
        found["first reading"] = _sync(instance, bookmarks, ids)
        instance.clock.advance(timedelta(hours=1))
        found["catching up with the overlap"] = _sync(instance, bookmarks, ids)
        instance.clock.advance(timedelta(hours=1))
        found["nothing changed"] = _sync(instance, bookmarks, ids)
        for row in random.Random(7).sample(instance.truth("incident"), CHANGES):
            instance.writer.update("incident", row["sys_id"], {"priority": "1"})
        instance.clock.advance(timedelta(hours=1))
        found[f"{CHANGES} incidents changed"] = _sync(instance, bookmarks, ids)
    return found


def _sync(instance: SandboxServiceNow, bookmarks: dict[str, str], ids: dict[str, set[str]]) -> Counter[str]:
    """Read every kind as a sync does, with everything at its default, and count what was asked."""
    instance.journal.clear()
    auth = {"type": "basic", "user": instance.user, "password": instance.password}
    settings = ServiceNowSettings.model_validate({"type": "servicenow", "url": instance.url, "auth": auth})
    context = ConnectorContext("corp", Path(), Protection(key=b"load"), stored=ids.__getitem__)
    connector = ServiceNowConnector(settings, context)
    connector.probe()
    for kind in settings.kinds:
        for window in connector.windows(kind, bookmarks.get(kind)):
            for batch in connector.read(window, Reading()):
                ids[kind].update(record.id for record in batch.records.get(kind, ()))
            bookmarks[kind] = window.bookmark
    connector.close()
    return Counter(call.table for call in instance.journal)


if __name__ == "__main__":
    for name, asked in load().items():
        most = ", ".join(f"{table} {number}" for table, number in asked.most_common(4))
        sys.stdout.write(f"{name}: {asked.total()} requests, most of {most}\n")

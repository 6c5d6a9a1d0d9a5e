"""Derived columns of events and outages: day, department, how many an event stands for."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.days import as_days
from evaluators.derive.names import department_of, matches
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

HEARTBEATS = ("*heartbeat*", "*heart beat*", "*keepalive*")
"""Types of events that only say that something lives."""

EVENTS = """
SELECT e.source, e.id, e.occurred_at AS occurred_on, e.type,
  GREATEST(COALESCE(e.event_count, 1), 1) AS events,
  COALESCE(item.support_group, service.support_group) AS team
FROM event AS e
LEFT JOIN configuration_item AS item ON item.source = e.source AND item.id = e.ci_id
LEFT JOIN configuration_item AS service ON service.source = e.source AND service.id = e.service_id
ORDER BY e.source, e.id
"""

OUTAGES = """
SELECT o.source, o.id, o.started_at AS started_on,
  COALESCE(service.support_group, item.support_group) AS team
FROM outage AS o
LEFT JOIN configuration_item AS item ON item.source = o.source AND item.id = o.ci_id
LEFT JOIN configuration_item AS service ON service.source = o.source AND service.id = o.service_id
ORDER BY o.source, o.id
"""


def derive_events(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return day, number, heartbeat and department of every event."""
    rows = store.query(EVENTS)
    heartbeat = pa.array(matches(rows.column("type"), HEARTBEATS))
    rows = rows.drop_columns(["type"]).append_column("heartbeat", heartbeat)
    return as_days(_with_department(rows, policy), ("occurred_on",), policy.time_zone)


def derive_outages(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return day and department of every outage."""
    return as_days(_with_department(store.query(OUTAGES), policy), ("started_on",), policy.time_zone)


def _with_department(rows: pa.Table, policy: Policy) -> pa.Table:
    department = department_of(rows.column("team"), policy.departments)
    return rows.drop_columns(["team"]).append_column("department", department)

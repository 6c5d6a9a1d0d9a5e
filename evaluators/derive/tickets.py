"""Derived columns that incidents, requests and changes share: end, item, service and target."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.days import as_days
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

VALID_ITEMS = """
WITH valid AS (
  SELECT source, id, COALESCE(service, FALSE) AS service, COALESCE(operational, FALSE) AS operational,
    retired_at
  FROM configuration_item
), served AS (
  SELECT DISTINCT r.source, r.child_id AS id FROM ci_relationship AS r
  JOIN valid AS s ON s.source = r.source AND s.id = r.parent_id AND s.service
)
"""
"""Items that exist, and those that a service depends on directly."""

TICKETS = """
SELECT t.source, t.id, {columns}
  COALESCE(item.operational OR item.retired_at > t.opened_at, FALSE)
    OR COALESCE(service.operational OR service.retired_at > t.opened_at, FALSE) AS ci_valid
FROM {kind} AS t
LEFT JOIN valid AS item ON item.source = t.source AND item.id = t.ci_id
LEFT JOIN valid AS service ON service.source = t.source AND service.id = t.service_id
{joins}
ORDER BY t.source, t.id
"""

ENDED_AND_SERVED = """
  COALESCE(t.{ended}, t.closed_at) AS ended_on,
  (service.id IS NOT NULL OR COALESCE(item.service, FALSE) OR served.id IS NOT NULL) AS service_known,
  target.id IS NOT NULL AS target_attached,
"""

SERVICES_AND_TARGETS = """
LEFT JOIN served ON served.source = t.source AND served.id = t.ci_id
LEFT JOIN (
  SELECT DISTINCT source, record_id AS id FROM service_level
  WHERE record_kind = '{kind}' AND target = 'resolution' AND {attached}
) AS target ON target.source = t.source AND target.id = t.id
"""

ATTACHED = "(stopped_at IS NOT NULL OR NOT COALESCE(cancelled, FALSE))"
"""A clock that was cancelled without having stopped was never a promise (inc-sla-coverage)."""


def derive_incident_ticket(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return ended_on, ci_valid, service_known and target_attached of every incident."""
    return _with_service(store, policy, "incident", ended="resolved_at")


def derive_request_ticket(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return ended_on, ci_valid, service_known and target_attached of every request."""
    return _with_service(store, policy, "request", ended="fulfilled_at")


def derive_change_ticket(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return ci_valid of every change."""
    return store.query(VALID_ITEMS + TICKETS.format(kind="change", columns="", joins=""))


def _with_service(store: EvidenceStore, policy: Policy, kind: str, *, ended: str) -> pa.Table:
    columns = ENDED_AND_SERVED.format(ended=ended)
    joins = SERVICES_AND_TARGETS.format(kind=kind, attached=ATTACHED)
    rows = store.query(VALID_ITEMS + TICKETS.format(kind=kind, columns=columns, joins=joins))
    return as_days(rows, ("ended_on",), policy.time_zone)

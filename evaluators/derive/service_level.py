"""Derived columns of service levels: day, group and service of the record, how far the clock is off."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.days import as_days
from evaluators.derive.names import department_of
from evaluators.derive.promises import internal
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

BOTH_KINDS = """
WITH ticket AS (
  SELECT 'incident' AS kind, source, id, opened_at, resolved_at AS ended_at, assignment_group, service_id,
    disposition IS NOT NULL OR parent_id IS NOT NULL OR COALESCE(creator_type = 'migration', FALSE)
      AS excluded
  FROM incident
  UNION ALL
  SELECT 'request', source, id, opened_at, fulfilled_at, assignment_group, service_id,
    disposition IS NOT NULL OR COALESCE(creator_type = 'migration', FALSE)
  FROM request
)
"""
"""Tickets that clocks and surveys are about, and whether they count (rule X0)."""

CLOCKS = f"""{BOTH_KINDS}
SELECT c.source, c.id, c.stopped_at AS stopped_on, t.assignment_group, t.service_id,
  COALESCE(t.excluded, FALSE) AS record_excluded,
  t.id IS NOT NULL AND c.stopped_at IS NOT NULL AND NOT COALESCE(c.cancelled, FALSE) AND NOT {internal("c")}
    AS settled,
  CAST(date_diff('second', t.opened_at, c.started_at) AS BIGINT) AS start_offset_seconds,
  CAST(date_diff('second', t.ended_at, c.stopped_at) AS BIGINT) AS stop_offset_seconds
FROM service_level AS c
LEFT JOIN ticket AS t ON t.kind = c.record_kind AND t.source = c.source AND t.id = c.record_id
ORDER BY c.source, c.id
"""


def derive_service_levels(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what the records say that clocks are attached to."""
    rows = store.query(CLOCKS)
    department = department_of(rows.column("assignment_group"), policy.departments)
    return as_days(rows.append_column("department", department), ("stopped_on",), policy.time_zone)

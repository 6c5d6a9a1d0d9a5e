"""Derived columns of incidents and requests: whether the service desk got them and solved them itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaluators.derive.columns import flags, moments
from evaluators.derive.conditions import fits
from evaluators.derive.days import business_day, business_time
from evaluators.derive.names import matches
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

DESKS = (
    "desk",
    "*service*desk*",
    "*help*desk*",
    "*first*level*",
    "*first*line*",
    "*1st*level*",
    "*1st*line*",
    "*hotline*",
)
"""Names and types of groups that are a service desk."""

RECEIVED = """
WITH held AS (
  SELECT source, record_id AS id, arg_min(COALESCE(old_value, new_value), sequence) AS first_group,
    COALESCE(BOOL_OR(old_value <> new_value), FALSE) AS handed_on
  FROM transition WHERE record_kind = '{kind}' AND field = 'assignment_group' AND new_value IS NOT NULL
  GROUP BY 1, 2
), reopened AS (
  SELECT DISTINCT source, record_id AS id FROM transition
  WHERE record_kind = '{kind}' AND field = 'state' AND {ended_before} AND NOT {ended_after}
), team AS (
  SELECT source, name AS key, ANY_VALUE(type) AS type FROM "group" GROUP BY 1, 2
), received AS (
  SELECT r.source, r.id, r.opened_at, r.{ended_at} AS ended_at, r.reopen_count, r.assignment_group,
    COALESCE({receiving}, h.first_group, CASE WHEN r.reassignment_count = 0 THEN r.assignment_group END)
      AS first_group,
    COALESCE(NOT h.handed_on, r.reassignment_count = 0, TRUE) AS stayed
  FROM {kind} AS r LEFT JOIN held AS h ON h.source = r.source AND h.id = r.id
)
SELECT r.source, r.id, r.opened_at, r.ended_at, r.first_group, team.type,
  COALESCE(r.stayed AND r.first_group = r.assignment_group, FALSE) AS solved_there,
  COALESCE(r.reopen_count > 0, b.id IS NOT NULL) AS reopened
FROM received AS r
LEFT JOIN team ON team.source = r.source AND team.key = r.first_group
LEFT JOIN reopened AS b ON b.source = r.source AND b.id = r.id
ORDER BY r.source, r.id
"""
"""Where neither history nor a count of moves is there, the receiving group says whether it moved."""


def derive_incident_first_contact(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return received_by_desk and resolved_at_first_contact of every incident."""
    return _first_contact(store, policy, "incident", ended_at="resolved_at", receiving="NULL")


def derive_request_first_contact(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return received_by_desk and resolved_at_first_contact of every request."""
    return _first_contact(store, policy, "request", ended_at="fulfilled_at", receiving="r.receiving_group")


def _first_contact(
    store: EvidenceStore, policy: Policy, kind: str, *, ended_at: str, receiving: str
) -> pa.Table:
    before, after = (fits(name, policy.ended_states) for name in ("old_value", "new_value"))
    query = RECEIVED.format(
        kind=kind, ended_at=ended_at, receiving=receiving, ended_before=before, ended_after=after
    )
    rows = store.query(query)
    opened, ended = moments(rows, "opened_at"), moments(rows, "ended_at")
    elapsed = business_time(policy, opened, ended).seconds_between(opened.values, ended.values)
    quick = opened.known & ended.known & (elapsed <= business_day(policy))
    known = np.asarray(rows.column("first_group").is_valid())
    desk = matches(rows.column("first_group"), DESKS) | matches(rows.column("type"), DESKS)
    solved = quick & flags(rows, "solved_there") & ~flags(rows, "reopened")
    return pa.table(
        {
            "source": rows.column("source"),
            "id": rows.column("id"),
            "received_by_desk": pa.array(desk, mask=~known),
            "resolved_at_first_contact": pa.array(solved, mask=~(known & ended.known)),
        }
    )

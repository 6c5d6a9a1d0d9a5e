"""Derived columns of incidents and requests: stays with groups, and internal targets for them."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.columns import flags, moments
from evaluators.derive.days import business_time
from evaluators.derive.promises import attached, internal
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

LONG_STAY_SECONDS = 4 * 3_600
"""Business time with one group from which on it needs a target (slm-internal-target-coverage)."""

STAYS = """
WITH assigned AS (
  SELECT t.source, t.record_id AS id, t.new_value AS team, t.at AS started_at, t.sequence,
    LAG(t.new_value) OVER (PARTITION BY t.source, t.record_id ORDER BY t.sequence) AS team_before
  FROM transition AS t
  WHERE t.record_kind = '{kind}' AND t.field = 'assignment_group' AND t.new_value IS NOT NULL
), visit AS (
  SELECT source, id, team, started_at,
    LEAD(started_at) OVER (PARTITION BY source, id ORDER BY sequence) AS next_at
  FROM assigned WHERE team_before IS DISTINCT FROM team
), stay AS (
  SELECT v.source, v.id, v.team, v.started_at,
    LEAST(v.next_at, COALESCE(k.{ended}, k.closed_at, k.updated_at)) AS ended_at
  FROM visit AS v JOIN {kind} AS k ON k.source = v.source AND k.id = v.id
), clock AS (
  SELECT c.source, c.record_id AS id, c.started_at FROM service_level AS c
  WHERE c.record_kind = '{kind}' AND {internal} AND {attached}
)
SELECT s.source, s.id, s.team, s.started_at, s.ended_at, BOOL_OR(c.id IS NOT NULL) AS covered
FROM stay AS s LEFT JOIN clock AS c ON c.source = s.source AND c.id = s.id
  AND c.started_at >= s.started_at - INTERVAL 10 MINUTE AND c.started_at < s.ended_at
WHERE s.ended_at >= s.started_at
GROUP BY ALL ORDER BY ALL
"""
"""A clock belongs to the stay in which it started, ten minutes early at most. A stay lasts until the next
group has it or the ticket is resolved; equal neighbours are one stay (erratum A10)."""


def derive_incident_internal_targets(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return internal_targets_complete of every incident with group history."""
    return _stays(store, policy, "incident", "resolved_at").drop_columns(["group_count"])


def derive_request_internal_targets(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return internal_targets_complete and group_count of every request with group history."""
    return _stays(store, policy, "request", "fulfilled_at")


def _stays(store: EvidenceStore, policy: Policy, kind: str, ended: str) -> pa.Table:
    query = STAYS.format(kind=kind, ended=ended, internal=internal("c"), attached=attached("c"))
    rows = store.query(query)
    start, end = moments(rows, "started_at"), moments(rows, "ended_at")
    long_stay = (
        business_time(policy, start, end).seconds_between(start.values, end.values) > LONG_STAY_SECONDS
    )
    rows = rows.append_column("complete", pa.array(~long_stay | flags(rows, "covered")))
    tickets = rows.group_by(["source", "id"]).aggregate([("complete", "all"), ("team", "count_distinct")])
    names = {"complete_all": "internal_targets_complete", "team_count_distinct": "group_count"}
    tickets = tickets.rename_columns([names.get(name, name) for name in tickets.column_names])
    return tickets.sort_by([("source", "ascending"), ("id", "ascending")])

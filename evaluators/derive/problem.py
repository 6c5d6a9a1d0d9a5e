"""Derived columns of problems: their cause, their incidents and what fixed them."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import cluster, counts, implemented, urgent
from evaluators.derive.days import as_days
from evaluators.derive.names import department_of, matches
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

ROOT_CAUSE_CHARACTERS = 50
"""Length from which a note states a root cause (prb-record-completeness)."""
PROACTIVE_ORIGINS = ("trend*", "event*", "review*", "vendor*", "proactive*")
PERMANENT_FIXES = ("fix*", "permanent*", "*permanently*", "done")
"""Resolution codes of a permanent fix, whatever the platform calls it; accepted risks are none."""
DATES = ("opened_on", "cause_found_on", "progressed_on", "resolved_on", "ended_on")

PROBLEMS = f"""
WITH history AS (
  SELECT source, record_id AS id,
    MIN(CASE WHEN field = 'root_cause_code' AND new_value IS NOT NULL THEN t.at END) AS cause_at,
    MAX(CASE WHEN field = 'state' AND old_value IS NOT NULL THEN t.at END) AS moved_at
  FROM transition AS t WHERE record_kind = 'problem' GROUP BY 1, 2
), tied AS (
  SELECT source, problem_id AS id, id AS incident FROM incident
  WHERE problem_id IS NOT NULL AND disposition IS NULL
  UNION SELECT source, id, first_incident_id FROM problem WHERE first_incident_id IS NOT NULL
), incidents AS (
  SELECT source, id, COUNT(*) AS linked FROM tied GROUP BY 1, 2
), urgent AS (
  SELECT source, service_id, opened_at FROM incident AS i WHERE {urgent("i")} AND {counts("i")}
), hurt AS (
  SELECT p.source, p.id FROM problem AS p
  ASOF JOIN urgent AS i
    ON i.source = p.source AND i.service_id = p.service_id AND i.opened_at < p.opened_at
  WHERE i.opened_at >= p.opened_at - INTERVAL 30 DAY
), changed AS (
  SELECT source, id, problem_id FROM change AS c WHERE {implemented("c")}
), released AS (
  SELECT source, id FROM release WHERE released_at IS NOT NULL AND disposition IS NULL
  UNION SELECT source, change_id FROM release WHERE released_at IS NOT NULL AND disposition IS NULL
), fixed AS (
  SELECT source, problem_id AS id FROM changed WHERE problem_id IS NOT NULL
  UNION SELECT p.source, p.id FROM problem AS p
    JOIN changed AS c ON c.source = p.source AND c.id = p.fix_change_id
  UNION SELECT p.source, p.id FROM problem AS p
    JOIN released AS r ON r.source = p.source AND r.id = p.fix_change_id
)
SELECT p.source, p.id, p.assignment_group, p.origin, p.opened_at AS opened_on,
  COALESCE(p.root_cause_at, h.cause_at) AS cause_found_on,
  CAST(date_diff('second', p.opened_at, COALESCE(p.root_cause_at, h.cause_at)) AS BIGINT) AS cause_seconds,
  GREATEST(h.moved_at, p.root_cause_at, h.cause_at, p.resolved_at) AS progressed_on,
  p.resolved_at AS resolved_on, COALESCE(p.resolved_at, p.closed_at) AS ended_on,
  GREATEST(COALESCE(i.linked, 0), COALESCE(p.incident_count, 0)) AS linked_incidents,
  p.root_cause_code IS NOT NULL OR COALESCE(p.root_cause_note_length >= {ROOT_CAUSE_CHARACTERS}, FALSE)
    AS root_cause_documented,
  COALESCE(p.workaround_note_length > 0, FALSE) OR p.knowledge_id IS NOT NULL AS workaround_documented,
  COALESCE(p.workaround_note_length > 0, FALSE) OR p.knowledge_id IS NOT NULL
    OR COALESCE(p.fix_note_length > 0, FALSE) AS remedy_documented,
  CASE WHEN p.resolved_at IS NOT NULL THEN replace(p.resolution_code, '_', ' ') END AS resolution,
  f.id IS NOT NULL AS fixed_by_change,
  CASE WHEN p.service_id IS NOT NULL THEN u.id IS NOT NULL END AS urgent_incident_before
FROM problem AS p
LEFT JOIN history AS h ON h.source = p.source AND h.id = p.id
LEFT JOIN incidents AS i ON i.source = p.source AND i.id = p.id
LEFT JOIN hurt AS u ON u.source = p.source AND u.id = p.id
LEFT JOIN fixed AS f ON f.source = p.source AND f.id = p.id
ORDER BY p.source, p.id
"""

AROUND_FIX = f"""
WITH shared AS (
  SELECT i.source, i.problem_id AS id, i.cluster FROM incident AS i
  WHERE i.problem_id IS NOT NULL AND i.cluster IS NOT NULL AND i.disposition IS NULL
  GROUP BY i.source, i.problem_id, i.cluster QUALIFY ROW_NUMBER() OVER (
    PARTITION BY i.source, i.problem_id ORDER BY COUNT(*) DESC, i.cluster) = 1
), fixes AS (
  SELECT p.source, p.id, p.resolved_at AS fixed_at, COALESCE(s.cluster, {cluster("p")}) AS cluster
  FROM problem AS p LEFT JOIN shared AS s ON s.source = p.source AND s.id = p.id
  WHERE p.resolved_at IS NOT NULL
)
SELECT f.source, f.id,
  COUNT(CASE WHEN i.opened_at < f.fixed_at THEN 1 END) AS incidents_before_fix,
  COUNT(CASE WHEN i.opened_at >= f.fixed_at THEN 1 END) AS incidents_after_fix
FROM fixes AS f
LEFT JOIN incident AS i ON i.cluster = f.cluster AND {counts("i")}
  AND i.opened_at >= f.fixed_at - INTERVAL 90 DAY AND i.opened_at < f.fixed_at + INTERVAL 90 DAY
WHERE f.cluster IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""
"""A problem's cluster is the one most of its incidents share, since after a fix nothing is linked to it any
more; without a linked incident it is that of the problem itself."""


def derive_problems(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what a problem's own fields, history and links say."""
    rows = store.query(PROBLEMS)
    resolution = rows.column("resolution")
    fixed = matches(resolution, PERMANENT_FIXES)
    proactive = matches(rows.column("origin"), PROACTIVE_ORIGINS)
    occasion = proactive | (rows.column("linked_incidents").to_numpy() > 0)
    department = department_of(rows.column("assignment_group"), policy.departments)
    rows = as_days(rows, DATES, policy.time_zone)
    for name, values in {
        "permanent_fix": pa.array(fixed, mask=~resolution.is_valid().to_numpy()),
        "proactive_origin": pa.array(proactive),
        "occasion_documented": pa.array(occasion),
        "department": department,
    }.items():
        rows = rows.append_column(name, values)
    return rows.drop_columns(["assignment_group", "origin", "resolution"])


def derive_fixes(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return incidents of the same cluster in the 90 days before and after each problem's resolution."""
    return store.query(AROUND_FIX)

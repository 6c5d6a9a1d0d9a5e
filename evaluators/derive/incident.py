"""Derived columns of incidents."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from evaluators.derive.business_time import DAY, BusinessTime
from evaluators.derive.columns import (
    Moments,
    flags,
    moments,
    numbers,
    stored_days,
    stored_moments,
    stored_numbers,
)
from evaluators.derive.days import business_time
from evaluators.derive.following import next_after
from evaluators.derive.names import department_of, matches
from evaluators.policy import Policy
from evaluators.statistics.arrays import IntArray
from storage.evidence.store import EvidenceStore

REPEAT_SECONDS = 7 * DAY
"""Another incident on the same CI within 7 days counts as a repeat (inc-automated-resolution)."""

INCIDENTS = """
WITH changes AS (
  SELECT t.source, t.record_id AS id,
    MIN(CASE
      WHEN t.field = 'assignee' AND t.new_value LIKE 'person:%' THEN t.at
      WHEN t.field = 'state' AND t.old_value IS NOT NULL
        AND (COALESCE(t.actor, '') NOT LIKE 'automation:%' OR i.resolver_type = 'automation') THEN t.at
    END) AS first_response_at,
    BOOL_OR(COALESCE(t.actor, '') LIKE 'person:%' AND t.at > i.opened_at AND t.at <= i.resolved_at)
      AS human_touched
  FROM transition AS t JOIN incident AS i ON i.source = t.source AND i.id = t.record_id
  WHERE t.record_kind = 'incident' GROUP BY 1, 2
), held AS (
  SELECT source, record_id AS id, new_value AS team,
    LAG(new_value) OVER (PARTITION BY source, record_id ORDER BY sequence) AS team_before
  FROM transition WHERE record_kind = 'incident' AND field = 'assignment_group' AND new_value IS NOT NULL
), visits AS (
  SELECT source, id, team, COUNT(*) AS times FROM held
  WHERE team_before IS NULL OR team_before <> team GROUP BY 1, 2, 3
), teams AS (
  SELECT source, id, COUNT(*) AS group_count, MAX(times) > 1 AS returned_to_group FROM visits GROUP BY 1, 2
), clocks AS (
  SELECT source, record_id AS id,
    MIN(CASE WHEN target = 'resolution' AND (stopped_at IS NOT NULL OR NOT COALESCE(cancelled, FALSE))
      THEN started_at END) AS attached_at,
    BOOL_OR(CASE WHEN target = 'resolution' AND NOT COALESCE(cancelled, FALSE) THEN breached END) AS breached,
    MIN(CASE WHEN target = 'response' AND (stopped_at IS NOT NULL OR NOT COALESCE(cancelled, FALSE))
      THEN target_seconds END) AS response_target
  FROM service_level WHERE record_kind = 'incident' GROUP BY 1, 2
)
SELECT i.source, i.id, i.opened_at, i.resolved_at,
  COALESCE(i.acknowledged_at, c.first_response_at) AS responded_at,
  i.priority, i.impact, i.urgency, i.assignment_group, i.ci_id, i.service_id, i.close_code, i.problem_id,
  COALESCE(i.priority <= 2, FALSE) OR COALESCE(i.major, FALSE) AS urgent, i.disposition IS NULL AS counts,
  c.human_touched, g.group_count, g.returned_to_group, s.attached_at, s.response_target,
  COALESCE(NOT s.breached, CASE WHEN i.closed_at IS NOT NULL THEN i.made_sla END) AS target_met
FROM incident AS i
LEFT JOIN changes AS c ON c.source = i.source AND c.id = i.id
LEFT JOIN teams AS g ON g.source = i.source AND g.id = i.id
LEFT JOIN clocks AS s ON s.source = i.source AND s.id = i.id
ORDER BY i.source, i.id
"""
"""Empty groups are neither a group nor a break and equal neighbours count once (erratum A10). An automation
that changes the state without resolving has not responded (inc-response-within-target)."""

STATE_CHANGES = """
WITH numbered AS (
  SELECT source, id, updated_at, ROW_NUMBER() OVER (ORDER BY source, id) - 1 AS position FROM incident
)
SELECT n.position, n.updated_at, lower(t.new_value) AS state, t.at
FROM transition AS t JOIN numbered AS n ON n.source = t.source AND n.id = t.record_id
WHERE t.record_kind = 'incident' AND t.field = 'state' AND t.new_value IS NOT NULL
ORDER BY n.position, t.sequence
"""


def derive_incidents(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return source, id and every derived column of incidents, one row an incident."""
    rows = store.query(INCIDENTS)
    opened, resolved = moments(rows, "opened_at"), moments(rows, "resolved_at")
    responded = moments(rows, "responded_at")
    time = business_time(policy, opened, resolved, responded)
    return pa.table(
        {
            "source": rows.column("source"),
            "id": rows.column("id"),
            "opened_on": stored_days(opened, time),
            "resolved_on": stored_days(resolved, time),
            "department": department_of(rows.column("assignment_group"), policy.departments),
            **_response(rows, opened, responded, time, policy),
            "resolution_target_attached_seconds": _since(opened, moments(rows, "attached_at")),
            "resolution_target_met": rows.column("target_met"),
            "matrix_priority": _matrix_priority(rows, policy),
            "group_count": rows.column("group_count"),
            "returned_to_group": rows.column("returned_to_group"),
            **_stays(store.query(STATE_CHANGES), len(rows), policy),
            "human_touched": rows.column("human_touched"),
            **_what_followed(rows, opened, resolved),
        }
    )


def _response(
    rows: pa.Table, opened: Moments, responded: Moments, time: BusinessTime, policy: Policy
) -> Mapping[str, pa.Array]:
    """Measure the response on the business calendar, whatever the priority (erratum B21)."""
    priority, attached = numbers(rows, "priority"), numbers(rows, "response_target")
    target = np.zeros(len(rows), np.int64)
    for level, seconds in policy.response_targets.items():
        target[priority.known & (priority.values == level)] = seconds
    target = np.where(attached.known, attached.values, target)
    promised = target > 0
    both = opened.known & responded.known
    return {
        "first_response_at": stored_moments(responded),
        "response_seconds": stored_numbers(time.seconds_between(opened.values, responded.values), both),
        "response_target_seconds": stored_numbers(target, promised),
        "response_due_at": stored_moments(Moments(time.due(opened.values, target), opened.known & promised)),
    }


def _since(start: Moments, end: Moments) -> pa.Array:
    return stored_numbers(end.values - start.values, start.known & end.known)


def _matrix_priority(rows: pa.Table, policy: Policy) -> pa.Array:
    matrix = policy.priority_matrix or {}
    cells = zip(rows.column("impact").to_pylist(), rows.column("urgency").to_pylist(), strict=True)
    return pa.array([matrix.get(cell) for cell in cells], pa.int64())


def _stays(changes: pa.Table, incidents: int, policy: Policy) -> Mapping[str, pa.Array]:
    """Add up the time in waiting states and in all that are not ended (erratum A11).

    A state holds until the next change, the last one until the record's last update.
    """
    position = numbers(changes, "position").values
    at, updated = moments(changes, "at"), moments(changes, "updated_at")
    last = np.append(position[1:] != position[:-1], True)[: len(position)]
    until = np.where(
        last,
        np.where(updated.known, updated.values, at.values),
        np.append(at.values[1:], 0)[: len(at.values)],
    )
    held = np.maximum(until - at.values, 0)
    states = changes.column("state")
    sums = {}
    for name, chosen in {
        "open_seconds": ~matches(states, policy.ended_states),
        "paused_seconds": matches(states, policy.waiting_states),
    }.items():
        sums[name] = np.bincount(position, weights=held * chosen, minlength=incidents).astype(np.int64)
    seen = np.bincount(position, minlength=incidents) > 0
    return {name: stored_numbers(values, seen) for name, values in sums.items()}


def _what_followed(rows: pa.Table, opened: Moments, resolved: Moments) -> Mapping[str, pa.Array]:
    """Find repeats on the CI and recurrences of urgent incidents on the service (section 7, incident)."""
    counts, urgent = flags(rows, "counts"), flags(rows, "urgent")
    on_ci = next_after(rows, ("source", "ci_id"), opened, resolved, counts)
    # The same cause shows as the same close code or as the same problem.
    same_code = next_after(rows, ("source", "service_id", "close_code"), opened, resolved, counts & urgent)
    same_problem = next_after(rows, ("source", "service_id", "problem_id"), opened, resolved, counts & urgent)
    recurred = _earlier(same_code, same_problem)
    repeated = on_ci.known & (on_ci.values - resolved.values <= REPEAT_SECONDS)
    asked = resolved.known & np.asarray(rows.column("ci_id").is_valid())
    return {
        "repeated_on_ci": pa.array(repeated, mask=~asked),
        "recurrence_seconds": stored_numbers(recurred.values - resolved.values, recurred.known & urgent),
    }


def _earlier(one: Moments, other: Moments) -> Moments:
    far = np.iinfo(np.int64).max
    values: IntArray = np.minimum(
        np.where(one.known, one.values, far), np.where(other.known, other.values, far)
    )
    known = one.known | other.known
    return Moments(np.where(known, values, 0), known)

"""Derived column of uses of articles: portal sessions after which nobody had to ask (an estimate)."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.channels import channels_of
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

SESSIONS = """
WITH step AS (
  SELECT source, session, id, used_at, "user", article_id, type,
    type = 'viewed' AND article_id IS NOT NULL AND reading_seconds >= 30 AS was_read
  FROM knowledge_use WHERE session IS NOT NULL AND channel IN ({portals})
), visit AS (
  SELECT source, session, FIRST(id ORDER BY used_at, id) AS id, MAX("user") AS person,
    MIN(used_at) AS started_at, MAX(used_at) AS last_at, COALESCE(BOOL_OR(was_read), FALSE) AS was_read
  FROM step GROUP BY 1, 2 HAVING BOOL_OR(type IN ('viewed', 'searched'))
), topic AS (
  SELECT DISTINCT s.source, s.session, a.service_id, a.category FROM step AS s
  LEFT JOIN knowledge AS a ON a.source = s.source AND a.id = s.article_id WHERE s.was_read
), contact AS (
  SELECT source, caller AS person, opened_at, service_id, category FROM incident WHERE caller IS NOT NULL
  UNION ALL SELECT source, requester, opened_at, service_id, category FROM request WHERE requester IS NOT NULL
), asked AS (
  SELECT DISTINCT v.source, v.session FROM visit AS v
  JOIN contact AS c ON c.source = v.source AND c.person = v.person
    AND c.opened_at >= v.started_at AND c.opened_at <= v.last_at + INTERVAL 24 HOUR
  JOIN topic AS t ON t.source = v.source AND t.session = v.session
  WHERE COALESCE(t.service_id = c.service_id, TRUE) OR COALESCE(t.category = c.category, TRUE)
)
SELECT u.source, u.id, CASE WHEN v.id IS NOT NULL
  THEN v.was_read AND v.person IS NOT NULL AND a.session IS NULL END AS session_solved
FROM knowledge_use AS u
LEFT JOIN visit AS v ON v.source = u.source AND v.id = u.id
LEFT JOIN asked AS a ON a.source = v.source AND a.session = v.session
ORDER BY u.source, u.id
"""
"""A contact is on the topic if it shares service or category with an article that was read, or may share it:
what either leaves empty is not known to differ. Of a user who is not known nobody can say that no contact
followed."""


def derive_sessions(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return session_solved of every use, empty but for the first of a session (knw-self-service-success)."""
    channels = store.query("SELECT DISTINCT channel FROM knowledge_use WHERE channel IS NOT NULL")
    named = zip(
        channels.column("channel").to_pylist(),
        channels_of(channels.column("channel")).to_pylist(),
        strict=True,
    )
    portals = [channel.replace("'", "''") for channel, name in named if name == "portal"]
    return store.query(SESSIONS.format(portals=", ".join(f"'{channel}'" for channel in portals) or "NULL"))

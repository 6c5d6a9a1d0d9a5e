"""Derived columns of incidents and requests: the articles that were linked to them or solved them."""

from __future__ import annotations

import pyarrow as pa

from evaluators.derive.conditions import available, put_to_use
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

ARTICLES = """
WITH uses AS (
  SELECT u.source, u.record_id AS id, BOOL_OR({put_to_use}) AS used,
    BOOL_OR(u.type IN ('linked', 'solved', 'created')) AS linked,
    BOOL_OR(u.type IN ('linked', 'solved') AND a.origin_id IS DISTINCT FROM r.id
      AND COALESCE(COALESCE(a.published_at, a.created_at) <= r.{ended_at}, TRUE)) AS solved
  FROM knowledge_use AS u
  JOIN {kind} AS r ON r.source = u.source AND r.id = u.record_id
  LEFT JOIN knowledge AS a ON a.source = u.source AND a.id = u.article_id
  WHERE COALESCE(u.record_kind, '{kind}') = '{kind}' GROUP BY 1, 2
), written AS (
  SELECT DISTINCT source, origin_id AS id FROM knowledge
  WHERE origin_id IS NOT NULL AND COALESCE(origin_kind, '{kind}') = '{kind}'
), documented AS (
  SELECT DISTINCT service_id, category FROM knowledge AS a WHERE {available}
)
SELECT r.source, r.id,
  COALESCE(u.used, FALSE) OR COALESCE(r.knowledge_used, FALSE) AS article_used,
  COALESCE(u.linked, FALSE) OR COALESCE(r.knowledge_used, FALSE) OR w.id IS NOT NULL AS article_linked,
  COALESCE(CASE WHEN u.linked THEN u.solved ELSE r.knowledge_used AND w.id IS NULL END, FALSE)
    AS solved_with_article,
  d.category IS NOT NULL AS topic_documented
FROM {kind} AS r
LEFT JOIN uses AS u ON u.source = r.source AND u.id = r.id
LEFT JOIN written AS w ON w.source = r.source AND w.id = r.id
LEFT JOIN documented AS d ON d.service_id = r.service_id AND d.category = r.category
ORDER BY r.source, r.id
"""
"""Where the uses name no article that was linked, the ticket's own word counts. An article written from
the ticket, or published after its end, is linked but has solved nothing. Topics hold for all sources."""


def derive_incident_articles(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return what was done with articles on every incident."""
    return _articles(store, "incident", ended_at="resolved_at")


def derive_request_articles(store: EvidenceStore, _policy: Policy) -> pa.Table:
    """Return what was done with articles on every request."""
    return _articles(store, "request", ended_at="fulfilled_at")


def _articles(store: EvidenceStore, kind: str, *, ended_at: str) -> pa.Table:
    query = ARTICLES.format(
        kind=kind, ended_at=ended_at, put_to_use=put_to_use("u"), available=available("a")
    )
    return store.query(query)

"""Derived columns of incidents and requests as contacts: how people came, and how soon they were answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from evaluators.derive.channels import LIVE, among, channels_of
from evaluators.derive.columns import Moments, moments, stored_moments, stored_numbers
from evaluators.derive.conditions import fulfilled_by_machine
from evaluators.derive.days import business_day, business_time
from evaluators.policy import Policy
from evaluators.statistics.arrays import IntArray
from evaluators.statistics.periods import month_index, period_index
from storage.evidence.store import EvidenceStore

LIVE_SECONDS = 300
"""Target where somebody is waiting (req-contact-response); elsewhere it is one business day."""

CONTACTS = """
WITH history AS (
  SELECT t.source, t.record_id AS id, MIN(CASE
      WHEN t.field = 'assignee' AND t.new_value LIKE 'person:%' THEN t.at
      WHEN t.field = 'state' AND t.old_value IS NOT NULL
        AND (COALESCE(t.actor, '') NOT LIKE 'automation:%' OR r.{ended_by} = 'automation') THEN t.at
    END) AS answered_at
  FROM transition AS t JOIN {kind} AS r ON r.source = t.source AND r.id = t.record_id
  WHERE t.record_kind = '{kind}' GROUP BY 1, 2
), recorded AS (
  SELECT DISTINCT source, incident_id AS id FROM request WHERE type = 'contact' AND incident_id IS NOT NULL
)
SELECT r.source, r.id, r.opened_at, COALESCE(r.acknowledged_at, h.answered_at, r.{ended_at}) AS answered_at,
  CASE WHEN c.id IS NULL THEN r.channel END AS channel, NOT {by_machine} AS human_handled
FROM {kind} AS r
LEFT JOIN history AS h ON h.source = r.source AND h.id = r.id
LEFT JOIN recorded AS c ON c.source = r.source AND c.id = r.id AND '{kind}' = 'incident'
ORDER BY r.source, r.id
"""
"""What was ended was answered then at the latest. A contact that turned into an incident is counted once."""


def derive_incident_contact(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what incidents say as contacts."""
    by_machine = "COALESCE(r.resolver_type = 'automation', FALSE)"
    query = CONTACTS.format(
        kind="incident", ended_at="resolved_at", ended_by="resolver_type", by_machine=by_machine
    )
    return _contacts(store.query(query), policy)


def derive_request_contact(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what requests say as contacts."""
    by_machine = fulfilled_by_machine("r")
    query = CONTACTS.format(
        kind="request", ended_at="fulfilled_at", ended_by="fulfiller_type", by_machine=by_machine
    )
    return _contacts(store.query(query), policy)


def _contacts(rows: pa.Table, policy: Policy) -> pa.Table:
    opened, answered = moments(rows, "opened_at"), moments(rows, "answered_at")
    time, channel = business_time(policy, opened, answered), channels_of(rows.column("channel"))
    contact = np.asarray(channel.is_valid()) & ~among(channel, ("machine",))
    day = np.full(len(rows), business_day(policy), np.int64)
    due = np.where(among(channel, LIVE), opened.values + LIVE_SECONDS, time.due(opened.values, day))
    asked = contact & opened.known
    in_time = answered.known & (answered.values <= due)
    month = period_index((time.local(opened.values) // 86_400).astype("datetime64[D]"), "month")
    return pa.table(
        {
            "source": rows.column("source"),
            "id": rows.column("id"),
            "contact_channel": pa.array(channel.to_pylist(), pa.string(), mask=~contact),
            "contact_answered": pa.array(in_time, mask=~asked),
            "contact_due_at": stored_moments(Moments(due, asked)),
            "human_handled": rows.column("human_handled"),
            "active_users": _users(month, opened, policy.active_users),
        }
    )


def _users(months: IntArray, opened: Moments, counted: Mapping[str, int] | int | None) -> pa.Array:
    """Return the users of each record's month: a count holds until the next one, not before the first."""
    if counted is None or not len(months):
        return pa.array([None] * len(months), pa.int64())
    if isinstance(counted, int):
        return stored_numbers(np.full(len(months), counted, np.int64), opened.known)
    named = sorted(
        (month_index(date.fromisoformat(f"{month}-01")), users) for month, users in counted.items()
    )
    starts, users = (np.array(part, np.int64) for part in zip(*named, strict=True))
    place = np.searchsorted(starts, months, side="right") - 1
    return stored_numbers(users[np.maximum(place, 0)], opened.known & (place >= 0))

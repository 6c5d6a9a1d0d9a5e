"""Derived columns of requests: what was ordered, promised, approved and delivered, and by whom."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from evaluators.derive.business_time import DAY, zone_offsets
from evaluators.derive.columns import Moments, flags, moments, stored_moments
from evaluators.derive.conditions import fulfilled_by_machine
from evaluators.derive.days import as_days
from evaluators.derive.names import department_of, matches
from evaluators.derive.tickets import ATTACHED
from evaluators.policy import Policy
from evaluators.statistics.arrays import IntArray
from storage.evidence.store import EvidenceStore

GENERIC_ITEMS = (
    "*generic*",
    "other",
    "other *",
    "*general*request*",
    "*miscellaneous*",
    "*free*text*",
    "*e*mail*request*",
)
"""Names of items that say nothing of what is wanted (req-catalogue-use)."""
DATES = ("opened_on", "resolved_on", "ordered_on", "delivered_on")

REQUESTS = f"""
WITH clocks AS (
  SELECT source, record_id AS id, MIN(due_at) AS due_at, BOOL_OR(breached) AS breached FROM service_level
  WHERE record_kind = 'request' AND target = 'resolution' AND {ATTACHED} GROUP BY 1, 2
), ordered AS (
  SELECT *, COALESCE(type, 'item') <> 'contact' AS ordered FROM request
)
SELECT r.source, r.id, r.assignment_group, r.item, r.generic,
  r.opened_at AS opened_on, CASE WHEN r.incident_id IS NULL THEN r.fulfilled_at END AS resolved_on,
  CASE WHEN r.ordered THEN r.opened_at END AS ordered_on,
  CASE WHEN r.ordered THEN r.fulfilled_at END AS delivered_on,
  CASE WHEN r.ordered THEN COALESCE(r.due_at, r.opened_at + to_seconds(r.target_seconds), c.due_at) END
    AS due_at,
  r.fulfilled_at, r.closed_at, CASE WHEN r.ordered THEN NOT c.breached END AS clock_kept,
  CASE WHEN r.incident_id IS NULL THEN r.fulfilment_seconds END AS resolution_seconds,
  CASE WHEN r.ordered AND r.fulfilment_seconds >= 0 THEN r.fulfilment_seconds END AS delivery_seconds,
  CASE WHEN r.ordered AND r.fulfilment_seconds >= 0 AND COALESCE(r.approval_count, 1) > 0
    AND COALESCE(r.approval_seconds, r.approval_wait_seconds) IS NOT NULL
    THEN LEAST(GREATEST(COALESCE(r.approval_seconds, r.approval_wait_seconds), 0), r.fulfilment_seconds)
  END AS waited_for_approval_seconds,
  (r.due_at IS NOT NULL OR r.target_seconds IS NOT NULL OR c.id IS NOT NULL)
    AND COALESCE(r.model_defined, r.task_count > 0, FALSE) AS item_modelled,
  {fulfilled_by_machine("r")} AS fulfilled_by_machine
FROM ordered AS r LEFT JOIN clocks AS c ON c.source = r.source AND c.id = r.id
ORDER BY r.source, r.id
"""
"""A record of type contact is a talk with the service desk: nothing is ordered by it."""


def derive_requests(store: EvidenceStore, policy: Policy) -> pa.Table:
    """Return what a request's own fields and its clocks say."""
    rows = store.query(REQUESTS)
    item = rows.column("item")
    generic = flags(rows, "generic") | matches(
        item, (*GENERIC_ITEMS, *policy.field_defaults.get("request.item", ()))
    )
    department = department_of(rows.column("assignment_group"), policy.departments)
    promise, kept = _promises(rows, policy)
    rows = rows.append_column("promise_on", stored_moments(promise)).append_column("promise_kept", kept)
    rows = as_days(rows, (*DATES, "promise_on"), policy.time_zone)
    specific = np.asarray(item.is_valid()) & ~generic
    rows = rows.append_column("specific_item", pa.array(specific)).append_column("department", department)
    return rows.drop_columns(
        ["assignment_group", "item", "generic", "due_at", "fulfilled_at", "closed_at", "clock_kept"]
    )


def _promises(rows: pa.Table, policy: Policy) -> tuple[Moments, pa.Array]:
    """Return when it can be said whether a promise was kept, and whether it was.

    Without a due moment the clock alone says it, of what was fulfilled. What ended before it was due without
    being fulfilled broke no promise.
    """
    due, fulfilled, closed = (moments(rows, name) for name in ("due_at", "fulfilled_at", "closed_at"))
    last = _end_of_day(due, policy)
    clock = np.asarray(rows.column("clock_kept").is_valid()) & fulfilled.known & ~due.known
    given_up = closed.known & ~fulfilled.known & (closed.values <= last)
    known = (due.known & ~given_up) | clock
    kept = np.where(due.known, fulfilled.known & (fulfilled.values <= last), flags(rows, "clock_kept"))
    return Moments(np.where(fulfilled.known, fulfilled.values, last), known), pa.array(kept, mask=~known)


def _end_of_day(due: Moments, policy: Policy) -> IntArray:
    """Return due moments; a day without a time of day, which is its midnight, lasts to its end."""
    local = due.values + zone_offsets(due.values, ZoneInfo(policy.time_zone))
    return np.where(local % DAY == 0, due.values + DAY - 1, due.values)

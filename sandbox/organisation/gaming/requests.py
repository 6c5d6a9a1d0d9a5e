"""Manipulated requests and surveys: late ones cancelled, unhappy users not asked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sandbox.organisation.clock import DAY, HOUR
from sandbox.organisation.gaming.edits import Desk, copied, empty, kept, moments, numbers, seconds
from sandbox.organisation.table import Table

HAPPY = 75


def cancel_late(desk: Desk) -> Mapping[str, Table]:
    """Cancel what could not be delivered in time, the day after it was due."""
    columns = copied(desk.organisation.requests)
    due, fulfilled = seconds(columns["due_at"]), seconds(columns["fulfilled_at"])
    unfulfilled = np.isnat(columns["fulfilled_at"])
    ended = np.where(unfulfilled, desk.end, fulfilled)
    lately = ~np.isnat(columns["due_at"]) & (due >= desk.since) & (due < desk.end - 2 * DAY)
    which = np.flatnonzero(lately & empty(columns["disposition"]) & (ended > due + DAY))
    at = due[which] + HOUR
    columns["fulfilled_at"][which] = np.datetime64("NaT")
    columns["closed_at"][which] = columns["updated_at"][which] = moments(at)
    columns["disposition"][which], columns["state"][which] = "cancelled", "Closed Incomplete"
    if "fulfiller" in columns:
        columns["fulfiller"][which] = np.full(len(which), None, dtype=np.object_)
    return {"requests": Table(columns)}


def drop_surveys(desk: Desk) -> Mapping[str, Table]:
    """Ask only those who will be happy."""
    surveys = desk.organisation.surveys
    lately = seconds(surveys.columns["sent_at"]) >= desk.since
    unhappy = empty(surveys.columns["score"]) | (numbers(surveys.columns["score"]) < HAPPY)
    return {"surveys": kept(surveys, ~(lately & unhappy))}

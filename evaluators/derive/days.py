"""Days on the clock of the assessment's zone, for the windows that records are placed in."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from evaluators.derive.business_time import DAY, BusinessTime, zone_offsets
from evaluators.derive.columns import Moments, moments
from evaluators.policy import Policy

A_BUSINESS_DAY = 8 * 3600
"""Length of a business day where the calendar has none."""


def as_days(rows: pa.Table, columns: Sequence[str], time_zone: str) -> pa.Table:
    """Return rows with these timestamp columns as the days they fall on in the zone."""
    zone = ZoneInfo(time_zone)
    for name in columns:
        moment = moments(rows, name)
        days = (moment.values + zone_offsets(moment.values, zone)) // DAY
        column = pa.array(days.astype("datetime64[D]"), mask=~moment.known)
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


def business_time(policy: Policy, *columns: Moments) -> BusinessTime:
    """Return business time on the policy's calendar for the moments of some columns."""
    known = np.concatenate([column.values[column.known] for column in columns])
    first, last = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    return BusinessTime(policy.calendar, policy.time_zone, first, last)


def business_day(policy: Policy) -> int:
    """Return the seconds of a whole business day: one later is the same hour on the next business day."""
    lengths = [end - begin for begin, end in policy.calendar.hours.values()]
    return max(lengths, default=0) or A_BUSINESS_DAY

"""Service levels as Jira Service Management reckons them: calendars, cycles, pauses."""

from __future__ import annotations

from sandbox.jira.sla.calendar import ALWAYS, Calendar
from sandbox.jira.sla.cycles import Cycle, SlaValue
from sandbox.jira.sla.engine import Metric, cycles

__all__ = ["ALWAYS", "Calendar", "Cycle", "Metric", "SlaValue", "cycles"]

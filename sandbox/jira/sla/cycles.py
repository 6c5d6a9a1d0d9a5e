"""One cycle of a clock, and the value of a field that holds several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.jira.api.render import View, dates
from sandbox.jira.sla.calendar import ALWAYS, Calendar

Pause = tuple[int, int | None]
"""Begin and end, None while it lasts."""


@dataclass(frozen=True)
class Cycle:
    """A clock from its start to its stop; moments and spans in milliseconds."""

    start: int
    stop: int | None
    goal: int
    pauses: tuple[Pause, ...] = ()
    calendar: Calendar = ALWAYS

    def elapsed(self, now: int) -> int:
        """Return the time that counts, at `now` where it still runs."""
        return sum(self.calendar.worked(a, b) for a, b in self._running(self._end(now)))

    def breach_at(self, now: int) -> int | None:
        """Return when the goal is or will be missed, None while a pause stands in the way."""
        left = self.goal
        for a, b in self._running(None):
            if b is None:
                return self.calendar.after(a, left)
            worked = self.calendar.worked(a, b)
            if worked >= left:
                return self.calendar.after(a, left)
            left -= worked
        return None

    def breached(self, now: int) -> bool:
        """Return whether more than the goal has elapsed."""
        return self.elapsed(now) > self.goal

    def paused(self, now: int) -> bool:
        """Return whether it stands still because of a pause."""
        return self.stop is None and any(b is None or a <= now < b for a, b in self.pauses)

    def _end(self, now: int) -> int:
        return now if self.stop is None else self.stop

    def _running(self, end: int | None) -> list[tuple[int, Any]]:
        """Return the spans between pauses, the last one up to `end`."""
        spans: list[tuple[int, Any]] = []
        at: int | None = self.start
        for a, b in self.pauses:
            if at is not None and a > at:
                spans.append((at, a if end is None else min(a, end)))
            at = b
            if b is None:
                break
        if at is not None and (end is None or at < end):
            spans.append((at, end))
        return [(a, b) for a, b in spans if b is None or b > a]


@dataclass(frozen=True)
class SlaValue:
    """The value of a field: cycles that are over and one that runs; without any only its name."""

    number: int
    name: str
    issue: int
    cycles: tuple[Cycle, ...] = ()

    def show(self, view: View) -> object:
        """Return what the issue shows; nothing to someone without a licence as agent."""
        if not view.agent:
            return None
        address = f"~/rest/servicedeskapi/request/{self.issue}/sla/{self.number}"
        shown: dict[str, Any] = {"id": str(self.number), "name": self.name, "_links": {"self": address}}
        if self.cycles:
            shown["completedCycles"] = [_over(each, view) for each in self.cycles if each.stop is not None]
            running = next((each for each in self.cycles if each.stop is None), None)
            if running is not None:
                shown["ongoingCycle"] = _ongoing(running, view)
            shown["slaDisplayFormat"] = "NEW_SLA_FORMAT"
        return shown


def _over(cycle: Cycle, view: View) -> dict[str, Any]:
    stop = cycle.stop or 0
    breach = cycle.breach_at(stop)
    shown = {"startTime": dates(cycle.start, view), "stopTime": dates(stop, view)}
    if breach is not None:
        shown["breachTime"] = dates(breach, view)
    return {**shown, "breached": cycle.breached(stop), **_spans(cycle, stop)}


def _ongoing(cycle: Cycle, view: View) -> dict[str, Any]:
    shown: dict[str, Any] = {"startTime": dates(cycle.start, view)}
    paused = cycle.paused(view.now)
    breach = cycle.breach_at(view.now)
    if breach is not None and not paused:
        shown["breachTime"] = dates(breach, view)
    state = {
        "breached": cycle.breached(view.now),
        "paused": paused,
        "withinCalendarHours": cycle.calendar.within(view.now),
    }
    return {**shown, **state, **_spans(cycle, view.now)}


def _spans(cycle: Cycle, at: int) -> dict[str, Any]:
    elapsed = cycle.elapsed(at)
    return {
        "goalDuration": _span(cycle.goal),
        "elapsedTime": _span(elapsed),
        "remainingTime": _span(cycle.goal - elapsed),
    }


def _span(ms: int) -> dict[str, Any]:
    minutes = abs(ms) // 60_000
    hours = f"{minutes // 60}h " if minutes >= 60 else ""
    return {"millis": ms, "friendly": f"{'-' if ms < 0 else ''}{hours}{minutes % 60}m"}

"""When jobs are due: cron lines and intervals, their time zone and how far apart they may start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from config.crontab import Crontab, crontab
from config.decisions import Section
from config.values import TimeZone, duration_seconds, setting_error, written

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

SHORTEST_SECONDS, LONGEST_SECONDS = 1, 366 * 86400
LOOKED_AT = datetime(2024, 1, 1, tzinfo=UTC)
"""From here on a schedule is tried when it is read: a leap year comes first."""
TRIED = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _cron_line(value: object) -> str:
    found = crontab(value)
    if found.trigger().get_next_fire_time(None, LOOKED_AT) is None:
        raise setting_error(value, "never comes: no month it names has such a day")
    return found.line


def _interval(value: object) -> int:
    seconds = duration_seconds(value)
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise setting_error(value, "is not a usable interval (write it as 30 min, 4 hours or 7 days)")
    return seconds


CronLine = Annotated[str, BeforeValidator(_cron_line)]
_DURATION = r"\s*\d{1,6}\s*(?:s|sec|seconds?|min|minutes?|h|hours?|days?|weeks?)\s*"
Interval = Annotated[int, BeforeValidator(_interval), written(_DURATION, "30 min", "4 hours")]
Delay = Annotated[int, BeforeValidator(duration_seconds), written(_DURATION, "5 min")]


class Schedule(Section):
    """When a job is due: a cron line or an interval."""

    cron: CronLine | None = Field(
        default=None,
        description="Five fields as crontab(5) has them (`0 6 * * MON`), or `@daily` and such.",
    )
    every: Interval | None = Field(
        default=None,
        description="Interval instead of a cron line (`30 min`), counted from 1970, UTC.",
    )
    time_zone: TimeZone | None = Field(
        default=None, description="Zone of the cron line; `assess.time_zone` when not given."
    )
    jitter: Delay = Field(
        default=0,
        description="Starts up to this much later, each time by another, reproducible amount (`5 min`), so "
        "that not everybody asks a platform at the same second.",
        json_schema_extra={"default": "0 s"},
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.cron is None) == (self.every is None):
            raise ValueError("name either a cron line or every")
        if self.jitter and self.jitter >= self._shortest_gap():
            raise ValueError("jitter is longer than the shortest time between two runs; shorten it")
        return self

    @cached_property
    def crontab(self) -> Crontab | None:
        """What the cron line means."""
        return crontab(self.cron) if self.cron is not None else None

    def trigger(self) -> BaseTrigger:
        """Return the calendar on a clock that is never changed: the wall's for cron lines, else UTC."""
        if self.crontab is not None:
            return self.crontab.trigger()
        from apscheduler.triggers.interval import IntervalTrigger

        return IntervalTrigger(seconds=self.every, start_date=EPOCH, timezone=UTC)

    def in_zone(self, default: str) -> Schedule:
        """Return this schedule with its zone, the default where none is given."""
        return self if self.time_zone else self.model_copy(update={"time_zone": default})

    def text(self) -> str:
        """Return it in one line, as history keeps it; `Schedule.of_text` reads it."""
        shown = [f"every {self.every} s" if self.every else f"{self.cron}", self.time_zone or "UTC"]
        return "; ".join([*shown, f"{self.jitter} s"])

    @classmethod
    def of_text(cls, text: str) -> Schedule:
        """Return what `text` gave."""
        when, zone, jitter = text.split("; ")
        schedule: Schedule = scheduled(when)
        return schedule.model_copy(update={"time_zone": zone, "jitter": duration_seconds(jitter)})

    def _shortest_gap(self) -> float:
        trigger: Any = self.trigger()
        moment, gaps = LOOKED_AT, list[float]()
        for _ in range(TRIED):
            following = trigger.get_next_fire_time(moment, moment)
            gaps.append((following - moment) / timedelta(seconds=1))
            moment = following
        return min(gaps[1:])


def scheduled(value: object) -> Any:
    """Return the schedule that a text means: a cron line, or an interval such as `every 30 min`."""
    if isinstance(value, Mapping | Schedule):
        return value
    if isinstance(value, str) and value.strip().lower().startswith("every "):
        return Schedule.model_construct(every=_interval(value.strip()[len("every ") :]), jitter=0)
    return Schedule.model_construct(cron=_cron_line(value), jitter=0)


ScheduleSetting = Annotated[Schedule, BeforeValidator(scheduled, json_schema_input_type=str | Schedule)]
"""A schedule as people write it: a text, or its parts by name."""

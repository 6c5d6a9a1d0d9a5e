"""Which findings are new, which are known and silent, which got worse, which are over (section 6.10)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from evaluators.alerts.finding import Entries, Finding, standing_now
from evaluators.results import Assessment


@dataclass(frozen=True)
class Alert:
    """One finding from the day it was first told until it is over."""

    id: str
    """The same in every run, so that it can be delivered more than once without being two."""
    finding: Finding
    """As it was last told."""
    since: date
    told: date


@dataclass(frozen=True)
class Outcome:
    """What to tell after an assessment."""

    raised: tuple[Alert, ...]
    worse: tuple[Alert, ...]
    """Known ones that fell again by as much as is told of."""
    silent: tuple[Alert, ...]
    """Known ones of which nothing new is to be said."""
    recovered: tuple[Alert, ...]

    @property
    def open(self) -> tuple[Alert, ...]:
        """All that are not over."""
        return (*self.raised, *self.worse, *self.silent)


def updated(known: Sequence[Alert], found: Sequence[Finding], now: Assessment, entries: Entries) -> Outcome:
    """Put what was found in an assessment beside the open alerts."""
    keys = {each.finding.key for each in known}
    fresh = [_raised(each, now.as_of) for each in found if each.key not in keys]
    raised = {each.id: each for each in fresh}
    worse, silent, recovered = [], [], []
    for alert in known:
        own = alert.finding
        stands = standing_now(own.rule, own.practice, own.department, own.subject, now, entries)
        if stands is not None and stands >= own.limit:
            recovered.append(alert)
        elif stands is not None and _is_worse(own, stands):
            again = next((each for each in found if each.key == own.key), own)
            told = replace(again, before=own.before, limit=own.limit, now=stands)
            worse.append(replace(alert, finding=told, told=now.as_of))
        else:
            silent.append(alert)
    return Outcome(tuple(raised.values()), tuple(worse), tuple(silent), tuple(recovered))


def _is_worse(told: Finding, stands: float) -> bool:
    """Say whether it stands lower by once more the fall that is told of."""
    return stands < told.now - (told.before - told.limit)


def _raised(finding: Finding, day: date) -> Alert:
    parts = (*(str(part) for part in finding.key), day.isoformat())
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()
    return Alert(digest[:12], finding, since=day, told=day)

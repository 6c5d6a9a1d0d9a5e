"""Which records an indicator looks at: kinds, sources, days and rule X0 (section 4, errata A1, B3, B6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from evaluators.catalogue import Catalogue, Exclusion, Indicator
from evaluators.measures.population import Part, Population, Reading
from evaluators.policy import Policy
from evaluators.results import State
from evaluators.support import Answerable, SupportMap, plural
from evaluators.tellers import Teller, told_by
from storage.records import KINDS
from storage.records.schema import AGE

COHORT_COLUMN = "opened_on"
"""A fixed cohort is a set of records by the day they were opened (erratum A1)."""


@dataclass
class Populations:
    """Makes the populations of one assessment."""

    catalogue: Catalogue
    policy: Policy
    as_of: date
    reconstructed: bool
    supports: SupportMap
    notes: list[str] = field(default_factory=list)
    """What was left out and why."""

    def of(self, indicator: Indicator) -> Population | Answerable:
        """Return the records an indicator looks at, or why no source can show them."""
        found = {name: self._population(indicator, each) for name, each in indicator.readings().items()}
        missing = [each for each in found.values() if isinstance(each, Answerable)]
        if missing:
            return missing[0]
        populations = {name: each for name, each in found.items() if isinstance(each, Population)}
        populations = _told_alike(populations)
        if not all(each.parts for each in populations.values()):
            return Answerable((), State.NOT_SUPPORTED, "no source fills all that is asked of its records")
        own, *_ = populations
        return replace(
            populations[own], also={name: each for name, each in populations.items() if name != own}
        )

    def _population(self, indicator: Indicator, reading: Reading) -> Population | Answerable:
        parts = self._parts(indicator, reading)
        if isinstance(parts, Answerable):
            return parts
        window = reading.window
        first, until = window.bounds(self.as_of, self.policy)
        dated_by = window.of or f"DATE '{until - timedelta(days=1)}'"
        cohort = self.policy.cohort is not None and not window.snapshot
        if cohort and all(COHORT_COLUMN in KINDS[part.kind].by_name for part in parts):
            if dated_by != COHORT_COLUMN:
                parts = [
                    replace(part, conditions=(*part.conditions, f"{dated_by} IS NOT NULL")) for part in parts
                ]
            dated_by = COHORT_COLUMN
        return Population(
            parts=tuple(parts),
            dated_by=dated_by,
            days=window.conditions(dated_by, first, until),
            first=first,
            until=until,
            as_of=self._start_of_day(),
            today=self.as_of,
            ages=tuple(sorted(name for name in self._columns(reading) if name.endswith(AGE))),
            field_defaults=self.policy.field_defaults,
            fixed=cohort,
            snapshot=window.snapshot,
        )

    def _parts(self, indicator: Indicator, reading: Reading) -> list[Part] | Answerable:
        """Return the kinds that can be read; those of several that cannot are left out and noted."""
        parts, lacking = [], {}
        needs = {kind: reading.needed_of(kind) for kind in reading.kinds}
        answers = self.supports.answers(needs, whole=indicator.whole, reconstructed=self.reconstructed)
        for kind, found in answers.items():
            if found.state is not None:
                lacking[kind] = found
                continue
            parts.append(Part(kind, found.tellers, self.counted(kind, found.tellers, reading.window.of)))
        if not parts:
            return next(iter(lacking.values()))
        read = ", ".join(plural(part.kind) for part in parts)
        self.notes += [
            f"{plural(kind)} are left out of what is counted over them and {read} ({each.reason})"
            for kind, each in lacking.items()
        ]
        return parts

    def _columns(self, reading: Reading) -> set[str]:
        rules = [rule for kind in reading.kinds for rule in self.catalogue.exclusions.get(kind, ())]
        return set(reading.columns).union(*(rule.when.columns for rule in rules))

    def counted(self, kind: str, tellers: tuple[Teller, ...], dated_by: str | None = None) -> tuple[str, ...]:
        """Return the conditions of rule X0, each for those who can answer it (erratum B3).

        `dated_by` says since when a record of a kind that is not opened is there.
        """
        rules = self.policy.exclusions
        if not rules.enabled:
            return ()
        conditions = []
        for exclusion in self.catalogue.exclusions.get(kind, ()):
            able = self._able(kind, exclusion, tellers)
            if able:
                excluded = f"COALESCE({exclusion.when.sql}, FALSE)"
                conditions.append(f"NOT ({told_by(able)} AND {excluded})")
        started = COHORT_COLUMN if COHORT_COLUMN in KINDS[kind].by_name else dated_by
        if rules.go_live is not None and started is not None:
            warm = rules.go_live + timedelta(days=rules.warm_up_days)
            conditions.append(f"{started} >= DATE '{warm}'")
        return tuple(conditions)

    def _able(self, kind: str, exclusion: Exclusion, tellers: tuple[Teller, ...]) -> tuple[Teller, ...]:
        """Return those who fill what an exclusion asks for; the others are noted."""
        able = []
        for teller in tellers:
            missing = exclusion.when.columns - self.supports.columns((teller,), kind)
            if not missing:
                able.append(teller)
                continue
            lacking = ", ".join(sorted(missing))
            self.notes.append(
                f"{plural(kind)} not excluded: {exclusion.name} ({teller} does not fill {lacking})"
            )
        return tuple(able)

    def _start_of_day(self) -> datetime:
        local = datetime.combine(self.as_of, time(), ZoneInfo(self.policy.time_zone))
        return local.astimezone(UTC).replace(tzinfo=None)


def _told_alike(populations: Mapping[str, Population]) -> dict[str, Population]:
    """Leave out of each reading the records of a kind that another reading cannot be told by.

    What counts above a line and not below it, or below and not above, would move a ratio by itself.
    """
    every = [part for each in populations.values() for part in each.parts]
    common = {
        kind: set.intersection(*({*part.tellers} for part in every if part.kind == kind))
        for kind in {part.kind for part in every}
    }
    return {
        name: replace(
            each,
            parts=tuple(
                replace(part, tellers=tellers)
                for part in each.parts
                if (tellers := tuple(one for one in part.tellers if one in common[part.kind]))
            ),
        )
        for name, each in populations.items()
    }

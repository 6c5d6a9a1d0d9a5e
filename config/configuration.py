"""A loaded configuration: what the rest of the product asks it for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from config.connections import schedule_of
from config.document import Document, Route, shown_route
from config.interpolation import Interpolation
from config.people_key import key_file, people_key
from config.schedules import Schedule
from config.settings import Assess, Calendars, Departments, Exclude, People, Settings, States
from config.waiting import Waiting, needed_by
from evaluators.policy import Calendar, Cohort, Exclusions, Policy
from storage.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from connectors.contract import ConnectorSettings, SettingProblem
    from evaluators.catalogue import Catalogue
    from storage.evidence.protection import Protection


@dataclass(frozen=True)
class Exemption:
    """An indicator or a practice that a person declared not applicable, with reason, owner and last day."""

    indicator: str | None
    practice: str | None
    reason: str
    owner: str
    until: date


@dataclass(frozen=True, repr=False)
class Configuration:
    """One valid configuration file."""

    file: Path
    settings: Settings
    document: Document
    interpolation: Interpolation
    waiting: Waiting
    """Values that reading a platform needs and that could not be filled in."""
    indicators: Document | None = None
    """The file with own indicators: data and positions."""

    @property
    def folder(self) -> Path:
        """Folder that relative paths start in."""
        return self.file.parent

    @property
    def evidence(self) -> str:
        """Address of the evidence store."""
        return self.settings.evidence

    @property
    def history(self) -> str:
        """Address of the history store; it may hold a password."""
        return self.settings.history

    @property
    def connectors(self) -> Mapping[str, ConnectorSettings]:
        """Settings of each connector by its name, in the order of the file."""
        return self.settings.connectors

    @property
    def departments(self) -> Departments:
        """Which department a record's work belongs to."""
        return self.settings.departments

    @property
    def assess(self) -> Assess:
        """What an assessment looks at."""
        return self.settings.assess

    @property
    def calendars(self) -> Calendars:
        """When people work."""
        return self.settings.calendars

    @property
    def people(self) -> People:
        """Identities that are not persons; `automation` is None where no list is configured."""
        return self.settings.people

    @property
    def exclude(self) -> Exclude:
        """Which records do not count."""
        return self.settings.exclude

    @property
    def states(self) -> States:
        """What the platform's state names mean."""
        return self.settings.states

    @cached_property
    def exemptions(self) -> tuple[Exemption, ...]:
        """What was declared not applicable, also where the last day has passed."""
        return tuple(
            Exemption(one.indicator, one.practice, one.reason, one.owner, one.until)
            for one in self.settings.exemptions
        )

    @cached_property
    def catalogue(self) -> Catalogue:
        """The indicators in force, shipped and own, and how practices add up."""
        from config.own_catalogue import composed, with_entries

        catalogue, _ = with_entries(self.indicators)
        return composed(catalogue, self.settings.overall)

    @cached_property
    def schedules(self) -> Mapping[str, Schedule]:
        """When each scheduled job is due, by its name: `sync NAME` in the order of the file, `assess`, …"""
        jobs = {f"sync {name}": schedule_of(one) for name, one in self.connectors.items()}
        jobs |= {"assess": self.assess.schedule, "backup": self.settings.backup.schedule}
        zone = self.assess.time_zone
        return {name: one.in_zone(zone) for name, one in jobs.items() if one is not None}

    def exempted(self) -> dict[str, list[Exemption]]:
        """Return by indicator what exempts it, by itself or with its whole practice."""
        found: dict[str, list[Exemption]] = {}
        for entry in self.catalogue.entries:
            own = [each for each in self.exemptions if each.indicator == entry.id]
            whole = [each for each in self.exemptions if each.practice == entry.practice]
            if own or whole:
                found[entry.id] = [*own, *whole]
        return found

    def policy(self) -> Policy:
        """Return what the organisation decided; settings that are not given keep the policy's defaults."""
        default, assess = Policy(), self.settings.assess
        return Policy(
            time_zone=assess.time_zone,
            window_days=assess.window,
            cohort=Cohort(assess.cohort.opened_from, assess.cohort.opened_to) if assess.cohort else None,
            calendar=self._calendar(),
            response_targets={**default.response_targets, **self.settings.response_targets},
            priority_matrix=self.settings.priority_matrix,
            field_defaults=dict(self.settings.field_defaults),
            automation=self.people.automation,
            migration=self.people.migration,
            active_users=self.people.active_users,
            waiting_states=_patterns(self.states.waiting, default.waiting_states),
            ended_states=_patterns(self.states.ended, default.ended_states),
            departments=dict(self.departments.map),
            gaming={name: dict(limits) for name, limits in self.settings.doubts.gaming.items()},
            quality=dict(self.settings.doubts.quality),
            stale_after_days=None if assess.cohort else assess.stale_after,
            exclusions=Exclusions(not self.exclude.none, self.exclude.go_live, self.exclude.warm_up),
        )

    def require_values(self, connectors: Collection[str]) -> None:
        """Raise ConfigurationError where a password or key that these connectors need is not there."""
        problems = needed_by(self.waiting, connectors)
        if problems:
            raise ConfigurationError(problems, hint="Set it and run this again; what is stored needs none.")

    def lacks_key(self) -> bool:
        """Say whether the next use of the people key would make a new one."""
        return self.people.key is None and not key_file(self.folder).exists()

    def protection(self) -> Protection:
        """Return how persons and texts are protected; makes the key file on first use.

        Raises FatalError where the key file cannot be made or read.
        """
        from storage.evidence.protection import Protection

        key = people_key(self.people.key, self.folder)
        return Protection(key, self.people.automation or (), self.people.migration)

    def setting_problems(self, connector: str, found: Sequence[SettingProblem]) -> list[Problem]:
        """Return positions for what a connector found wrong with its settings; no secret is shown."""
        return setting_problems(self.document, ("connectors", connector), found, self.interpolation)

    def _calendar(self) -> Calendar:
        default = self.calendars.default
        return Calendar(dict(default.hours), tuple(sorted(default.holidays)))

    def __repr__(self) -> str:
        """Name the file and its connectors alone: addresses and settings may hold secrets."""
        return f"Configuration({str(self.file)!r}, connectors={list(self.connectors)})"


def setting_problems(
    document: Document,
    base: Route,
    found: Sequence[SettingProblem],
    interpolation: Interpolation | None = None,
) -> list[Problem]:
    """Return each problem a connector found below `base` with its position, in file order."""
    placed = []
    for one in found:
        path = (*base, *one.path)
        message = interpolation.redacted(one.message, path) if interpolation else one.message
        placed.append((document.position(path), Problem(document.where(path), shown_route(path), message)))
    return [problem for _, problem in sorted(placed, key=lambda pair: (pair[0], pair[1].message))]


def _patterns(given: tuple[str, ...] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if given is None else tuple(pattern.casefold() for pattern in given)

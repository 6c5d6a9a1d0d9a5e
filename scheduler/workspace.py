"""What a configuration names, opened when it is first needed and closed at the end."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import config
from config import Configuration
from config.people_key import key_file
from connectors import registry
from connectors.contract import Connector, ConnectorContext, SettingProblem
from evaluators.catalogue import Catalogue
from evaluators.policy import Policy
from evaluators.practices import PRACTICES
from storage.errors import FatalError, Problem, UsageError
from storage.evidence import open_store
from storage.evidence.protection import Protection
from storage.evidence.store import EvidenceStore
from storage.history import History


class Workspace:
    """The stores, connectors and decisions of one configuration. Use it as a context manager."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def now(self) -> datetime:
        """Return the present moment, UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Return the present day in the assessment's time zone."""
        return self.now().astimezone(ZoneInfo(self.policy.time_zone)).date()

    @cached_property
    def policy(self) -> Policy:
        """What the organisation decided."""
        return self.configuration.policy()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The indicators in force, shipped and own."""
        return self.configuration.catalogue

    @cached_property
    def history(self) -> History:
        """The history, open until the workspace closes."""
        return self._closing.enter_context(
            History.open(self.configuration.history, self.configuration.folder)
        )

    def evidence(self) -> EvidenceStore:
        """Return the evidence, to be opened by `with` for the length of a commit or a query."""
        return open_store(self.configuration.evidence, self.configuration.folder)

    def connectors(
        self, names: Sequence[str] = (), *, since: date | None = None, afresh: bool = False
    ) -> dict[str, Connector]:
        """Return the named connectors, all without names; `afresh` where everything is read again.

        Raises UsageError for an unknown one, ConfigurationError where a password of one is not there,
        FatalError where the key that persons in evidence were hashed with is gone: with a new one each person
        would be two.
        """
        for name in names:
            self._require_connector(name)
        wanted = list(dict.fromkeys(names)) or list(self.configuration.connectors)
        self.configuration.require_values(wanted)
        if not afresh:
            self._require_key()
        return {name: self._connector(name, since) for name in wanted}

    def platforms(self) -> tuple[str, ...]:
        """Return the types of the connectors, each once, in the order of the file."""
        return tuple(dict.fromkeys(each.type for each in self.configuration.connectors.values()))

    def known_practices(self) -> tuple[str, ...]:
        """Return every practice of the model, with or without indicators in force."""
        return tuple(dict.fromkeys((*PRACTICES, *(each.practice for each in self.catalogue.practices))))

    def practices(self) -> tuple[str, ...]:
        """Return the practices that an assessment looks at unless told otherwise."""
        known = [each.practice for each in self.catalogue.practices]
        return tuple(name for name in self.configuration.assess.practices or known if name in known)

    def setting_problems(self, connector: str, found: Sequence[SettingProblem]) -> list[Problem]:
        """Return what a connector found wrong with its settings, with the place in the file."""
        return self.configuration.setting_problems(connector, found)

    def _require_key(self) -> None:
        if not self.configuration.lacks_key():
            return
        with self.evidence() as evidence:
            used = bool(evidence.supports())
        if used:
            raise FatalError(
                f"The key file {key_file(self.configuration.folder)} is gone, and persons in evidence were "
                "hashed with it: with a new key each of them would get another id and count twice.",
                hint="Restore it from a backup, or set people.key. If it is lost, itsm-maturity sync --full "
                "makes a new one and reads everything again.",
            )

    def _require_connector(self, name: str) -> None:
        known = list(self.configuration.connectors)
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.6)
            suggestion = f"Did you mean '{near[0]}'? " if near else ""
            raise UsageError(
                f"There is no connector '{name}'.",
                hint=f"{suggestion}Configured are: {', '.join(known) or 'none'}.",
            )

    def _connector(self, name: str, since: date | None) -> Connector:
        settings = self.configuration.connectors[name]
        context = ConnectorContext(
            name, self.configuration.folder, self._protection, since, lambda kind: self._stored(name, kind)
        )
        connector = registry.connector_class(settings.type)(settings, context)
        self._closing.callback(connector.close)
        return connector

    def _stored(self, source: str, kind: str) -> Collection[str]:
        with self.evidence() as evidence:
            return evidence.ids(source, kind)

    @cached_property
    def _protection(self) -> Protection:
        return self.configuration.protection()


@contextmanager
def open_workspace(file: Path) -> Iterator[Workspace]:
    """Load a configuration file and yield its workspace; raises ConfigurationError with all problems."""
    with Workspace(config.load(file, os.environ)) as workspace:
        yield workspace

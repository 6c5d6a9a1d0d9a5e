"""The platforms that can be simulated: how each is filled, what can go wrong there, what reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interface.demonstration import (
    PASSWORD,
    Organisation,
    Tell,
    configuration,
    exported,
    hidden,
    own_password,
    with_policy,
)

if TYPE_CHECKING:
    from sandbox.serving.fault import Fault
    from sandbox.serving.platform import Conditions, SimulatedPlatform

Truth = dict[str, Any]


class Platform(StrEnum):
    """Platforms that can be simulated."""

    SERVICENOW = "servicenow"
    JIRA = "jira"


@dataclass(frozen=True)
class Simulation:
    """What is asked for."""

    platform: Platform
    organisation: Organisation
    folder: Path | None
    """Exported rows or issues to be served in place of an organisation."""
    server: bool = False
    """Jira as Data Center, not as Cloud."""

    @property
    def title(self) -> str:
        """What people call it."""
        return {"servicenow": "ServiceNow", "jira": "Jira Data Center" if self.server else "Jira"}[
            self.platform
        ]

    def filled(self, tell: Tell) -> tuple[Any, Truth | None]:
        """Return what is to be served, and what was planted in it."""
        fill = {Platform.SERVICENOW: _tables, Platform.JIRA: _site}[self.platform]
        return fill(self, tell)

    def started(self, content: Any, truth: Truth | None, conditions: Conditions) -> SimulatedPlatform[Any]:
        """Return the platform with its content, which does not listen yet."""
        start = {Platform.SERVICENOW: _servicenow, Platform.JIRA: _jira}[self.platform]
        return start(self, content, truth, conditions)

    def configuration(self, running: SimulatedPlatform[Any], truth: Truth | None) -> str:
        """Return a configuration that reads it."""
        secret = f"${{{PASSWORD}}}"
        if self.platform is Platform.SERVICENOW:
            return configuration(running.url, running.user, secret, truth=truth, authority=running.ca_file)
        way = f'basic, user: {running.user}, password: "{secret}"'
        if not self.server:
            way = f'api_token, user: {running.user}, token: "{secret}"'
        authority = json.dumps(str(running.ca_file)) if running.ca_file else ""
        tls = f"\n    tls: {{ca_bundle: {authority}}}" if authority else ""
        text = _JIRA.format(url=running.url, way=way, gateway=running.root, tls=tls)
        return with_policy(text, truth)

    def faults(self, texts: Sequence[str]) -> list[Fault]:
        """Return faults by name or from script files. Raises UsageError for what is neither."""
        from interface.demonstration import faults_of

        return faults_of(texts, self._faults())

    def _faults(self) -> tuple[Callable[[str], list[Fault]], Callable[[object], list[Fault]]]:
        if self.platform is Platform.JIRA:
            from sandbox.jira.faults import named
        else:
            from sandbox.servicenow.faults import named  # type: ignore[no-redef]
        return named.named, named.scripted


def _tables(wanted: Simulation, tell: Tell) -> tuple[Any, Truth | None]:
    from sandbox.servicenow import tables_from_folder, tables_of

    if wanted.folder:
        return exported(wanted.folder, tables_from_folder, tell), None
    organisation = wanted.organisation.generated(tell)
    tell("filling ServiceNow's tables")
    return tables_of(organisation), organisation.truth


def _site(wanted: Simulation, tell: Tell) -> tuple[Any, Truth | None]:
    from sandbox.jira import Traps, site_from_folder, site_of

    if wanted.folder:
        return exported(wanted.folder, site_from_folder, tell), None
    organisation = wanted.organisation.generated(tell)
    tell("filling Jira's projects")
    return site_of(organisation, traps=Traps()), organisation.truth


def _servicenow(
    wanted: Simulation, content: Any, truth: Truth | None, conditions: Conditions
) -> SimulatedPlatform[Any]:
    from sandbox.servicenow import SandboxServiceNow, Settings

    settings = Settings(password=own_password()) if own_password() else Settings()
    return SandboxServiceNow(content, settings=settings, access=hidden(truth or {}), **conditions)


def _jira(
    wanted: Simulation, content: Any, truth: Truth | None, conditions: Conditions
) -> SimulatedPlatform[Any]:
    from sandbox.jira import SandboxJira, Settings

    settings = Settings(token=own_password()) if own_password() else Settings()
    mode: Any = "data_center" if wanted.server else "cloud"
    return SandboxJira(content, mode, settings=settings, **conditions)


_JIRA = """\
evidence: duckdb:evidence.duckdb
history: sqlite:maturity.db

connectors:
  sandbox:
    type: jira
    url: {url}
    auth: {{type: {way}}}
    gateway: {gateway}   # in place of api.atlassian.com{tls}

"""

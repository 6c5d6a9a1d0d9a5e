"""A small site to read, a configured connector, and a store that keeps what a sync would store."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from connectors.contract import Connector, ConnectorContext, Reading
from connectors.jira import JiraConnector, JiraSettings
from sandbox.jira import SandboxJira, Settings, Site, site_of
from sandbox.jira.settings import Mode
from sandbox.organisation import Organisation, Quality, generate
from sandbox.organisation.table import Table
from sandbox.serving.clock import Clock
from storage.evidence.protection import Protection
from storage.evidence.store import KindState, Record

UNTIL = date(2026, 3, 2)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
QUICK = {"attempts": 4, "wait": 0, "longest": 2, "budget": 400}
MODES: tuple[Mode, ...] = ("cloud", "data_center")


@cache
def organisation(share: float = 0.12) -> Organisation:
    """Return a share of an organisation's records, generated once; sites of it are made anew."""
    whole = generate(Quality.of_level(3, seed=5), seed=5, until=UNTIL, incidents=1000)
    few: dict[str, Any] = {
        name: _first(getattr(whole, name), share)
        for name in ("incidents", "problems", "changes", "requests", "alerts", "configuration_items")
    }
    return replace(whole, **few)


def _first(table: Table, share: float) -> Table:
    rows = max(4, int(len(table) * share))
    return Table({name: values[:rows] for name, values in table.columns.items()})


def site(share: float = 0.12, **options: Any) -> Site:
    """Return a site with an organisation's records."""
    return site_of(organisation(share), **options)


def sandbox(mode: Mode = "cloud", served: Site | None = None, **options: Any) -> SandboxJira:
    """Return a Jira whose clock stands, unless another one is given."""
    return SandboxJira(served or site(), mode, **{"clock": Clock(NOW)} | options)


def login(jira: SandboxJira) -> dict[str, Any]:
    """Return the usual way in: API token on Cloud, personal access token on Data Center."""
    if jira.cloud:
        return {"type": "api_token", "user": jira.user, "token": jira.token}
    return {"type": "personal_token", "token": jira.personal_token}


def settings(jira: SandboxJira, **changes: Any) -> JiraSettings:
    given = {"type": "jira", "url": jira.url, "auth": login(jira), "gateway": jira.root, "retries": QUICK}
    return JiraSettings.model_validate(given | changes)


def connect(
    jira: SandboxJira,
    stored: Callable[[str], Collection[str]] | None = None,
    *,
    oldest: date | None = None,
    **changes: Any,
) -> JiraConnector:
    protection = Protection(key=b"test", automation=("svc_*",))
    return JiraConnector(
        settings(jira, **changes), ConnectorContext("apps", Path("/"), protection, oldest, stored)
    )


class Store:
    """What a sync would have stored: records by kind and id, bookmarks, the ledger of each window."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Record]] = {}
        self.bookmarks: dict[str, str] = {}
        self.readings: list[tuple[str, Reading]] = []

    def ids(self, kind: str) -> set[str]:
        return set(self.records.get(kind, {}))

    def sync(self, connector: Connector, *kinds: str) -> None:
        """Read every window of some kinds that can be read, all without names."""
        states = {result.kind: result.state for result in connector.probe()}
        for kind in kinds or tuple(connector.capabilities()):
            if states[kind] in (KindState.READABLE, KindState.EMPTY):
                self._pull(connector, kind)
        connector.close()

    def _pull(self, connector: Connector, kind: str) -> None:
        for window in connector.windows(kind, self.bookmarks.get(kind)):
            reading, named, before = Reading(), set[str](), self.ids(kind)
            for batch in connector.read(window, reading):
                for name, records in batch.records.items():
                    self.records.setdefault(name, {}).update((one.id, one) for one in records)
                for name, gone in batch.deleted.items():
                    for one in gone:
                        self.records.get(name, {}).pop(one, None)
                named |= {one.id for one in batch.records.get(kind, ())} | set(batch.present.get(kind, ()))
            if window.complete and not reading.hidden:
                for one in before - named:
                    del self.records[kind][one]
            self.bookmarks[kind] = window.bookmark
            self.readings.append((kind, reading))


def seconds(ms: Any) -> datetime | None:
    """Return what the site planted as a moment, in whole seconds."""
    return None if ms is None else datetime.fromtimestamp(ms // 1000, UTC)


__all__ = ["MODES", "NOW", "QUICK", "Settings", "Store", "connect", "login", "sandbox", "seconds", "site"]

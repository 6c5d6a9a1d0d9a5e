"""The ServiceNow connector keeps the contract, whichever way it is let in and whatever is hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.conformance import ConnectorConformance
from connectors.servicenow import ServiceNowConnector
from sandbox.servicenow import Access, SandboxServiceNow, scattered
from storage.records import KINDS
from tests.connectors.servicenow.support import PEOPLE, connect, full_tables, sandbox

NOWHERE = "http://127.0.0.1:9"
ALL = dict.fromkeys(KINDS, 1) | {
    "incident": 30,
    "service_level": 30,
    "transition": 120,
    "group": 3,
    "event": 3,
    "configuration_item": 2,
    "ci_relationship": 2,
    "release": 2,
    "request": 2,
    "knowledge_use": 5,
}
INCIDENTS = {"incident": 30, "transition": 120, "group": 3}


class ServiceNowConformance(ConnectorConformance):
    """An instance with rows of every kind."""

    expected: ClassVar[Mapping[str, int]] = ALL
    personal: ClassVar[Sequence[str]] = (*PEOPLE, "Ann Example", "cable", "Cable")
    options: ClassVar[Mapping[str, Any]] = {}
    instance: ClassVar[SandboxServiceNow]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _serve(cls) -> Iterator[None]:
        with sandbox(full_tables(), **cls.options) as instance:
            cls.instance = instance
            yield

    @pytest.fixture(autouse=True)
    def _close(self) -> Iterator[None]:
        self.opened: list[ServiceNowConnector] = []
        yield
        for connector in self.opened:
            connector.close()

    def connector(self) -> ServiceNowConnector:
        return self._opened()

    def broken(self) -> ServiceNowConnector:
        return self._opened(url=NOWHERE)

    def changes(self) -> dict[str, Any]:
        return {}

    def _opened(self, **changes: Any) -> ServiceNowConnector:
        given: dict[str, Any] = {"records": list(KINDS), "page_size": 50} | self.changes() | changes
        self.opened.append(connect(self.instance, folder=Path("/"), **given))
        return self.opened[-1]


class TestBasic(ServiceNowConformance):
    pass


class TestOneWorker(ServiceNowConformance):
    expected: ClassVar[Mapping[str, int]] = INCIDENTS

    def changes(self) -> dict[str, Any]:
        return {"workers": 1, "records": ["incident"]}


class TestOAuthOverTls(ServiceNowConformance):
    options: ClassVar[Mapping[str, Any]] = {"tls": True}
    expected: ClassVar[Mapping[str, int]] = INCIDENTS

    def changes(self) -> dict[str, Any]:
        auth = {"type": "oauth", "grant": "client_credentials"}
        auth |= {"client_id": self.instance.client_id, "client_secret": self.instance.client_secret}
        return {"records": ["incident"], "auth": auth, "tls": {"ca_bundle": str(self.instance.ca_file)}}


class TestMutualTls(ServiceNowConformance):
    options: ClassVar[Mapping[str, Any]] = {"tls": "mutual"}
    expected: ClassVar[Mapping[str, int]] = INCIDENTS

    def changes(self) -> dict[str, Any]:
        shown = str(self.instance.client_certificate)
        tls = {"ca_bundle": str(self.instance.ca_file), "certificate": shown}
        return {"records": ["incident"], "auth": {"type": "certificate"}, "tls": tls}


class TestHiddenRows(ServiceNowConformance):
    options: ClassVar[Mapping[str, Any]] = {"access": {"incident": Access(hidden=(scattered(0.3),))}}
    expected: ClassVar[Mapping[str, int]] = {"transition": 120, "group": 3}

    def changes(self) -> dict[str, Any]:
        return {"records": ["incident"]}

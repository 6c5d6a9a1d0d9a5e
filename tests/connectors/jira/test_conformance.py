"""The Jira connector keeps the contract on Cloud and Data Center, whichever way it is let in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from connectors.conformance import ConnectorConformance
from connectors.jira import JiraConnector
from sandbox.jira import SandboxJira
from sandbox.jira.settings import Mode
from tests.connectors.jira.support import connect, sandbox, site

NOWHERE = "http://127.0.0.1:9/jira"
ISSUES = {"incident": 40, "problem": 4, "change": 12, "request": 30}
ALL = ISSUES | {"release": 8, "configuration_item": 9, "group": 12}


class JiraConformance(ConnectorConformance):
    """A site with issues of every kind."""

    mode: ClassVar[Mode] = "cloud"
    expected: ClassVar[Mapping[str, int]] = ALL | {"alert": 20}
    personal: ClassVar[Sequence[str]] = ("We are looking into it", "@example.org", "acc:", "agent.")
    options: ClassVar[Mapping[str, Any]] = {}
    jira: ClassVar[SandboxJira]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _serve(cls) -> Iterator[None]:
        with sandbox(cls.mode, site(0.04), **cls.options) as jira:
            cls.jira = jira
            yield

    @pytest.fixture(autouse=True)
    def _close(self) -> Iterator[None]:
        self.opened: list[JiraConnector] = []
        yield
        for connector in self.opened:
            connector.close()

    def connector(self) -> JiraConnector:
        return self._opened(**self.changes())

    def broken(self) -> JiraConnector:
        return self._opened(url=NOWHERE)

    def changes(self) -> dict[str, Any]:
        return {}

    def _opened(self, **changes: Any) -> JiraConnector:
        self.opened.append(connect(self.jira, **changes))
        return self.opened[-1]


class TestCloud(JiraConformance):
    pass


class TestDataCenter(JiraConformance):
    mode: ClassVar[Mode] = "data_center"
    expected: ClassVar[Mapping[str, int]] = ALL


class TestClientCredentialsOverTls(JiraConformance):
    options: ClassVar[Mapping[str, Any]] = {"tls": True}
    expected: ClassVar[Mapping[str, int]] = ISSUES

    def changes(self) -> dict[str, Any]:
        auth = {
            "type": "oauth",
            "grant": "client_credentials",
            "client_id": self.jira.client_id,
            "client_secret": self.jira.client_secret,
            "token_url": f"{self.jira.root}/oauth/token",
        }
        tls = {"ca_bundle": str(self.jira.ca_file)}
        return {"url": self.jira.api_url, "auth": auth, "tls": tls, "records": list(ISSUES)}


class TestScopedToken(JiraConformance):
    expected: ClassVar[Mapping[str, int]] = ISSUES

    def changes(self) -> dict[str, Any]:
        token = self.jira.settings.scoped_token
        auth = {"type": "scoped_token", "user": self.jira.user, "token": token}
        return {"auth": auth, "records": list(ISSUES)}


class TestDataCenterWithPassword(JiraConformance):
    mode: ClassVar[Mode] = "data_center"
    expected: ClassVar[Mapping[str, int]] = {"incident": 40}

    def changes(self) -> dict[str, Any]:
        auth = {"type": "basic", "user": self.jira.user, "password": self.jira.token}
        return {"auth": auth, "workers": 1, "records": ["incident"]}

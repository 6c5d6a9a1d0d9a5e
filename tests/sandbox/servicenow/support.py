"""Rows to serve and a client that asks as a reader would."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from sandbox.servicenow import SandboxServiceNow, Tables, sys_id

START = datetime(2026, 1, 1, tzinfo=UTC)


def moment(seconds: int) -> str:
    """Return a moment after START as records have it."""
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")


def incidents(count: int, *, step: int = 60) -> list[dict[str, str]]:
    """Return incidents, one every `step` seconds."""
    return [
        {
            "number": f"INC{number:07d}",
            "sys_id": sys_id("incident", f"INC{number:07d}"),
            "short_description": f"Incident {number}",
            "state": str(1 + number % 8),
            "priority": str(1 + number % 5),
            "sys_created_on": moment(number * step),
            "sys_updated_on": moment(number * step),
        }
        for number in range(count)
    ]


def served(count: int = 250) -> Tables:
    """Return tables with so many incidents."""
    tables = Tables()
    tables.add("incident", incidents(count))
    return tables


class Client:
    """A session with the instance's account."""

    def __init__(self, instance: SandboxServiceNow, timeout: float = 10) -> None:
        self.timeout = timeout
        self.url = instance.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (instance.user, instance.password)
        if instance.ca_file:
            self.session.verify = str(instance.ca_file)

    def get(self, path: str, **parameters: str | int) -> requests.Response:
        """Ask below /api/now; `sysparm_` is put before every parameter."""
        named = {f"sysparm_{name}": str(value) for name, value in parameters.items()}
        return self.session.get(f"{self.url}/api/now/{path}", params=named, timeout=self.timeout)

    def page(self, table: str = "incident", **parameters: str | int) -> requests.Response:
        """Ask for a page of rows."""
        return self.get(f"table/{table}", **parameters)

    def rows(self, table: str = "incident", **parameters: str | int) -> list[dict[str, Any]]:
        """Return the rows of a page."""
        result: list[dict[str, Any]] = self.page(table, **parameters).json()["result"]
        return result

    def numbers(self, query: str, **parameters: str | int) -> list[str]:
        """Return the numbers of the incidents that fulfil a query."""
        return [row["number"] for row in self.rows("incident", query=query, fields="number", **parameters)]


def ids(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return the sys_ids of rows."""
    return [row["sys_id"] for row in rows]

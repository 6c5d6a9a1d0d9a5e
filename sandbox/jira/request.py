"""Requests to a site, and its ways of saying no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sandbox.jira.api.routes import Address, address
from sandbox.jira.store import User
from sandbox.serving import exchange
from sandbox.serving.exchange import READING, RECORDS, Reply, answer


class Request(exchange.Request):
    """A request with the parts of its address and whoever sent it."""

    address: Address
    caller: User
    content: Any

    def route(self) -> tuple[str, str]:
        """Return the area and the name of the route; whatever is no route has an empty one."""
        self.address = address(self.path)
        self.content = None
        area = {"token": "token", "": ""}.get(self.address.name, RECORDS)
        return area, self.address.name

    @property
    def writes(self) -> bool:
        """It would change something; searches and bulk reads are posted without."""
        return self.method not in READING and not self.address.reading

    @property
    def version(self) -> str:
        """Version of the API: 2, 3 or latest."""
        return self.address.parts.get("version", "2")

    def part(self, name: str) -> str:
        """Return a part of the address."""
        return self.address.parts.get(name, "")

    def asked(self, name: str, default: Any = None) -> Any:
        """Return an argument, from the body where there is one, else from the address."""
        if self.content is None:
            self.content = self.json() if self.body else {}
        if name in self.content:
            return self.content[name]
        return self.parameters.get(name, default)

    def names(self, name: str) -> list[str] | None:
        """Return names given as a list, with commas or as a parameter that comes again; None for none."""
        value = self.asked(name)
        if value is None:
            return None
        given = value if isinstance(value, list) else self._repeated(name, value)
        return [text for each in given for part in str(each).split(",") if (text := part.strip())]

    def _repeated(self, name: str, value: Any) -> list[Any]:
        pairs = parse_qsl(self.target.partition("?")[2], keep_blank_values=True)
        return [text for key, text in pairs if key == name] or [value]

    def count(self, name: str, default: int) -> int:
        """Return a number; the default where it is none."""
        try:
            return int(self.asked(name, default))
        except (TypeError, ValueError):
            return default


def refused(status: int, *messages: str, errors: Mapping[str, str] | None = None) -> Reply:
    """Return a reply that says what is wrong, as the platform does."""
    return answer(status, {"errorMessages": list(messages), "errors": dict(errors or {})})


def missing(what: str = "Issue") -> Reply:
    """Return the reply for what is not there, or not for the reader: Jira makes no difference."""
    return refused(404, f"{what} does not exist or you do not have permission to see it.")

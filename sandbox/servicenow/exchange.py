"""Requests to the web services of an instance, and its way of saying no."""

from __future__ import annotations

import re

from sandbox.serving import exchange
from sandbox.serving.exchange import Reply, answer

_ROUTE = re.compile(r"/api/now(?:/(v\d))?/(table|stats|batch|attachment)(?:/([^/]*))?(?:/([^/]*))?/?")


class Request(exchange.Request):
    """A request with the parts of its address."""

    version: str
    name: str
    part: str

    def route(self) -> tuple[str, str]:
        """Return the web service and the table that is asked for, empty for other requests."""
        match = _ROUTE.fullmatch(self.path)
        parts = match.groups(default="") if match else ("", "", "", "")
        self.version, area, self.name, self.part = parts
        if self.path == "/oauth_token.do":
            area = "token"
        return area, self.name if area in ("table", "stats") else ""


def failure(status: int, message: str, detail: str = "") -> Reply:
    """Return a reply that says what is wrong, as the platform does."""
    content = {"error": {"message": message, "detail": detail or None}, "status": "failure"}
    return answer(status, content)

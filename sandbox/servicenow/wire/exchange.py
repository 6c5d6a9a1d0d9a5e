"""One request and its reply, apart from the sockets they travel on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
_ROUTE = re.compile(r"/api/now(?:/(v\d))?/(table|stats|batch|attachment)(?:/([^/]*))?(?:/([^/]*))?/?")


@dataclass
class Request:
    """What a client sent; `number` counts the requests of this instance from 1."""

    number: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    session: str = ""
    certified: bool = False
    """The client showed a certificate of the instance's authority."""

    def __post_init__(self) -> None:
        self._headers = {name.lower(): text for name, text in self.headers.items()}
        path, _, query = self.target.partition("?")
        self.path = unquote(path)
        self.parameters = dict(parse_qsl(query, keep_blank_values=True))
        match = _ROUTE.fullmatch(self.path)
        parts = match.groups(default="") if match else ("", "", "", "")
        self.version, self.area, self.name, self.part = parts
        if self.path == "/oauth_token.do":
            self.area = "token"

    @property
    def table(self) -> str:
        """The table that is asked for, empty for other requests."""
        return self.name if self.area in ("table", "stats") else ""

    @property
    def writes(self) -> bool:
        """It would change something."""
        return self.area in ("table", "attachment", "batch") and self.method not in ("GET", "HEAD", "OPTIONS")

    def header(self, name: str) -> str:
        """Return a header, empty where it was not sent."""
        return self._headers.get(name.lower(), "")

    def flag(self, parameter: str) -> bool:
        """Return whether a parameter is `true`."""
        return self.parameters.get(parameter, "").lower() == "true"

    def integer(self, parameter: str, default: int) -> int:
        """Return a parameter as a number, the default where it is none."""
        text = self.parameters.get(parameter, "")
        return int(text) if text.isdigit() else default

    def json(self) -> dict[str, Any]:
        """Return the body as an object, an empty one where it is none."""
        try:
            loaded = orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError:
            return {}
        return loaded if isinstance(loaded, dict) else {}


@dataclass(frozen=True)
class Delivery:
    """How the bytes of a reply leave: all at once unless something is set."""

    cut: float = 1.0
    """Share of the body that is sent before the connection is closed."""
    reset: bool = False
    """The connection is reset; with `cut` 0 nothing is sent."""
    hang: bool = False
    """Nothing is sent and the connection stays open until the instance stops."""
    trickle: int = 0
    """Bytes per tenth of a second."""


WHOLE = Delivery()


@dataclass
class Reply:
    """What an instance answers, and what the journal notes about it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    delivery: Delivery = WHOLE
    rows: list[dict[str, Any]] | None = None
    """The rows in the body, for faults that cut it."""
    matched: int = -1
    """Rows that fulfil the query before any is hidden."""
    cut: int = -1
    """Rows of the page before any is hidden."""
    last: bool = False
    """The page reaches the end of the rows."""
    fault: str = ""


def answer(status: int, content: object) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status, orjson.dumps(content))


def failure(status: int, message: str, detail: str = "") -> Reply:
    """Return a reply that says what is wrong, as the platform does."""
    content = {"error": {"message": message, "detail": detail or None}, "status": "failure"}
    return answer(status, content)


def page(status: int, title: str, text: str) -> Reply:
    """Return a page for people."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return Reply(status, body.encode(), content_type=HTML)

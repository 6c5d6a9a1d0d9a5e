"""One request and its reply, apart from the sockets they travel on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"


READING = ("GET", "HEAD", "OPTIONS")
RECORDS = "table"
"""The area of everything that serves records; faults strike there unless they say where."""


@dataclass
class Request:
    """What a client sent; `number` counts the requests of this server from 1.

    A platform's own class of requests says in `route` what is asked for.
    """

    number: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    session: str = ""
    certified: bool = False
    """The client showed a certificate of the server's authority."""

    def __post_init__(self) -> None:
        self._headers = {name.lower(): text for name, text in self.headers.items()}
        path, _, query = self.target.partition("?")
        self.path = unquote(path)
        self.parameters = dict(parse_qsl(query, keep_blank_values=True))
        self.area, self.table = self.route()

    def route(self) -> tuple[str, str]:
        """Return the area, and in it what faults and journal go by: a table, or a kind of resource."""
        return "", ""

    @property
    def writes(self) -> bool:
        """It would change something."""
        return self.area != "token" and self.method not in READING

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
    """Nothing is sent, or the share `cut`, and the connection stays open until the server stops."""
    wait: float = 0.0
    """Seconds before the first byte."""
    trickle: int = 0
    """Bytes per tenth of a second."""


WHOLE = Delivery()


@dataclass
class Reply:
    """What a platform answers, and what the journal notes about it."""

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


def page(status: int, title: str, text: str) -> Reply:
    """Return a page for people."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return Reply(status, body.encode(), content_type=HTML)

"""The listening part: a thread a connection on the loopback, replies whole or broken on purpose."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply, Request, page

LONGEST_URL = 8192
_SMALLEST_ZIPPED = 500
Sent = TypeVar("Sent", bound=Request)


class Server(Generic[Sent]):
    """Serves on 127.0.0.1 until it is stopped; port 0 is a free one. Raises OSError for one that is taken."""

    def __init__(
        self,
        respond: Callable[[Sent], Reply],
        request: type[Sent],
        clock: Clock,
        *,
        product: str,
        context: ssl.SSLContext | None = None,
        zipped: bool = False,
        port: int = 0,
    ) -> None:
        self.respond = respond
        self.request = request
        self.product = product
        self.clock = clock
        self.zipped = zipped
        self.stopping = Event()
        self.errors: list[Exception] = []
        self._numbers = 0
        self._lock = Lock()
        self._http = _Listener(self, context, port)
        self.port: int = self._http.server_address[1]
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection, hanging ones too, and the port."""
        self.stopping.set()
        self._http.shutdown()
        self._http.close_connections()
        self._http.server_close()
        self._thread.join()

    def next_number(self) -> int:
        """Return the number of the next request."""
        with self._lock:
            self._numbers += 1
            return self._numbers


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, owner: Server[Any], context: ssl.SSLContext | None, port: int) -> None:
        self.owner = owner
        self.context = context
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any
    ) -> None:
        """Speak TLS in the connection's own thread, so that a slow handshake stops nobody."""
        if isinstance(request, tuple):
            return
        try:
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                request = self.context.wrap_socket(request, server_side=True)
        except OSError:
            self.shutdown_request(request)
            return
        with self._lock:
            self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)

    def close_connections(self) -> None:
        """Close what is open."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about connections that a client gave up; what is wrong here is kept for the end."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.owner.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        """Answer any method."""
        owner = self.server.owner
        length = int(self.headers.get("Content-Length") or 0)
        request = owner.request(
            owner.next_number(),
            self.command,
            self.path,
            dict(self.headers.items()),
            self.rfile.read(length) if length else b"",
            certified=_certified(self.connection),
        )
        if len(self.path) > LONGEST_URL:
            self._send(page(HTTPStatus.REQUEST_URI_TOO_LONG, "Request-URI Too Large", "The URL is too long."))
        else:
            self._send(owner.respond(request))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the standard library
        """Write nothing: the journal has it."""

    def _send(self, reply: Reply) -> None:
        delivery = reply.delivery
        if delivery.wait:
            self.server.owner.stopping.wait(delivery.wait)
        if delivery.hang and delivery.cut >= 1:
            self._stand_still()
            return
        body = b"" if self.command == "HEAD" else reply.body
        headers = dict(reply.headers)
        if self._may_zip(body):
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        head = self._head(reply, headers, len(reply.body) if self.command == "HEAD" else len(body))
        if delivery.hang:
            self.connection.sendall(head + body[: int(len(body) * delivery.cut)])
            self._stand_still()
        elif delivery.cut < 1 or delivery.reset:
            self._break_off(head, body[: int(len(body) * delivery.cut)], reset=delivery.reset)
        elif delivery.trickle:
            self._trickle(head + body, delivery.trickle)
        else:
            self.connection.sendall(head + body)

    def _stand_still(self) -> None:
        self.server.owner.stopping.wait()
        self.close_connection = True

    def _may_zip(self, body: bytes) -> bool:
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        return self.server.owner.zipped and accepted and len(body) > _SMALLEST_ZIPPED

    def _head(self, reply: Reply, headers: dict[str, str], length: int) -> bytes:
        reason = HTTPStatus(reply.status).phrase if reply.status in _KNOWN else "Unknown"
        now = self.server.owner.clock.now()
        lines = [f"HTTP/1.1 {reply.status} {reason}", f"Date: {format_datetime(now, usegmt=True)}"]
        if reply.content_type and reply.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Type: {reply.content_type}")
        if reply.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {length}")
        lines += [f"{name}: {text}" for name, text in headers.items()]
        return ("\r\n".join([*lines, f"Server: {self.server.owner.product}", "", ""])).encode("latin-1")

    def _break_off(self, head: bytes, body: bytes, *, reset: bool) -> None:
        self.close_connection = True
        if body or not reset:
            self.connection.sendall(head + body)
        if reset:
            # with linger 0 the close sends RST instead of FIN
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _trickle(self, content: bytes, size: int) -> None:
        for start in range(0, len(content), size):
            self.connection.sendall(content[start : start + size])
            if self.server.owner.stopping.wait(0.1):
                self.close_connection = True
                return


_KNOWN = frozenset(status.value for status in HTTPStatus)


def _certified(connection: socket.socket) -> bool:
    return isinstance(connection, ssl.SSLSocket) and bool(connection.getpeercert())

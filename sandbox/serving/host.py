"""Where a simulated platform listens, from its start to its end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Generic

from sandbox.serving.certificates import Certificates, Security
from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply
from sandbox.serving.server import Sent, Server


class Host(Generic[Sent]):
    """A server with its certificates and the errors of the sandbox itself, raised when it closes."""

    def __init__(
        self,
        respond: Callable[[Sent], Reply],
        request: type[Sent],
        clock: Clock,
        *,
        product: str,
        tls: Security = False,
        zipped: bool = False,
        port: int = 0,
    ) -> None:
        self.certificates: Certificates | None = None
        self.errors: list[Exception] = []
        self.stopping = Event()
        self._respond, self._request, self._clock = respond, request, clock
        self._product, self._tls, self._zipped, self._port = product, tls, zipped, port
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: Server[Sent] | None = None

    def open(self) -> str:
        """Start to listen and return the URL; raises OSError for a port that is taken."""
        context = None
        if self._tls:
            self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
            self.certificates = Certificates(Path(self._folder.name), mutual=self._tls == "mutual")
            context = self.certificates.context
        self._server = Server(
            self._respond,
            self._request,
            self._clock,
            product=self._product,
            context=context,
            zipped=self._zipped,
            port=self._port,
        )
        self.stopping = self._server.stopping
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Begin to answer."""
        if self._server is not None:
            self._server.start()

    def close(self, *, quietly: bool) -> None:
        """Stop; raise the first error of the sandbox itself unless `quietly`."""
        if self._server is not None:
            self._server.stop()
            self.errors += self._server.errors
        if self._folder is not None:
            self._folder.cleanup()
        if self.errors and not quietly:
            raise self.errors[0]

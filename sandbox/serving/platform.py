"""What every simulated platform does: listen, let in, go wrong, go on, keep a journal, tell the truth."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypedDict, TypeVar

from sandbox.serving.certificates import Security
from sandbox.serving.clock import Clock
from sandbox.serving.control import PREFIX, Control
from sandbox.serving.exchange import Reply, Request
from sandbox.serving.fault import Fault, Faults
from sandbox.serving.host import Host
from sandbox.serving.journal import Journal
from sandbox.serving.latency import NONE, Latency
from sandbox.serving.script import Occasions, When
from sandbox.serving.server import Sent
from sandbox.serving.settings import Client

_EVERYTHING = When(area="*")


Guest = TypeVar("Guest", bound=Request, contravariant=True)


class Gate(Protocol[Guest]):
    """Lets requests in, keeps them waiting, or sends them away."""

    def serve(self, request: Guest, work: Callable[[], Reply]) -> tuple[Reply, int]:
        """Return the reply and how many requests were in work with this one."""


class Conditions(TypedDict, total=False):
    """Under which conditions a platform is served, beside what it holds and how it is set up."""

    seed: int
    """Everything that happens by chance follows it; 1 unless given."""
    clock: Clock | None
    """The platform's time; the real one unless given."""
    faults: Sequence[Fault]
    """What goes wrong."""
    latency: Latency
    tls: Security
    """False, True, or `mutual` for a client certificate in place of a password."""
    zipped: bool
    port: int
    """0 is a free one; one that is taken raises OSError."""


class SimulatedPlatform(ABC, Generic[Sent]):
    """Serves between `__enter__` and `__exit__`, which raises what went wrong in the sandbox itself."""

    product: str
    """What it calls itself in its replies."""
    journal: Journal
    _gate: Gate[Sent]

    def __init__(
        self,
        request: type[Sent],
        settings: Client,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        faults: Sequence[Fault] = (),
        latency: Latency = NONE,
        tls: Security = False,
        zipped: bool = False,
        port: int = 0,
    ) -> None:
        self.clock = clock or Clock()
        self.seed = seed
        self.root = ""
        """Scheme, host and port."""
        self._client = settings
        self._latency, self._delays = latency, Occasions(_EVERYTHING, f"{seed}:latency")
        self._faults = Faults(faults, self.clock, seed)
        self._control = Control(self._told, self.journal, self.clock)
        self._host = Host(
            self._respond, request, self.clock, product=self.product, tls=tls, zipped=zipped, port=port
        )

    @abstractmethod
    def _told(self, kind: str, visible: bool) -> Sequence[Mapping[str, Any]]:
        """Return what a perfect reader has at the end."""

    @abstractmethod
    def _answer(self, request: Sent) -> tuple[str, Reply]:
        """Return who asks, and the reply before any fault."""

    @abstractmethod
    def _failed(self, error: Exception) -> Reply:
        """Return the reply for a mistake in the sandbox itself."""

    def _opened(self) -> None:
        """Take note of the address."""

    def _noted(self, request: Sent, reply: Reply) -> None:
        """Complete a reply, or what the journal is to have of a request."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where a reader finds it."""

    @property
    @abstractmethod
    def user(self) -> str:
        """Name of the account that reads."""

    @property
    @abstractmethod
    def secret(self) -> str:
        """Password or token of the account."""

    @property
    def client_id(self) -> str:
        """Id of the OAuth client."""
        return self._client.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the OAuth client."""
        return self._client.client_secret

    @property
    def ca_file(self) -> Path | None:
        """Certificate (PEM) of the authority that signed the server's, None without TLS."""
        certificates = self._host.certificates
        return certificates.authority if certificates else None

    @property
    def client_certificate(self) -> Path | None:
        """Key and certificate (PEM) of a client, None without mutual TLS."""
        certificates = self._host.certificates
        return certificates.client if certificates else None

    def __enter__(self) -> Self:
        self.root = self._host.open()
        self._opened()
        self._host.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.close(quietly=error is not None)

    def script_faults(self, faults: Sequence[Fault]) -> None:
        """Replace the script of faults; an empty one ends them."""
        self._faults = Faults(faults, self.clock, self.seed)

    def _respond(self, request: Sent) -> Reply:
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        self.clock.tick()
        at, begin = self.clock.text(), time.perf_counter()
        user = ""

        def work() -> Reply:
            nonlocal user
            self._wait(request)
            try:
                user, reply = self._answer(request)
                return self._faults.strike(request, reply)
            except Exception as error:
                self._host.errors.append(error)
                return self._failed(error)

        reply, concurrent = self._gate.serve(request, work)
        seconds = time.perf_counter() - begin
        self._noted(request, reply)
        self.journal.note(request, reply, at=at, user=user, seconds=seconds, concurrent=concurrent)
        return reply

    def _wait(self, request: Sent) -> None:
        seconds = self._latency.seconds(self._delays.random(request.number))
        if seconds > 0:
            self._host.stopping.wait(seconds)

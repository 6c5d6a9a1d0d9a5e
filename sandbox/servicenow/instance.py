"""A simulated ServiceNow over real HTTP on the loopback, gone when its context ends."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.servicenow.access import Access, Rights
from sandbox.servicenow.api.accounts import Accounts
from sandbox.servicenow.api.admission import COOKIE, Admission, session_of
from sandbox.servicenow.api.context import Instance
from sandbox.servicenow.api.router import Router
from sandbox.servicenow.changes import Writer
from sandbox.servicenow.exchange import Request, failure
from sandbox.servicenow.faults.answers import SIGN_ON
from sandbox.servicenow.journal import Journal
from sandbox.servicenow.life import Life, Mutation
from sandbox.servicenow.query import Context, Selector
from sandbox.servicenow.settings import Settings
from sandbox.servicenow.store import Row, Tables
from sandbox.servicenow.store.describe import describe
from sandbox.serving.certificates import Security
from sandbox.serving.clock import Clock
from sandbox.serving.control import PREFIX, Control
from sandbox.serving.exchange import Reply, page
from sandbox.serving.fault import Fault, Faults
from sandbox.serving.host import Host
from sandbox.serving.latency import NONE, Latency
from sandbox.serving.script import Occasions, When

_EVERYTHING = When(area="*")


class SandboxServiceNow:
    """Serves `tables` between `__enter__` and `__exit__`.

    `access` says by table what the account may see, `faults` and `life` what goes wrong and what goes
    on; both are seeded. `tls` is False, True, or `mutual` for a client certificate in place of a
    password. `port` 0 is a free one; one that is taken raises OSError. Raises at the end what went wrong
    in the sandbox itself.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        seed: int = 1,
        settings: Settings | None = None,
        access: Mapping[str, Access] | None = None,
        faults: Sequence[Fault] = (),
        life: Sequence[Mutation] = (),
        latency: Latency = NONE,
        clock: Clock | None = None,
        tls: Security = False,
        zipped: bool = False,
        port: int = 0,
    ) -> None:
        self.tables = tables
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.journal = Journal()
        self.writer = Writer(tables, self.clock, seed=seed)
        self.accounts = Accounts(self.settings, self.clock, seed)
        self.url = ""
        self._seed = seed
        self._host = Host(
            self._respond, Request, self.clock, product="ServiceNow", tls=tls, zipped=zipped, port=port
        )
        self._latency, self._delays = latency, Occasions(_EVERYTHING, f"{seed}:latency")
        describe(tables, self.settings)
        self._instance = Instance(
            tables,
            self.settings,
            self.clock,
            Rights(tables, access or {}),
            Selector(tables, unstable=self.settings.unstable_ties, seed=seed),
            self.writer,
        )
        self._router = Router(self._instance)
        self._admission = Admission(self.settings.limits, self.clock)
        self._faults = Faults(faults, self.clock, seed)
        self.life = Life(life, tables, self.writer, self.clock, seed)
        self._control = Control(
            lambda table, visible: self.truth(table, visible=visible), self.journal, self.clock
        )

    @property
    def user(self) -> str:
        """Name of the account."""
        return self.settings.user

    @property
    def password(self) -> str:
        """Its password."""
        return self.accounts.settings.password

    @property
    def client_id(self) -> str:
        """Id of the OAuth client."""
        return self.settings.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the OAuth client."""
        return self.accounts.settings.client_secret

    @property
    def ca_file(self) -> Path | None:
        """Certificate (PEM) of the authority that signed the instance's, None without TLS."""
        certificates = self._host.certificates
        return certificates.authority if certificates else None

    @property
    def client_certificate(self) -> Path | None:
        """Key and certificate (PEM) of a client, None without mutual TLS."""
        certificates = self._host.certificates
        return certificates.client if certificates else None

    def __enter__(self) -> Self:
        self.url = self._instance.url = self._host.open()
        self._host.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.close(quietly=error is not None)

    def truth(self, table: str, *, visible: bool = True) -> list[Row]:
        """Return the rows of a table in order of sys_id: what a perfect reader has at the end.

        `visible` leaves out what the account's rights hide; otherwise every row comes.
        """
        if table not in self.tables:
            return []
        rights = self._instance.rights
        rule = rights.of(table)
        if not visible:
            return self.tables.rows(table)
        if rule.denied or rule.closed:
            return []
        found = Selector(self.tables).find(table, rule.before_query, Context())
        return [row for row in found.rows if rights.shown(row)]

    def script_faults(self, faults: Sequence[Fault]) -> None:
        """Replace the script of faults; an empty one ends them."""
        self._faults = Faults(faults, self.clock, self._seed)

    def _respond(self, request: Request) -> Reply:
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        if request.path == SIGN_ON:
            return page(200, "Log in", "Sign in with your organisation's account.")
        self.clock.tick()
        at, begin = self.clock.text(), time.perf_counter()
        request.session = session_of(request)
        user = ""

        def work() -> Reply:
            nonlocal user
            self._wait(request)
            try:
                user, reply = self._answer(request)
                return self._faults.strike(request, reply)
            except Exception as error:
                self._host.errors.append(error)
                return failure(500, "The sandbox itself failed", repr(error))

        reply, concurrent = self._admission.serve(request, work)
        if not request.session and reply.status < 400 and request.area != "token":
            reply.headers.setdefault("Set-Cookie", f"{COOKIE}={uuid.uuid4().hex}; Path=/; HttpOnly")
        seconds = time.perf_counter() - begin
        self.journal.note(request, reply, at=at, user=user, seconds=seconds, concurrent=concurrent)
        return reply

    def _wait(self, request: Request) -> None:
        seconds = self._latency.seconds(self._delays.random(request.number))
        if seconds > 0:
            self._host.stopping.wait(seconds)

    def _answer(self, request: Request) -> tuple[str, Reply]:
        if request.area == "token":
            return "", self.accounts.token(request)
        user = self.accounts.authenticate(request)
        if isinstance(user, Reply):
            return "", user
        self.life.go_on(request)
        return user, self._router.answer(request)

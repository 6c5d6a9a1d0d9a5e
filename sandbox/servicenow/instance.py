"""A simulated ServiceNow over real HTTP on the loopback, gone when its context ends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Unpack

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
from sandbox.serving.exchange import Reply, page
from sandbox.serving.platform import Conditions, SimulatedPlatform


class SandboxServiceNow(SimulatedPlatform[Request]):
    """Serves `tables` between `__enter__` and `__exit__`.

    `access` says by table what the account may see, `life` what goes on while it is read; faults, clock, seed
    and the rest stand in `Conditions`.
    """

    product = "ServiceNow"
    journal: Journal

    def __init__(
        self,
        tables: Tables,
        *,
        settings: Settings | None = None,
        access: Mapping[str, Access] | None = None,
        life: Sequence[Mutation] = (),
        **conditions: Unpack[Conditions],
    ) -> None:
        self.tables = tables
        self.settings = settings or Settings()
        self.journal = Journal()
        super().__init__(Request, self.settings, **conditions)
        self.writer = Writer(tables, self.clock, seed=self.seed)
        self.accounts = Accounts(self.settings, self.clock, self.seed)
        describe(tables, self.settings)
        self._instance = Instance(
            tables,
            self.settings,
            self.clock,
            Rights(tables, access or {}),
            Selector(tables, unstable=self.settings.unstable_ties, seed=self.seed),
            self.writer,
        )
        self._router = Router(self._instance)
        self._gate = Admission(self.settings.limits, self.clock)
        self.life = Life(life, tables, self.writer, self.clock, self.seed)

    @property
    def url(self) -> str:
        """Address of the instance."""
        return self.root

    @property
    def user(self) -> str:
        """Name of the account."""
        return self.settings.user

    @property
    def password(self) -> str:
        """Its password."""
        return self.accounts.settings.password

    @property
    def secret(self) -> str:
        """The same."""
        return self.password

    @property
    def client_secret(self) -> str:
        """Secret of the OAuth client, which may have been rotated."""
        return self.accounts.settings.client_secret

    def _opened(self) -> None:
        self._instance.url = self.url

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

    def _told(self, kind: str, visible: bool) -> list[Row]:
        return self.truth(kind, visible=visible)

    def _respond(self, request: Request) -> Reply:
        if request.path == SIGN_ON:
            return page(200, "Log in", "Sign in with your organisation's account.")
        request.session = session_of(request)
        return super()._respond(request)

    def _failed(self, error: Exception) -> Reply:
        return failure(500, "The sandbox itself failed", repr(error))

    def _noted(self, request: Request, reply: Reply) -> None:
        """Open a session for whoever came without one."""
        if not request.session and reply.status < 400 and request.area != "token":
            reply.headers.setdefault("Set-Cookie", f"{COOKIE}={uuid.uuid4().hex}; Path=/; HttpOnly")

    def _answer(self, request: Request) -> tuple[str, Reply]:
        if request.area == "token":
            return "", self.accounts.token(request)
        user = self.accounts.authenticate(request)
        if isinstance(user, Reply):
            return "", user
        self.life.go_on(request)
        return user, self._router.answer(request)

"""A simulated Jira over real HTTP on the loopback, gone when its context ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import orjson

from sandbox.jira.admission import Admission
from sandbox.jira.api.accounts import OPEN, Accounts
from sandbox.jira.api.context import Instance
from sandbox.jira.api.router import Router
from sandbox.jira.changes import Writer
from sandbox.jira.life import Life, Mutation
from sandbox.jira.request import Request, refused
from sandbox.jira.settings import Mode, Settings
from sandbox.jira.store import Site
from sandbox.jira.truth import truth
from sandbox.serving.exchange import Reply
from sandbox.serving.journal import Journal
from sandbox.serving.platform import Conditions, SimulatedPlatform


class SandboxJira(SimulatedPlatform[Request]):
    """Serves `site` between `__enter__` and `__exit__`, as Cloud or as Data Center.

    `life` says what goes on while it is read; faults, clock, seed and the rest stand in `Conditions`.
    """

    def __init__(
        self,
        site: Site,
        mode: Mode = "cloud",
        *,
        settings: Settings | None = None,
        life: Sequence[Mutation] = (),
        **conditions: Unpack[Conditions],
    ) -> None:
        self.site = site
        self.mode = mode
        self.cloud = mode == "cloud"
        self.product = "AtlassianEdge" if self.cloud else "Jira"
        self.settings = settings or Settings()
        self.journal = Journal()
        super().__init__(Request, self.settings, **conditions)
        self.writer = Writer(site, self.clock)
        self.accounts = Accounts(site, self.settings, self.clock, self.seed, cloud=self.cloud)
        self.instance = Instance(site, self.settings, self.clock, self.cloud, self.seed)
        self.life = Life(life, site, self.writer, self.clock, self.seed)
        self.router = Router(self.instance)
        self._gate = Admission(self.settings.limits, self.clock)

    @property
    def url(self) -> str:
        """Address of the site; of Data Center with its context path."""
        return self.root if self.cloud else self.root + self.settings.context

    @property
    def api_url(self) -> str:
        """Address for scoped tokens and OAuth 2.0 (api.atlassian.com/ex/jira/{cloudId})."""
        return f"{self.root}/ex/jira/{self.settings.cloud_id}"

    @property
    def user(self) -> str:
        """Name of the account: a mail address on Cloud."""
        return self.accounts.user.name

    @property
    def token(self) -> str:
        """API token of Cloud, password of Data Center."""
        return self.settings.token

    @property
    def secret(self) -> str:
        """The same."""
        return self.token

    @property
    def personal_token(self) -> str:
        """Personal access token of Data Center."""
        return self.settings.personal_token

    def _opened(self) -> None:
        self.instance.url = self.url

    def truth(self, kind: str = "issue", *, visible: bool = True) -> list[dict[str, Any]]:
        """Return what a perfect reader has at the end.

        `issue`, `history`, `comment` and `version` are what the platform holds, without what the reader
        may not see unless `visible` is false; any record kind is what was planted (`incident`, …).
        """
        return truth(self.instance, kind, visible=visible)

    def expire_page_tokens(self) -> None:
        """Let every token of a page expire, as seven days do."""
        self.router.search.tokens.forget()
        self.router.issues.tokens.forget()

    def _told(self, kind: str, visible: bool) -> list[dict[str, Any]]:
        return self.truth(kind, visible=visible)

    def _failed(self, error: Exception) -> Reply:
        return refused(500, f"The sandbox itself failed: {error!r}")

    def _noted(self, request: Request, reply: Reply) -> None:
        """Let the journal have what was asked for in a body too."""
        if request.body and request.address.reading and request.area != "token":
            for name, value in request.json().items():
                text = value if isinstance(value, str) else orjson.dumps(value).decode()
                request.parameters.setdefault(name, text)

    def _answer(self, request: Request) -> tuple[str, Reply]:
        if not self._placed(request):
            return "", refused(404, "Not Found")
        if request.area == "token":
            return "", self.accounts.token(request)
        caller = self.accounts.authenticate(request)
        if isinstance(caller, Reply):
            return "", caller
        request.caller = caller
        self.life.go_on(request)
        with self.site.lock:
            reply = self.router.answer(request)
        return "" if request.address.name in OPEN else caller.name, reply

    def _placed(self, request: Request) -> bool:
        """Return whether the begin of the address is one of the site's."""
        prefix = request.address.prefix
        if not self.cloud:
            return prefix == self.settings.context
        return prefix in ("", f"/ex/jira/{self.settings.cloud_id}")

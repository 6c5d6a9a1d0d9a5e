"""A simulated Jira over real HTTP on the loopback, gone when its context ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

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
from sandbox.serving.certificates import Security
from sandbox.serving.clock import Clock
from sandbox.serving.control import PREFIX, Control
from sandbox.serving.exchange import Reply
from sandbox.serving.fault import Fault, Faults
from sandbox.serving.host import Host
from sandbox.serving.journal import Journal
from sandbox.serving.latency import NONE, Latency
from sandbox.serving.script import Occasions, When

_EVERYTHING = When(area="*")


class SandboxJira:
    """Serves `site` between `__enter__` and `__exit__`, as Cloud or as Data Center.

    `faults` and `life` say what goes wrong and what goes on; both are seeded. `tls` is False, True, or
    `mutual`. `port` 0 is a free one; one that is taken raises OSError. Raises at the end what went wrong
    in the sandbox itself.
    """

    def __init__(
        self,
        site: Site,
        mode: Mode = "cloud",
        *,
        seed: int = 1,
        settings: Settings | None = None,
        faults: Sequence[Fault] = (),
        life: Sequence[Mutation] = (),
        latency: Latency = NONE,
        clock: Clock | None = None,
        tls: Security = False,
        zipped: bool = False,
        port: int = 0,
    ) -> None:
        self.site = site
        self.mode = mode
        self.cloud = mode == "cloud"
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.journal = Journal()
        self.writer = Writer(site, self.clock)
        self.accounts = Accounts(site, self.settings, self.clock, seed, cloud=self.cloud)
        self.root = ""
        """Scheme, host and port: on Cloud api.atlassian.com and the site at once."""
        self.instance = Instance(site, self.settings, self.clock, self.cloud, seed)
        self.life = Life(life, site, self.writer, self.clock, seed)
        self.router = Router(self.instance)
        self._seed = seed
        self._latency, self._delays = latency, Occasions(_EVERYTHING, f"{seed}:latency")
        self._admission = Admission(self.settings.limits, self.clock)
        self._faults = Faults(faults, self.clock, seed)
        self._control = Control(self._truth, self.journal, self.clock)
        product = "AtlassianEdge" if self.cloud else "Jira"
        self._host = Host(
            self._respond, Request, self.clock, product=product, tls=tls, zipped=zipped, port=port
        )

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
    def personal_token(self) -> str:
        """Personal access token of Data Center."""
        return self.settings.personal_token

    @property
    def client_id(self) -> str:
        """Id of the OAuth client."""
        return self.settings.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the OAuth client."""
        return self.settings.client_secret

    @property
    def ca_file(self) -> Path | None:
        """Certificate (PEM) of the authority that signed the server's, None without TLS."""
        certificates = self._host.certificates
        return certificates.authority if certificates else None

    def __enter__(self) -> Self:
        self.root = self._host.open()
        self.instance.url = self.url
        self._host.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.close(quietly=error is not None)

    def truth(self, kind: str = "issue", *, visible: bool = True) -> list[dict[str, Any]]:
        """Return what a perfect reader has at the end.

        `issue`, `history`, `comment` and `version` are what the platform holds, without what the reader
        may not see unless `visible` is false; any record kind is what was planted (`incident`, …).
        """
        return truth(self.instance, kind, visible=visible)

    def script_faults(self, faults: Sequence[Fault]) -> None:
        """Replace the script of faults; an empty one ends them."""
        self._faults = Faults(faults, self.clock, self._seed)

    def expire_page_tokens(self) -> None:
        """Let every token of a page expire, as seven days do."""
        self.router.search.tokens.forget()
        self.router.issues.tokens.forget()

    def _truth(self, kind: str, visible: bool) -> list[dict[str, Any]]:
        return self.truth(kind, visible=visible)

    def _respond(self, request: Request) -> Reply:
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
                return refused(500, f"The sandbox itself failed: {error!r}")

        reply, concurrent = self._admission.serve(request, work)
        seconds = time.perf_counter() - begin
        self._note_body(request)
        self.journal.note(request, reply, at=at, user=user, seconds=seconds, concurrent=concurrent)
        return reply

    def _note_body(self, request: Request) -> None:
        """Let the journal have what was asked for in a body too."""
        if request.body and request.address.reading and request.area != "token":
            for name, value in request.json().items():
                text = value if isinstance(value, str) else orjson.dumps(value).decode()
                request.parameters.setdefault(name, text)

    def _wait(self, request: Request) -> None:
        seconds = self._latency.seconds(self._delays.random(request.number))
        if seconds > 0:
            self._host.stopping.wait(seconds)

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

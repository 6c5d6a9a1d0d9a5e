"""Asks one Jira site, Cloud or Data Center; the jira library makes sessions and finds out what is there."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from connectors.jira.answers import Json, RefusedError, judged, token_answer
from connectors.jira.settings import (
    GATEWAY_PATH,
    ApiToken,
    ClientCredentials,
    JiraSettings,
    PersonalToken,
    RefreshGrant,
    ScopedToken,
)
from connectors.platform import transport
from connectors.platform.answers import CancelledError
from connectors.platform.credentials import (
    Basic,
    Bearer,
    Credentials,
    Token,
    TokenPost,
    client_form,
    refresh_tokens,
)
from connectors.platform.settings import BasicAuth
from connectors.platform.transport import Question, Transport, now_of
from storage.errors import FatalError

if TYPE_CHECKING:
    from jira import JIRA

_TOKENS = "https://auth.atlassian.com/oauth/token"
_SERVER_TOKENS = "/rest/oauth2/latest/token"
_ASKING = re.compile(
    r".*(/search/jql|/search|/search/approximate-count|/issue/bulkfetch|/changelog/bulkfetch|/object/aql"
    r"|/object/aql/totalcount|/oauth/token|/oauth2/latest/token)"
)
_OPT_IN = {"X-ExperimentalApi": "opt-in"}

logger = logging.getLogger("itsm_maturity.jira")


class ReadOnlyAdapter(transport.ReadOnlyAdapter):
    """Lets GET out, and the POSTs that search, fetch and ask for a token."""

    def asks(self, path: str) -> bool:
        """Whether a POST to this path only asks for something."""
        return _ASKING.fullmatch(path) is not None


class Site(Transport):
    """One Jira site."""

    def __init__(
        self, settings: JiraSettings, folder: Path, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(settings.url, settings, folder, sleep)
        self.settings = settings
        self._own_credentials = credentials(settings, self.post_token, folder)

    @property
    def credentials(self) -> Credentials:
        """What authenticates requests."""
        return self._own_credentials

    @property
    def token_address(self) -> str:
        """Where tokens of OAuth are asked for."""
        auth = self.settings.auth
        given = auth.token_url if isinstance(auth, ClientCredentials | RefreshGrant) else None
        central = GATEWAY_PATH in self.url or ".atlassian.net" in self.url
        return given or (_TOKENS if central else self.url + _SERVER_TOKENS)

    @cached_property
    def base(self) -> str:
        """Where the REST API is: the site's address, or that of Atlassian's API for tokens with scopes."""
        scoped = isinstance(self.settings.auth, ScopedToken | ClientCredentials | RefreshGrant)
        if not scoped or GATEWAY_PATH in self.url or not self._tenant:
            return self.url
        return f"{self.settings.gateway}{GATEWAY_PATH}{self._tenant}"

    @cached_property
    def cloud(self) -> bool:
        """Whether this is Cloud; said by the site itself, never guessed from its name."""
        try:
            info = self._library.server_info()
        except RefusedError:
            info = None
        if not isinstance(info, dict) or "deploymentType" not in info:
            raise FatalError(
                f"{self.url} is no Jira.",
                hint="Check `url`; Data Center may need a context path such as /jira.",
            )
        return bool(info["deploymentType"] == "Cloud")

    @cached_property
    def cloud_id(self) -> str:
        """Identifier of a Cloud site; empty for Data Center and where it is not told."""
        if GATEWAY_PATH in self.url:
            return self.url.rpartition("/")[2]
        return self._tenant if self.cloud else ""

    @cached_property
    def _tenant(self) -> str:
        question = Question("tenant_info", f"{self.url}/_edge/tenant_info", anonymous=True)
        try:
            found: Json = self.ask(question, lambda reply: judged(reply, "tenant_info"))
        except RefusedError:
            return ""
        return str(found.get("cloudId") or "")

    @cached_property
    def fields(self) -> list[Json]:
        """Every field of the site; Cloud shows those of team-managed projects to a search alone."""
        found = {str(one["id"]): one for one in self._library.fields()}
        if self.cloud:
            try:
                for one in self.pages("field/search", {"type": "custom"}):
                    found.setdefault(str(one["id"]), one)
            except RefusedError:
                pass
        return list(found.values())

    def now(self) -> datetime:
        """Return the site's own time, whole seconds; asks for it if it has not been seen yet."""
        return now_of(self, lambda: self.get("serverInfo"))

    def get(self, path: str, parameters: Mapping[str, str] | None = None, shape: type = dict) -> Any:
        """Return what is below /rest/api."""
        return self.at(f"{self.base}/rest/api/2/{path}", path, parameters, shape)

    def post(self, path: str, body: object, *, shrinkable: bool = False) -> Json:
        """Return the answer to a question that is too long for an address, below /rest/api."""
        question = Question(path, f"{self.base}/rest/api/2/{path}", body=body)
        found: Json = self.ask(question, lambda reply: judged(reply, path), shrinkable=shrinkable)
        return found

    def desk(self, path: str, parameters: Mapping[str, str] | None = None) -> Json:
        """Return what is below Service Management's own API."""
        found: Json = self.at(f"{self.base}/rest/servicedeskapi/{path}", path, parameters)
        return found

    def at(
        self,
        address: str,
        what: str,
        parameters: Mapping[str, str] | None = None,
        shape: type = dict,
        *,
        body: object = None,
    ) -> Any:
        """Return what stands at an address."""
        question = Question(what, address, parameters or {}, body, _OPT_IN)
        return self.ask(question, lambda reply: judged(reply, what, shape))

    def pages(self, path: str, parameters: Mapping[str, str] | None = None) -> list[Json]:
        """Return all values of a paged list, by what each page says of itself."""
        found: list[Json] = []
        while True:
            asked = {**(parameters or {}), "startAt": str(len(found)), "maxResults": "100"}
            question = Question(path, f"{self.base}/rest/api/2/{path}", asked)
            page: Json = self.ask(question, partial(_page, path, len(found)))
            found += page["values"]
            if not page["values"] or page.get("isLast") or len(found) >= int(page.get("total") or 10**9):
                return found

    @cached_property
    def _library(self) -> JIRA:
        """The jira library with our transport below it: it never repeats, logs or raises in its own way."""
        client = _client(self.base)
        client._session.close()
        client._session = _Asking(self)  # type: ignore[assignment]
        return client

    def _library_session(self) -> requests.Session:
        session: requests.Session = _client(self.url)._session
        session.auth = self.credentials
        return session

    def _adapter(self) -> ReadOnlyAdapter:
        return ReadOnlyAdapter()

    def _token_answer(self, response: requests.Response) -> Mapping[str, object]:
        return token_answer(response)

    def _log(self, question: Question, response: requests.Response) -> None:
        jql = question.body.get("jql", "") if isinstance(question.body, dict) else ""
        logger.debug(
            "%s jql=%s status=%d bytes=%d ms=%d",
            question.what,
            question.parameters.get("jql", jql),
            response.status_code,
            len(response.content),
            response.elapsed.total_seconds() * 1000,
        )


def _page(what: str, start: int, response: requests.Response) -> Json:
    """Return a page of a list; one that ends before the list does is not believed."""
    page: Json = judged(response, what)
    page.setdefault("values", [])
    ends = not page["values"] or page.get("isLast")
    if ends and int(page.get("total") or 0) > start + len(page["values"]):
        raise CancelledError(f"{what}: the list ended before all of it came.")
    return page


class _Asking:
    """Stands in for the library's session."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def get(self, address: str, params: Mapping[str, str] | None = None) -> requests.Response:
        """Ask with our transport; an answer that the library gets is one to believe."""
        what = address.rpartition("/")[2]

        def believed(response: requests.Response) -> requests.Response:
            judged(response, what, object)
            return response

        return self._site.ask(Question(what, address, params or {}), believed)

    def close(self) -> None:
        """Leave the connections to the site."""


def _client(address: str) -> JIRA:
    from jira import JIRA

    return JIRA(server=address, get_server_info=False, max_retries=0, logging=False)


def credentials(settings: JiraSettings, post: TokenPost, folder: Path) -> Credentials:
    """Return what the settings ask for; nothing is sent yet."""
    auth = settings.auth
    if isinstance(auth, ApiToken | ScopedToken):
        return Basic(auth.user, auth.token.get_secret_value())
    if isinstance(auth, BasicAuth):
        return Basic(auth.user, auth.password.get_secret_value())
    if isinstance(auth, PersonalToken):
        return Bearer(auth.token.get_secret_value())
    return Token(partial(client_form, auth), post, refresh_tokens(auth, folder))

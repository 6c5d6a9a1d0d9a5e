"""Asks a ServiceNow instance: pages of tables, and statistics."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import requests

from connectors.platform import transport
from connectors.platform.answers import CancelledError, TransientError
from connectors.platform.credentials import Credentials
from connectors.platform.transport import Question, Transport, now_of
from connectors.servicenow.answers import Answer, RefusedError, judged, token_answer
from connectors.servicenow.credentials import credentials
from connectors.servicenow.pagesize import PageSize
from connectors.servicenow.settings import ServiceNowSettings

TOKEN_PATH = "/oauth_token.do"  # noqa: S105 - a path
_FIXED = {
    "sysparm_display_value": "false",
    "sysparm_exclude_reference_link": "true",
    "sysparm_suppress_pagination_header": "true",
}

logger = logging.getLogger("itsm_maturity.servicenow")


class ReadOnlyAdapter(transport.ReadOnlyAdapter):
    """Lets GET out, and the POST that asks for a token."""

    def asks(self, path: str) -> bool:
        """Whether a POST to this path only asks for something."""
        return path == TOKEN_PATH


class Instance(Transport):
    """One ServiceNow instance."""

    def __init__(
        self, settings: ServiceNowSettings, folder: Path, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(settings.url, settings, folder, sleep)
        self.settings = settings
        self._sizes: dict[str, PageSize] = {}
        self._own_credentials = credentials(settings.auth, self.post_token, folder)
        self._width_tried = self._capped = False
        self._widest = 0

    @property
    def credentials(self) -> Credentials:
        """What authenticates requests."""
        return self._own_credentials

    @property
    def token_address(self) -> str:
        """Where tokens of OAuth are asked for."""
        return self.url + TOKEN_PATH

    def now(self) -> datetime:
        """Return the instance's own time, whole seconds; asks for it if it has not been seen yet."""
        return now_of(self, self._anything)

    def _anything(self) -> None:
        with suppress(RefusedError):
            self.table("sys_user", {"sysparm_limit": "1", "sysparm_fields": "sys_id"})

    def table(self, name: str, parameters: Mapping[str, str], *, shrinkable: bool = False) -> Answer:
        """Return one page of a table; of a `shrinkable` one a CancelledError comes at once."""
        asked = {**_FIXED, **parameters}
        answer = self._get(f"/api/now/table/{name}", name, asked, shrinkable=shrinkable)
        self._widest = max(self._widest, len(answer.rows))
        return answer

    def page(self, name: str, parameters: Mapping[str, str], most: int = 0) -> tuple[Answer, int]:
        """Return a page of a table and how many rows were asked for: fewer where the instance cancels.

        `most` rows are asked for, `page_size` unless given.
        """
        limits = self.settings.retries
        size = self._sizes.setdefault(name, PageSize(self.settings.page_size))
        failures = attempt = 0
        while True:
            asked = min(most or size.rows, size.rows)
            try:
                answer = self.table(name, {**parameters, "sysparm_limit": str(asked)}, shrinkable=True)
            except CancelledError as error:
                attempt += 1
                failures += not error.told or asked == 1
                if failures >= limits.attempts:
                    raise
                size.cancelled(asked)
                most = most and max(1, asked // 2)
                self.spend_retry(error)
                self.pause(attempt, error)
            else:
                size.answered(asked)
                return answer, asked

    def widest_page(self, wanted: int, least: int = 0) -> int:
        """Return how many rows a page has had at most; tries a table that has many, if that is too few.

        It is `least` where no table was large enough to show more.
        """
        if self._widest < wanted and not self._width_tried:
            parameters = {"sysparm_fields": "sys_id", "sysparm_limit": str(wanted)}
            with suppress(TransientError):
                self._width_tried = True
                with suppress(RefusedError):
                    answer = self.table("sys_choice", parameters)
                    self._capped = 0 < len(answer.rows) < min(wanted, answer.total or 0)
        return self._widest if self._capped else max(least, self._widest)

    def statistics(self, name: str, parameters: Mapping[str, str], shape: type = dict) -> Answer:
        """Return aggregates of a table; a dict, a list when they are grouped."""
        return self._get(f"/api/now/stats/{name}", name, parameters, shape)

    def _get(
        self,
        path: str,
        table: str,
        parameters: Mapping[str, str],
        shape: type = list,
        *,
        shrinkable: bool = False,
    ) -> Answer:
        question = Question(table, self.url + path, parameters)
        return self.ask(question, lambda reply: judged(reply, table, shape), shrinkable=shrinkable)

    def _library_session(self) -> requests.Session:
        from pysnc import ServiceNowClient  # type: ignore[import-untyped]

        # PySNC takes no http://, which is allowed for this machine alone; the address is given per request.
        address = "https://" + self.url.partition("://")[2]
        session: requests.Session = ServiceNowClient(address, self.credentials, auto_retry=False).session
        return session

    def _adapter(self) -> ReadOnlyAdapter:
        return ReadOnlyAdapter()

    def _token_answer(self, response: requests.Response) -> Mapping[str, object]:
        return token_answer(response)

    def _log(self, question: Question, response: requests.Response) -> None:
        parameters = question.parameters
        logger.debug(
            "%s query=%s offset=%s limit=%s status=%d bytes=%d ms=%d transaction=%s",
            question.what,
            parameters.get("sysparm_query", ""),
            parameters.get("sysparm_offset", "0"),
            parameters.get("sysparm_limit", ""),
            response.status_code,
            len(response.content),
            response.elapsed.total_seconds() * 1000,
            response.headers.get("X-Transaction-ID", ""),
        )

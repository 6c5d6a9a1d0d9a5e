"""Sends requests to an instance: read-only, paced, repeated where that helps, counted."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from connectors.servicenow.answers import (
    Answer,
    CancelledError,
    RefusedError,
    TransientError,
    UnauthorizedError,
    date_of,
    judged,
    token_answer,
)
from connectors.servicenow.credentials import credentials
from connectors.servicenow.limiter import Limiter
from connectors.servicenow.settings import ServiceNowSettings
from storage.errors import FatalError, RetriableError

TOKEN_PATH = "/oauth_token.do"  # noqa: S105 - a path
_FIXED = {
    "sysparm_display_value": "false",
    "sysparm_exclude_reference_link": "true",
    "sysparm_suppress_pagination_header": "true",
}
_WAITS_BEFORE_CONTACT = 2
"""Attempts while the instance has never answered: a wrong address does not become right."""

logger = logging.getLogger("itsm_maturity.servicenow")


class ReadOnlyAdapter(HTTPAdapter):
    """Lets nothing out that could change anything: GET, and the POST that asks for a token."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a reading request; raises FatalError for any other."""
        if request.method != "GET" and not (
            request.method == "POST" and request.path_url.partition("?")[0] == TOKEN_PATH
        ):
            raise FatalError(
                f"A {request.method} request was held back: this connector only reads.",
                hint="Please report this.",
            )
        return super().send(request, *args, **options)


class Instance:
    """One ServiceNow instance. Any thread may ask it; as many requests run at a time as there are workers."""

    def __init__(
        self, settings: ServiceNowSettings, folder: Path, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.url = settings.url
        self.settings = settings
        self.requests = self.retries = 0
        self._folder = folder
        self._sleep = sleep
        self._lock = Lock()
        self._limiter = Limiter(settings.workers, sleep=sleep)
        self._credentials = credentials(settings.auth, self._post_token)
        self._idle: list[requests.Session] = []
        self._tokens: requests.Session | None = None
        self._jitter = random.Random()  # noqa: S311 - spreads waiting times
        self._stopped: FatalError | None = None
        self._reached = self._broken = self._width_tried = self._capped = False
        self._widest = 0
        self._deadline = time.monotonic() + settings.timeouts.run
        self._clock: tuple[datetime, float] | None = None

    def close(self) -> None:
        """Close all connections."""
        for session in (*self._idle, *([self._tokens] if self._tokens else [])):
            session.close()
        self._idle, self._tokens = [], None

    def now(self) -> datetime:
        """Return the instance's own time, whole seconds; asks for it if it has not been seen yet."""
        if self._clock is None:
            with suppress(RefusedError):
                self.table("sys_user", {"sysparm_limit": "1", "sysparm_fields": "sys_id"})
        seen, at = self._clock or (datetime.now(UTC), time.monotonic())
        return (seen + timedelta(seconds=time.monotonic() - at)).replace(microsecond=0)

    def table(self, name: str, parameters: Mapping[str, str], *, shrinkable: bool = False) -> Answer:
        """Return one page of a table; of a `shrinkable` one a CancelledError comes at once."""
        asked = {**_FIXED, **parameters}
        answer = self._get(f"/api/now/table/{name}", name, asked, shrinkable=shrinkable)
        self._widest = max(self._widest, len(answer.rows))
        return answer

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

    def spend_retry(self, error: TransientError) -> None:
        """Count a repeated request; raises RetriableError when a sync has too many, or lasts too long."""
        with self._lock:
            self.retries += 1
            if self.retries > self.settings.retries.budget:
                raise RetriableError(
                    f"{error.message} That was one failure too many for this sync.",
                    hint="Sync again later; it goes on where it stopped. `retries.budget` is the limit.",
                )
        self._check_deadline()

    def pause(self, attempt: int, error: TransientError) -> None:
        """Wait before attempt number `attempt` + 1, as long as the instance asks or at random."""
        self._sleep(self._seconds(attempt, error))

    def _get(
        self,
        path: str,
        table: str,
        parameters: Mapping[str, str],
        shape: type = list,
        *,
        shrinkable: bool = False,
    ) -> Answer:
        attempt = 0
        while True:
            attempt += 1
            self._check_deadline()
            try:
                return self._authorized(path, table, parameters, shape)
            except TransientError as error:
                smaller_helps = shrinkable and isinstance(error, CancelledError)
                if smaller_helps or self._enough(attempt, error):
                    raise
                self.spend_retry(error)
                self.pause(attempt, error)

    def _enough(self, attempt: int, error: TransientError) -> bool:
        """Whether a request is given up; after one was, the next are until one gets through."""
        limit = self.settings.retries
        if error.wait is not None and error.wait > limit.longest:
            return True
        attempts = limit.attempts if self._reached else min(limit.attempts, _WAITS_BEFORE_CONTACT)
        self._broken = self._broken or attempt >= attempts
        return self._broken

    def _seconds(self, attempt: int, error: TransientError) -> float:
        limit = self.settings.retries
        if error.wait is not None:
            # A little more than asked for: Retry-After is cut to whole seconds.
            return min(error.wait, limit.longest) + self._jitter.uniform(0, min(1.0, limit.wait))
        return self._jitter.uniform(0, min(limit.longest, limit.wait * 2 ** (attempt - 1)))

    def _authorized(self, path: str, table: str, parameters: Mapping[str, str], shape: type) -> Answer:
        """Send once, and once more with a new token where the instance refuses the old one."""
        try:
            return self._sent(path, table, parameters, shape)
        except UnauthorizedError:
            with self._lock:
                self.retries += 1
        try:
            return self._sent(path, table, parameters, shape)
        except UnauthorizedError as error:
            self._stopped = error
            raise

    def _sent(self, path: str, table: str, parameters: Mapping[str, str], shape: type) -> Answer:
        with self._limiter.turn():
            if self._stopped is not None:
                raise self._stopped
            response = self._response(path, table, parameters)
        self._log(table, parameters, response)
        try:
            answer = judged(response, table, shape)
        except TransientError as error:
            if error.busy:
                self._limiter.overloaded(self._seconds(1, error))
            raise
        except UnauthorizedError:
            self._credentials.renew(response.request.headers.get("Authorization"))
            raise
        finally:
            self._reached = True
            self._note_time(response)
        self._limiter.succeeded()
        self._broken = False
        return answer

    def _note_time(self, response: requests.Response) -> None:
        date = date_of(response)
        if date is not None and "json" in response.headers.get("Content-Type", ""):
            self._clock = (date, time.monotonic())

    def _response(self, path: str, table: str, parameters: Mapping[str, str]) -> requests.Response:
        """Send in a session that nobody else uses meanwhile: shared cookies make an instance take turns."""
        with self._lock:
            self.requests += 1
            session = self._idle.pop() if self._idle else None
        session = session or self._new_session()
        try:
            return session.get(
                self.url + path, params=parameters, timeout=self._timeout(), allow_redirects=False
            )
        except requests.RequestException as error:
            raise self._unreachable(error, table) from None
        finally:
            self._idle.append(session)

    def _timeout(self) -> tuple[float, float]:
        left = max(1.0, self._deadline - time.monotonic())
        limits = self.settings.timeouts
        return min(limits.connect, left), min(limits.read, left)

    def _check_deadline(self) -> None:
        if time.monotonic() > self._deadline:
            raise RetriableError(
                "The sync takes longer than `timeouts.run` allows.",
                hint="Sync again: it goes on where it stopped.",
            )

    def _unreachable(self, error: requests.RequestException, table: str) -> FatalError | TransientError:
        host = self.url.partition("://")[2]
        if isinstance(error, requests.exceptions.SSLError):
            return FatalError(
                f"The certificate of {host} is not trusted.",
                hint="Give the authority that signed it in `tls.ca_bundle`, or correct `url`.",
            )
        if isinstance(error, requests.exceptions.ProxyError):
            return TransientError("The proxy does not let requests through.", hint="Check `proxy`.")
        if isinstance(error, requests.ReadTimeout):
            return CancelledError(f"{table}: {host} did not answer in time.", told=False)
        if isinstance(error, requests.ConnectionError) and not self._reached:
            return TransientError(
                f"{host} cannot be reached.", hint="Check `url`, the network and whether a `proxy` is needed."
            )
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
            return FatalError(f"{host} cannot be asked.", hint="Check `url` and `auth`.")
        return CancelledError(
            f"{table}: the connection to {host} broke off ({type(error).__name__}).", told=False
        )

    def _new_session(self) -> requests.Session:
        from pysnc import ServiceNowClient  # type: ignore[import-untyped]

        # PySNC takes no http://, which is allowed for this machine alone; the address is given per request.
        address = "https://" + self.url.partition("://")[2]
        client = ServiceNowClient(address, self._credentials, auto_retry=False)
        return self._guarded(client.session)

    def _guarded(self, session: requests.Session) -> requests.Session:
        tls, proxy = self.settings.tls, self.settings.proxy
        for prefix in ("https://", "http://"):
            session.mount(prefix, ReadOnlyAdapter())
        session.headers["Accept"] = "application/json"
        # A .netrc would replace the credentials that the configuration names.
        session.trust_env = False
        session.proxies = (
            {"http": proxy, "https": proxy} if proxy else requests.utils.get_environ_proxies(self.url)
        )
        if tls.ca_bundle:
            session.verify = self._file(tls.ca_bundle, "tls.ca_bundle")
        if tls.certificate:
            certificate = self._file(tls.certificate, "tls.certificate")
            session.cert = (certificate, self._file(tls.key, "tls.key")) if tls.key else certificate
        return session

    def _file(self, name: str, setting: str) -> str:
        path = self._folder / name
        if not path.is_file():
            raise FatalError(f"There is no file {name}.", hint=f"Put it there or correct `{setting}`.")
        return str(path)

    def _post_token(self, form: Mapping[str, str]) -> Mapping[str, object]:
        if self._tokens is None:
            self._tokens = self._guarded(requests.Session())
        try:
            response = self._tokens.post(
                self.url + TOKEN_PATH, data=dict(form), timeout=self._timeout(), allow_redirects=False
            )
        except requests.RequestException as error:
            found = self._unreachable(error, "OAuth token")
            # A smaller page would not help here.
            raise (TransientError(found.message) if isinstance(found, CancelledError) else found) from None
        try:
            return token_answer(response)
        except FatalError as error:
            self._stopped = error
            raise

    def _log(self, table: str, parameters: Mapping[str, str], response: requests.Response) -> None:
        logger.debug(
            "%s query=%s offset=%s limit=%s status=%d bytes=%d ms=%d transaction=%s",
            table,
            parameters.get("sysparm_query", ""),
            parameters.get("sysparm_offset", "0"),
            parameters.get("sysparm_limit", ""),
            response.status_code,
            len(response.content),
            response.elapsed.total_seconds() * 1000,
            response.headers.get("X-Transaction-ID", ""),
        )

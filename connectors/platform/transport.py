"""Sends requests to a platform: read-only, paced, repeated where that helps, counted."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from connectors.platform.answers import CancelledError, TransientError, UnauthorizedError, date_of
from connectors.platform.credentials import Credentials
from connectors.platform.limiter import Limiter
from connectors.platform.settings import Retries, Timeouts, Tls
from storage.errors import FatalError, RetriableError

_Found = TypeVar("_Found")

_WAITS_BEFORE_CONTACT = 2
"""Attempts while the platform has never answered: a wrong address does not become right."""
_PART = 2**18
_TOKEN = "OAuth token"  # noqa: S105 - what is asked for


class Connection(Protocol):
    """Settings of any platform that say how to speak with it."""

    @property
    def tls(self) -> Tls:
        """Whom to trust."""

    @property
    def proxy(self) -> str | None:
        """Address of a proxy."""

    @property
    def workers(self) -> int:
        """Requests at a time."""

    @property
    def timeouts(self) -> Timeouts:
        """How long to wait."""

    @property
    def retries(self) -> Retries:
        """How often to ask again."""


@dataclass(frozen=True)
class Question:
    """One request that only reads."""

    what: str
    """What is asked for, in a word, for messages and the log."""
    address: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """Posted as JSON, for questions that do not fit into an address."""
    headers: Mapping[str, str] = field(default_factory=dict)
    anonymous: bool = False
    """Whether it goes without credentials, to somebody who would refuse those that are meant for another."""


class ReadOnlyAdapter(HTTPAdapter):
    """Lets nothing out that could change anything: GET, and the POSTs that only ask."""

    def asks(self, path: str) -> bool:
        """Whether a POST to this path only asks for something."""
        return False

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a reading request; raises FatalError for any other."""
        path = request.path_url.partition("?")[0]
        if request.method != "GET" and not (request.method == "POST" and self.asks(path)):
            raise FatalError(
                f"A {request.method} request was held back: this connector only reads.",
                hint="Please report this.",
            )
        return super().send(request, *args, **options)


class Transport(ABC):
    """One platform. Any thread may ask it; as many requests run at a time as there are workers."""

    def __init__(
        self,
        url: str,
        connection: Connection,
        folder: Path,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self.requests = self.retries = 0
        self._connection = connection
        self._folder = folder
        self._sleep = sleep
        self._lock = Lock()
        self._limiter = Limiter(connection.workers, sleep=sleep)
        self._idle: list[requests.Session] = []
        self._tokens: requests.Session | None = None
        self._jitter = random.Random()  # noqa: S311 - spreads waiting times
        self._stopped: FatalError | None = None
        self._reached = self._broken = False
        self._deadline = time.monotonic() + connection.timeouts.run
        self._clock: tuple[datetime, float] | None = None

    @property
    @abstractmethod
    def credentials(self) -> Credentials:
        """What authenticates requests."""

    @property
    @abstractmethod
    def token_address(self) -> str:
        """Where tokens of OAuth are asked for."""

    @abstractmethod
    def _library_session(self) -> requests.Session:
        """Return a new session of the platform's own library."""

    @abstractmethod
    def _adapter(self) -> ReadOnlyAdapter:
        """Return what holds back requests that would change something."""

    @abstractmethod
    def _token_answer(self, response: requests.Response) -> Mapping[str, object]:
        """Return what the token endpoint gave; raises TransientError, or FatalError for a refusal."""

    @abstractmethod
    def _log(self, question: Question, response: requests.Response) -> None:
        """Write what was asked and came into the log, without contents."""

    def close(self) -> None:
        """Close all connections."""
        for session in (*self._idle, *([self._tokens] if self._tokens else [])):
            session.close()
        self._idle, self._tokens = [], None

    @property
    def seen_now(self) -> datetime | None:
        """The platform's own time, whole seconds, by the last answer; None before the first."""
        if self._clock is None:
            return None
        seen, at = self._clock
        return (seen + timedelta(seconds=time.monotonic() - at)).replace(microsecond=0)

    def ask(
        self, question: Question, judge: Callable[[requests.Response], _Found], *, shrinkable: bool = False
    ) -> _Found:
        """Return an answer that `judge` believes; of a `shrinkable` one a CancelledError comes at once."""
        attempt = 0
        while True:
            attempt += 1
            self._check_deadline()
            try:
                return self._authorized(question, judge)
            except TransientError as error:
                smaller_helps = shrinkable and isinstance(error, CancelledError)
                if smaller_helps or self._enough(attempt, error):
                    raise
                self.spend_retry(error)
                self.pause(attempt, error)

    def spend_retry(self, error: TransientError) -> None:
        """Count a repeated request; raises RetriableError when a sync has too many, or lasts too long."""
        with self._lock:
            self.retries += 1
            if self.retries > self._connection.retries.budget:
                raise RetriableError(
                    f"{error.message} That was one failure too many for this sync.",
                    hint="Sync again later; it goes on where it stopped. `retries.budget` is the limit.",
                )
        self._check_deadline()

    def pause(self, attempt: int, error: TransientError) -> None:
        """Wait before attempt number `attempt` + 1, as long as the platform asks or at random."""
        self._sleep(self._seconds(attempt, error))

    def _enough(self, attempt: int, error: TransientError) -> bool:
        """Whether a request is given up; after one was, the next are until one gets through."""
        limit = self._connection.retries
        if error.wait is not None and error.wait > limit.longest:
            return True
        attempts = limit.attempts if self._reached else min(limit.attempts, _WAITS_BEFORE_CONTACT)
        self._broken = self._broken or attempt >= attempts
        return self._broken

    def _seconds(self, attempt: int, error: TransientError) -> float:
        limit = self._connection.retries
        if error.wait is not None:
            # A little more than asked for: Retry-After is cut to whole seconds.
            return min(error.wait, limit.longest) + self._jitter.uniform(0, min(1.0, limit.wait))
        return self._jitter.uniform(0, min(limit.longest, limit.wait * 2 ** (attempt - 1)))

    def _authorized(self, question: Question, judge: Callable[[requests.Response], _Found]) -> _Found:
        """Send, and again with a new token, or once more with the same password, where that is refused."""
        tries = self.credentials.tries
        while True:
            tries -= 1
            try:
                return self._sent(question, judge)
            except UnauthorizedError as error:
                if not tries:
                    self._stopped = error
                    raise
                with self._lock:
                    self.retries += 1

    def _sent(self, question: Question, judge: Callable[[requests.Response], _Found]) -> _Found:
        with self._limiter.turn():
            if self._stopped is not None:
                raise self._stopped
            response = self._response(question)
        self._log(question, response)
        try:
            answer = judge(response)
        except TransientError as error:
            if error.busy:
                self._limiter.overloaded(self._seconds(1, error))
            raise
        except UnauthorizedError:
            self.credentials.renew(response.request.headers.get("Authorization"))
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

    def _response(self, question: Question) -> requests.Response:
        """Send in a session that nobody else uses meanwhile: shared cookies make a platform take turns."""
        with self._lock:
            self.requests += 1
            session = self._idle.pop() if self._idle else None
        session = session or self._new_session()
        try:
            return self._whole(self._answered(session, question), question.what)
        except requests.RequestException as error:
            raise self._unreachable(error, question.what) from None
        finally:
            self._idle.append(session)

    def _answered(self, session: requests.Session, question: Question) -> requests.Response:
        body, headers = None, dict(question.headers)
        if question.body is not None:
            body = orjson.dumps(question.body)
            headers["Content-Type"] = "application/json"
        # A library's session may repeat and raise in its own way: the plain one is what is wanted.
        return requests.Session.request(
            session,
            "GET" if body is None else "POST",
            question.address,
            params=question.parameters,
            data=body,
            headers=headers,
            auth=Credentials() if question.anonymous else None,
            **self._sending(),
        )

    def _timeout(self) -> tuple[float, float]:
        left = max(1.0, self._deadline - time.monotonic())
        limits = self._connection.timeouts
        return min(limits.connect, left), min(limits.read, left)

    def _sending(self) -> dict[str, Any]:
        return {"timeout": self._timeout(), "allow_redirects": False, "stream": True}

    def _whole(self, response: requests.Response, what: str) -> requests.Response:
        """Read a reply to its end; raises CancelledError when it trickles longer than `timeouts.reply`."""
        if response.is_redirect:
            return response  # requests has read it already
        end = time.monotonic() + self._connection.timeouts.reply
        parts: list[bytes] = []
        with response.raw as raw:
            try:
                while part := raw.read1(_PART, decode_content=False):
                    parts.append(part)
                    if time.monotonic() > end:
                        raise CancelledError(f"{what}: the reply did not end in time.", told=False)
            except ReadTimeoutError:
                raise requests.ReadTimeout from None
            except HTTPError:
                raise requests.exceptions.ChunkedEncodingError from None
        response.raw = HTTPResponse(
            BytesIO(b"".join(parts)), headers=response.raw.headers, preload_content=False
        )
        return response

    def _check_deadline(self) -> None:
        if time.monotonic() > self._deadline:
            raise RetriableError(
                "The sync takes longer than `timeouts.run` allows.",
                hint="Sync again: it goes on where it stopped.",
            )

    def _unreachable(self, error: requests.RequestException, what: str) -> FatalError | TransientError:
        host = self.url.partition("://")[2]
        if isinstance(error, requests.exceptions.SSLError):
            return FatalError(
                f"The certificate of {host} is not trusted.",
                hint="Give the authority that signed it in `tls.ca_bundle`, or correct `url`.",
            )
        if isinstance(error, requests.exceptions.ProxyError):
            return TransientError("The proxy does not let requests through.", hint="Check `proxy`.")
        if isinstance(error, requests.ReadTimeout):
            return CancelledError(f"{what}: {host} did not answer in time.", told=False)
        if isinstance(error, requests.ConnectionError) and not self._reached:
            return TransientError(
                f"{host} cannot be reached.", hint="Check `url`, the network and whether a `proxy` is needed."
            )
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
            return FatalError(f"{host} cannot be asked.", hint="Check `url` and `auth`.")
        return CancelledError(f"{what}: the connection to {host} broke off.", told=False)

    def _new_session(self) -> requests.Session:
        return self._guarded(self._library_session())

    def _guarded(self, session: requests.Session) -> requests.Session:
        tls, proxy = self._connection.tls, self._connection.proxy
        for prefix in ("https://", "http://"):
            session.mount(prefix, self._adapter())
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

    def post_token(self, form: Mapping[str, str]) -> Mapping[str, object]:
        """Ask for a token of OAuth."""
        if self._tokens is None:
            self._tokens = self._guarded(requests.Session())
        with self._lock:
            self.requests += 1
        try:
            response = self._tokens.post(self.token_address, data=dict(form), **self._sending())
            response = self._whole(response, _TOKEN)
        except (requests.RequestException, CancelledError) as error:
            found = error if isinstance(error, CancelledError) else self._unreachable(error, _TOKEN)
            # A smaller page would not help here.
            raise (TransientError(found.message) if isinstance(found, CancelledError) else found) from None
        try:
            return self._token_answer(response)
        except FatalError as error:
            self._stopped = error
            raise


def now_of(transport: Transport, ask: Callable[[], object]) -> datetime:
    """Return the platform's own time; asks something where it has not been seen yet."""
    if transport.seen_now is None:
        ask()
    return transport.seen_now or datetime.now(UTC).replace(microsecond=0)

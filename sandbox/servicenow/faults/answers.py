"""Other answers than the one that was asked for."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Literal

import orjson

from sandbox.servicenow.api import accounts, admission
from sandbox.servicenow.exchange import failure
from sandbox.serving.exchange import Reply, page
from sandbox.serving.fault import Fault, Strike

SIGN_ON = "/login_with_sso.do"
_MESSAGES = {
    499: "Client closed request",
    500: "Transaction cancelled: maximum execution time exceeded",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


def status(code: int, *, retry_after: str = "") -> Fault:
    """Answer with a status; 502 to 504 come as a proxy's page, others as JSON."""

    def effect(strike: Strike) -> Reply:
        message = _MESSAGES.get(code, "Operation Failed")
        reply = page(code, str(code), message) if code in (502, 503, 504) else failure(code, message)
        if retry_after:
            reply.headers["Retry-After"] = retry_after
        return reply

    return Fault(f"status {code}", effect)


def unauthenticated() -> Fault:
    """Answer 401 as to a wrong or expired credential."""
    return Fault("401", lambda strike: accounts.unauthenticated())


def second_factor() -> Fault:
    """Answer 401 as to a person who needs a second factor."""

    def effect(strike: Strike) -> Reply:
        reply = accounts.unauthenticated()
        reply.headers["X-MFA_TOKEN"] = "required"  # noqa: S105 - a header's name, no secret
        return reply

    return Fault("401 second factor", effect)


def rate_limited(
    limit: int = 100, *, seconds: int = 1, form: Literal["seconds", "date", "none"] = "seconds"
) -> Fault:
    """Answer 429 as a rate limit rule does, with Retry-After in seconds, as a date, or without."""

    def effect(strike: Strike) -> Reply:
        reset = strike.clock.now() + timedelta(seconds=seconds)
        forms = {"seconds": str(seconds), "date": format_datetime(reset, usegmt=True), "none": ""}
        return admission.rate_limited(limit, int(reset.timestamp()), forms[form])

    return Fault(f"429 rate limit ({form})", effect)


def overloaded() -> Fault:
    """Answer 429 as when the threads for integrations and their queue are full; no header says when."""
    return Fault("429 semaphore", lambda strike: admission.overloaded())


def accepted() -> Fault:
    """Answer 202 with nothing, as when a session's queue is full: the request was dropped."""
    return Fault("202", lambda strike: Reply(202, content_type="text/html"))


def hibernating(code: Literal[200, 503] = 200) -> Fault:
    """Answer with the page of a developer instance that sleeps."""
    title, text = "Instance Hibernating page", "Your instance is hibernating. Sign in to wake it."
    return Fault(f"hibernation {code}", lambda strike: page(code, title, text))


def login_redirect() -> Fault:
    """Send the client to a single sign-on page that answers 200 with HTML."""

    def effect(strike: Strike) -> Reply:
        reply = Reply(302, content_type="text/html")
        reply.headers["Location"] = SIGN_ON
        return reply

    return Fault("302 sign-on", effect)


def batch_unserviced(share: float = 0.5) -> Fault:
    """Leave the last part of a batch undone, as its 30 s quota does."""

    def effect(strike: Strike) -> Reply:
        content = orjson.loads(strike.reply.body)
        done = content["serviced_requests"]
        kept = int(len(done) * (1 - share))
        content["serviced_requests"] = done[:kept]
        content["unserviced_requests"] = [entry["id"] for entry in done[kept:]]
        strike.reply.body = orjson.dumps(content)
        return strike.reply

    return Fault("batch unserviced", effect).at(area="batch")

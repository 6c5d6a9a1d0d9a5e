"""Replies with status 200 whose body is not what it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import orjson

from sandbox.servicenow.faults.fault import Fault, Strike
from sandbox.servicenow.wire.exchange import Reply

_ERROR = {
    "message": "Transaction cancelled: maximum execution time exceeded",
    "detail": "maximum execution time exceeded Check logs for error trace or enable glide.rest.debug "
    "property to verify REST request processing",
}
Form = Literal["error", "truncated", "broken"]


def cancelled(form: Form = "error", *, kept: float = 0.4) -> Fault:
    """Cancel the transaction part way with status 200.

    `error`: valid JSON with a share of the rows beside an error. `truncated`: JSON that ends within a
    row. `broken`: the error stands inside the array of rows.
    """

    def effect(strike: Strike) -> Reply:
        return cancel(strike.reply, form, kept)

    return Fault(f"cancelled ({form})", effect)


def cancel(reply: Reply, form: Form, kept: float) -> Reply:
    """Return a reply as a cancelled transaction leaves it."""
    if reply.rows is None or reply.status != 200:
        return reply
    rows = reply.rows[: int(len(reply.rows) * kept)]
    ending = {"error": _ERROR, "status": "failure"}
    whole = orjson.dumps({"result": rows, **ending})
    if form == "truncated":
        full = orjson.dumps({"result": reply.rows})
        whole = full[: max(int(len(full) * kept), 12)]
    elif form == "broken":
        listed = orjson.dumps(rows)[:-1]
        whole = b'{"result":' + listed + (b"," if rows else b"") + orjson.dumps(ending)[1:]
    return replace(reply, body=whole, rows=rows)


def truncated(kept: float = 0.5) -> Fault:
    """End the body early and close the connection, though Content-Length promised more."""

    def effect(strike: Strike) -> Reply:
        delivery = replace(strike.reply.delivery, cut=kept)
        return replace(strike.reply, delivery=delivery)

    return Fault("connection closed early", effect)


def content_type(name: str = "text/html") -> Fault:
    """Answer rightly under a wrong Content-Type."""
    return Fault(f"content type {name}", lambda strike: replace(strike.reply, content_type=name))


def repeated() -> Fault:
    """Give every row of the page twice, as joins with a role table do."""

    def effect(strike: Strike) -> Reply:
        if strike.reply.rows is None:
            return strike.reply
        rows = [row for row in strike.reply.rows for _ in range(2)]
        return replace(strike.reply, rows=rows, body=orjson.dumps({"result": rows}))

    return Fault("rows repeated", effect)

"""Replies with status 200 whose body is not what it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import orjson

from sandbox.serving.exchange import Reply
from sandbox.serving.fault import Fault, Strike

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


def repeated() -> Fault:
    """Give every row of the page twice, as joins with a role table do."""

    def effect(strike: Strike) -> Reply:
        if strike.reply.rows is None:
            return strike.reply
        rows = [row for row in strike.reply.rows for _ in range(2)]
        return replace(strike.reply, rows=rows, body=orjson.dumps({"result": rows}))

    return Fault("rows repeated", effect)

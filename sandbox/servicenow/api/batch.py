"""The Batch API: several requests in one, worked on one after the other."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from sandbox.servicenow.exchange import Request, failure
from sandbox.serving.exchange import Reply, answer


def batch(request: Request, work: Callable[[Request], Reply]) -> Reply:
    """Answer every request of a batch with `work`."""
    content = request.json()
    parts = content.get("rest_requests")
    if request.method != "POST" or not isinstance(parts, list):
        return failure(400, "Invalid batch request")
    return answer(
        200,
        {
            "batch_request_id": str(content.get("batch_request_id", "")),
            "serviced_requests": [_serviced(request, part, work) for part in parts],
            "unserviced_requests": [],
        },
    )


def _serviced(outer: Request, part: Mapping[str, Any], work: Callable[[Request], Reply]) -> dict[str, Any]:
    headers = {entry["name"]: entry["value"] for entry in part.get("headers", [])}
    inner = Request(
        outer.number,
        str(part.get("method", "GET")),
        str(part.get("url", "")),
        headers,
        base64.b64decode(part.get("body", "")),
        outer.session,
    )
    reply = work(inner)
    named = {"Content-Type": reply.content_type, **reply.headers}
    return {
        "id": str(part.get("id", "")),
        "body": base64.b64encode(reply.body).decode(),
        "status_code": reply.status,
        "status_text": HTTPStatus(reply.status).phrase,
        "headers": [{"name": name, "value": value} for name, value in named.items()],
        "execution_time": 1,
    }

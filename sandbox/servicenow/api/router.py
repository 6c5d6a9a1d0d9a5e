"""Sends a request to the web service that answers it."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.servicenow.api.attachments import Attachments
from sandbox.servicenow.api.batch import batch
from sandbox.servicenow.api.context import Instance
from sandbox.servicenow.api.reading import list_rows, read_row
from sandbox.servicenow.api.statistics import statistics
from sandbox.servicenow.api.writing import change, create, remove
from sandbox.servicenow.exchange import Request, failure
from sandbox.servicenow.faults.bodies import cancel
from sandbox.serving.exchange import Reply

READS = ("GET", "HEAD")


class Router:
    """The web services of one instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._attachments = Attachments(instance)
        self._areas: dict[str, Callable[[Request], Reply]] = {
            "table": self._table,
            "stats": lambda request: statistics(instance, request),
            "batch": lambda request: batch(request, self.answer),
            "attachment": self._attachments.answer,
        }

    def answer(self, request: Request) -> Reply:
        """Answer a request whose sender is known."""
        wanted = request.header("Accept") or "*/*"
        if "json" not in wanted and "*" not in wanted:
            return failure(406, "Not acceptable")
        area = self._areas.get(request.area)
        if area is None:
            return failure(400, "Requested URI does not represent any resource: " + request.path)
        return area(request)

    def _table(self, request: Request) -> Reply:
        if request.method in READS:
            return read_row(self._instance, request) if request.part else self._list(request)
        if request.method == "POST" and not request.part:
            return create(self._instance, request)
        if request.method in ("PUT", "PATCH") and request.part:
            return change(self._instance, request)
        if request.method == "DELETE" and request.part:
            return remove(self._instance, request)
        return failure(405, "Method not supported")

    def _list(self, request: Request) -> Reply:
        reply = list_rows(self._instance, request)
        most = self._instance.settings.limits.cancelled_above
        if most and reply.cut > most:
            reply = cancel(reply, "error", most / reply.cut)
            reply.fault = "cancelled (quota)"
        return reply

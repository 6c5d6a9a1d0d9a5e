"""The sandbox's own addresses: truth, journal and clock of an instance, for whoever only has its URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from sandbox.servicenow.clock import Clock
from sandbox.servicenow.journal import Journal
from sandbox.servicenow.store import Row
from sandbox.servicenow.wire.exchange import Reply, Request, answer, failure

PREFIX = "/sandbox/"
Truth = Callable[[str, bool], list[Row]]


class Control:
    """Answers below /sandbox/, without credentials: it listens on the loopback only."""

    def __init__(self, truth: Truth, journal: Journal, clock: Clock) -> None:
        self._truth = truth
        self._journal = journal
        self._clock = clock

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        what, _, name = request.path.removeprefix(PREFIX).partition("/")
        answers: Mapping[str, Callable[[Request, str], Reply]] = {
            "truth": self._of_truth,
            "journal": lambda request, name: answer(200, [asdict(call) for call in self._journal]),
            "clock": self._of_clock,
        }
        known = answers.get(what)
        return known(request, name) if known else failure(404, "Unknown address")

    def _of_truth(self, request: Request, name: str) -> Reply:
        return answer(200, {"result": self._truth(name, not request.flag("hidden"))})

    def _of_clock(self, request: Request, name: str) -> Reply:
        if request.method == "POST":
            content = request.json()
            if "set" in content:
                self._clock.set(datetime.fromisoformat(content["set"]))
            self._clock.advance(timedelta(seconds=float(content.get("advance", 0))))
        return answer(200, {"now": self._clock.now().isoformat()})

"""The sandbox's own addresses: truth, journal and clock of a platform, for whoever only has its URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sandbox.serving.clock import Clock
from sandbox.serving.exchange import Reply, Request, answer
from sandbox.serving.journal import Journal

PREFIX = "/sandbox/"
Truth = Callable[[str, bool], Sequence[Mapping[str, Any]]]


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
        return known(request, name) if known else answer(404, {"error": "Unknown address"})

    def _of_truth(self, request: Request, name: str) -> Reply:
        return answer(200, {"result": self._truth(name, not request.flag("hidden"))})

    def _of_clock(self, request: Request, name: str) -> Reply:
        if request.method == "POST":
            content = request.json()
            if "set" in content:
                self._clock.set(datetime.fromisoformat(content["set"]))
            self._clock.advance(timedelta(seconds=float(content.get("advance", 0))))
        return answer(200, {"now": self._clock.now().isoformat()})

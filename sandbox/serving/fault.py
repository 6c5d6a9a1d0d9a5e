"""One entry of a script of faults."""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from sandbox.serving.clock import Clock
from sandbox.serving.exchange import RECORDS, Reply, Request
from sandbox.serving.script import Occasions, When


@dataclass(frozen=True)
class Strike:
    """What an effect knows: the request, the reply it would have got, chance, and the time."""

    request: Request
    reply: Reply
    random: random.Random
    clock: Clock


Effect = Callable[[Strike], Reply]


@dataclass(frozen=True)
class Fault:
    """An effect on replies and when it strikes; by default every request of records."""

    name: str
    effect: Effect
    when: When = field(default_factory=When)

    def at(
        self,
        table: str = "*",
        *,
        area: str = RECORDS,
        requests: Container[int] | None = None,
        probability: float = 1.0,
        times: int | None = None,
        last_page: bool = False,
    ) -> Fault:
        """Return the fault for these requests only; `requests` counts those of the table from 1."""
        when = When(table, area, requests, probability, times, last_page)
        return Fault(self.name, self.effect, when)


class Faults:
    """The script of one platform; the first fault that is due strikes, the others wait."""

    def __init__(self, faults: Sequence[Fault], clock: Clock, seed: int = 1) -> None:
        self._clock = clock
        self._entries = [
            (fault, Occasions(fault.when, f"{seed}:{position}:{fault.name}"))
            for position, fault in enumerate(faults)
        ]

    def strike(self, request: Request, reply: Reply) -> Reply:
        """Return the reply after the fault that is due, if one is."""
        struck: tuple[Fault, random.Random] | None = None
        for fault, occasions in self._entries:
            number = occasions.due(request, reply)
            if number and struck is None:
                struck = fault, occasions.random(-number)
        if struck is None:
            return reply
        fault, chance = struck
        broken = fault.effect(Strike(request, reply, chance, self._clock))
        broken.fault = fault.name
        return broken

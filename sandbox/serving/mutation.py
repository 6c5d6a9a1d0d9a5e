"""What goes on in a platform while it is read: scripted, seeded, done before a request is answered."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

from sandbox.serving.exchange import Request
from sandbox.serving.script import Occasions, When

Scene = TypeVar("Scene")
Sent = TypeVar("Sent", bound=Request)


@dataclass(frozen=True)
class Mutation(Generic[Scene]):
    """A change and when it happens; by default before every request of records."""

    name: str
    effect: Callable[[Scene], object]
    when: When = field(default_factory=When)

    def at(
        self,
        table: str,
        *,
        requests: Container[int] | None = None,
        probability: float = 1.0,
        times: int | None = None,
    ) -> Mutation[Scene]:
        """Return the mutation before these requests of one table or kind of resource only."""
        when = When(table, requests=requests, probability=probability, times=times)
        return Mutation(self.name, self.effect, when)


class Life(ABC, Generic[Scene, Sent]):
    """The script of one platform; `served` guards what mutations change."""

    def __init__(
        self, mutations: Sequence[Mutation[Scene]], served: AbstractContextManager[Any], seed: int
    ) -> None:
        self._served = served
        self._lock = Lock()
        self._entries = [
            (mutation, Occasions(mutation.when, f"{seed}:{position}:{mutation.name}"))
            for position, mutation in enumerate(mutations)
        ]

    def go_on(self, request: Sent) -> None:
        """Do what is due before a request is answered."""
        if not self._entries:
            return
        with self._lock, self._served:
            self._arrive(request)
            for mutation, occasions in self._entries:
                number = occasions.due(request)
                if number:
                    mutation.effect(self._scene(request, occasions.random(number)))

    @abstractmethod
    def _scene(self, request: Sent, chance: random.Random) -> Scene:
        """Return what a mutation works on before a request."""

    def _arrive(self, request: Sent) -> None:
        """Let what is on its way arrive."""

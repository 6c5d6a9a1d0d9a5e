"""A change of what is served, and when it happens."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sandbox.serving.script import When

Scene = TypeVar("Scene")


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

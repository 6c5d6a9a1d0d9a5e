"""How a use case tells whoever watches how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much is done and, where known, how much there is."""


def silent(what: str, done: int, total: int | None) -> None:
    """Progress nobody watches."""

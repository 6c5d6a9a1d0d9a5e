"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _let_go(request: pytest.FixtureRequest) -> Iterator[None]:
    """Forget what the functions of a module keep for its tests: whole organisations, which would add up."""
    yield
    for kept in vars(request.module).values():
        if getattr(kept, "__module__", None) == request.module.__name__ and hasattr(kept, "cache_clear"):
            kept.cache_clear()

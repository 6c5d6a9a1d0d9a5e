"""What all tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

# A shell starts what runs in the background with Ctrl-C ignored, and so would everything that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="module")
def _let_go(request: pytest.FixtureRequest) -> Iterator[None]:
    """Forget what the functions of a module keep for its tests: whole organisations, which would add up."""
    yield
    for kept in vars(request.module).values():
        if getattr(kept, "__module__", None) == request.module.__name__ and hasattr(kept, "cache_clear"):
            kept.cache_clear()

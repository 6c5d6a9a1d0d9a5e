from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from storage.evidence import open_store
from tests.evaluators.world import World, new_world


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty evidence file; a copy opens in a tenth of the time a new one takes."""
    folder = tmp_path_factory.mktemp("empty")
    with open_store("duckdb:empty.duckdb", folder):
        pass
    return folder / "empty.duckdb"


@pytest.fixture
def worlds(empty_store: Path, tmp_path: Path) -> Iterator[Callable[[], World]]:
    """Makes worlds, each in a store of its own."""
    numbers = count()
    with ExitStack() as stack:

        def make() -> World:
            world = new_world(empty_store, tmp_path, f"evidence-{next(numbers)}")
            stack.callback(world.store.__exit__, None, None, None)
            return world

        yield make


@pytest.fixture
def world(worlds: Callable[[], World]) -> World:
    """A world without records."""
    return worlds()

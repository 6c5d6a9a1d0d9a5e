"""Who reads a source now: one process at a time, until it is done or killed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from storage.errors import FatalError
from storage.history.database import Location, failures_explained

_LOCK = 0x73796E63
"""First half of PostgreSQL's advisory locks; any number that is ours."""

_UNSAFE = re.compile(r"[^\w.-]")


@contextmanager
def turn(location: Location, engine: Engine, source: str) -> Iterator[bool]:
    """Hold the turn of a source until the context ends; yields False where another process has it.

    The lock dies with its process or its connection, so that a killed run keeps nobody away.
    """
    chosen = _of_file(location, source) if location.embedded else _of_server(location, engine, source)
    with chosen as held:
        yield held


@contextmanager
def _of_file(location: Location, source: str) -> Iterator[bool]:
    try:
        import fcntl
    except ImportError:  # Windows: evidence and bookmarks stay right, rows may be read twice
        yield True
        return
    database = Path(location.url.database or "")
    safe = _UNSAFE.sub("_", source)
    path = database.with_name(f".{database.name}-{safe}.lock")
    try:
        opened = path.open("a")
    except OSError as error:
        raise FatalError(
            f"{path} cannot be made: {error.strerror}", hint="Make its folder writable."
        ) from None
    with opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _of_server(location: Location, engine: Engine, source: str) -> Iterator[bool]:
    key = {"lock": _LOCK, "source": source}
    with failures_explained(location), engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        held = connection.execute(
            text("SELECT pg_try_advisory_lock(:lock, hashtext(:source))"), key
        ).scalar_one()
        try:
            yield bool(held)
        finally:
            if held:
                connection.execute(text("SELECT pg_advisory_unlock(:lock, hashtext(:source))"), key)

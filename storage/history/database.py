"""Where history lives: its URL, its connections, and what their failures mean to a person.

Messages name file or server, never the URL itself: a password may stand in it.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, SQLAlchemyError

from storage.errors import FatalError, ItsmMaturityError, RetriableError, UsageError

CONNECT_SECONDS = 10
"""How long a PostgreSQL server may take to answer; a URL's own connect_timeout wins."""

_LOST = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""Notices within some 20 seconds that a server is no longer there; a system's own default is hours."""

_URL_HINT = (
    "Write sqlite:maturity.db, sqlite:/path/to/maturity.db or postgresql://user:password@host/database."
)
_RUNNING_HINT = "Wait for the other run to end, then try again."


@dataclass(frozen=True)
class Location:
    """A resolved history URL; people may read `name`, and locks are waited for `wait` seconds."""

    url: URL
    name: str
    wait: float

    @property
    def embedded(self) -> bool:
        """Whether it is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"


def resolve(url: str, folder: Path, wait: float) -> Location:
    """Return the location a history URL means; relative files start at `folder`. Raises UsageError."""
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "sqlite":
        return _file(rest, folder, wait)
    if colon and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return _server(f"postgresql+psycopg:{rest}", wait)
    raise UsageError("history is neither a sqlite: nor a postgresql: URL", hint=_URL_HINT)


def _file(path: str, folder: Path, wait: float) -> Location:
    if not path or path.startswith("//") or path == ":memory:":
        raise UsageError("history's sqlite: URL names no file", hint=_URL_HINT)
    file = (folder / path).absolute()
    return Location(URL.create("sqlite+pysqlite", database=str(file)), f"history {file}", wait)


def _server(url: str, wait: float) -> Location:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError("history's postgresql: URL cannot be read", hint=_URL_HINT) from None
    host = parsed.host or parsed.query.get("host") or "localhost"
    place = f"{host}:{parsed.port}" if parsed.port else str(host)
    return Location(parsed, f"history database {parsed.database or ''!r} at {place}", wait)


def create(location: Location, *, foreign_keys: bool = True) -> Engine:
    """Return an engine whose transactions write: on SQLite each takes the write lock when it begins.

    `foreign_keys` are off while SQLite tables are rebuilt by a migration.
    """
    engine = create_engine(
        location.url,
        json_serializer=partial(json.dumps, allow_nan=False, ensure_ascii=False, separators=(",", ":")),
        pool_pre_ping=not location.embedded,
        connect_args=_connect_arguments(location),
    )
    if location.embedded:
        event.listen(engine, "connect", partial(_prepare_sqlite, location.wait, foreign_keys))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Engine:
    """Return a view of `engine` for queries: one consistent state per transaction, no write lock."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(sqlite_begin="DEFERRED")
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _connect_arguments(location: Location) -> dict[str, Any]:
    if location.embedded:
        return {"timeout": location.wait}
    defaults = {"connect_timeout": CONNECT_SECONDS, "application_name": "itsm-maturity", **_LOST}
    return {name: value for name, value in defaults.items() if name not in location.url.query}


def _prepare_sqlite(wait: float, foreign_keys: bool, connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, DDL included
    connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    connection.execute("PRAGMA synchronous = FULL")
    _use_write_ahead_log(connection, time.monotonic() + wait)


def _use_write_ahead_log(connection: sqlite3.Connection, deadline: float) -> None:
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # SQLite ignores its own busy timeout while a fresh file changes its journal mode
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.01, 0.05))  # noqa: S311 - spreads waiting processes, no secret


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def failures_explained(location: Location) -> Iterator[None]:
    """Turn failures of the database into FatalError or RetriableError, in one sentence without secrets."""
    try:
        yield
    except DBAPIError as error:
        raise explain(error, location) from error
    except SQLAlchemyError as error:
        raise FatalError(f"{location.name} failed: {type(error).__name__}") from error


def explain(error: DBAPIError, location: Location) -> ItsmMaturityError:
    """Return what a failure of the database means: who has to act, and how."""
    return _explain_sqlite(error, location) if location.embedded else _explain_postgresql(error, location)


_SQLITE_FAILURES: tuple[tuple[str, type[ItsmMaturityError], str, str], ...] = (
    ("SQLITE_BUSY", RetriableError, "is held by another process", _RUNNING_HINT),
    ("SQLITE_LOCKED", RetriableError, "is held by another process", _RUNNING_HINT),
    ("SQLITE_NOTADB", FatalError, "is not a SQLite database", "Name another file, or remove this one."),
    ("SQLITE_CORRUPT", FatalError, "is damaged", "Restore it from a backup."),
    ("SQLITE_CANTOPEN", FatalError, "cannot be opened", "Check that it is a file you may write."),
    ("SQLITE_READONLY", FatalError, "cannot be written", "Give write permission to the file and its folder."),
    ("SQLITE_FULL", FatalError, "has no space left on its disk", "Free some space."),
    ("SQLITE_IOERR", FatalError, "cannot be read or written", "Check the disk it is on."),
    ("SQLITE_CONSTRAINT", UsageError, "refuses values that break its rules", "Correct the values."),
)


def _explain_sqlite(error: DBAPIError, location: Location) -> ItsmMaturityError:
    name = getattr(error.orig, "sqlite_errorname", None) or type(error.orig).__name__
    for prefix, kind, what, hint in _SQLITE_FAILURES:
        if name.startswith(prefix):
            return kind(f"{location.name} {what}", hint=hint)
    return FatalError(f"{location.name} failed: {name}", hint="Restore it from a backup if this stays.")


_LOGIN_HINT = "Check user, password and the server's access rules (pg_hba.conf)."
_SERVER_HINT = "Check host, port and that PostgreSQL runs, then try again."

_POSTGRESQL_STATES: tuple[tuple[str, type[ItsmMaturityError], str, str], ...] = (
    ("28", FatalError, "refuses the login", _LOGIN_HINT),
    ("3D", FatalError, "does not exist", "Create the database, or name another one."),
    ("42501", FatalError, "denies access", "Grant the user CREATE and USAGE on the schema."),
    ("25006", FatalError, "is read-only", "Name the primary server, not a replica."),
    ("23", UsageError, "refuses values that break its rules", "Correct the values."),
    ("55P03", RetriableError, "is held by another process", _RUNNING_HINT),
    ("40", RetriableError, "was used by another process at the same time", _RUNNING_HINT),
    ("53", RetriableError, "has too few resources left", "Free connections, memory or disk space."),
    ("57", RetriableError, "ended the connection", _SERVER_HINT),
    ("08", RetriableError, "lost the connection", _SERVER_HINT),
)

_POSTGRESQL_PHRASES: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "28"),
    ("no password supplied", "28"),
    ("authentication failed", "28"),
    ("pg_hba.conf", "28"),
    ("not permitted to log in", "28"),
    ("permission denied for database", "42501"),
    ("too many", "53"),
    ("remaining connection slots", "53"),
)


def _explain_postgresql(error: DBAPIError, location: Location) -> ItsmMaturityError:
    state = getattr(error.orig, "sqlstate", None) or _state_of_phrase(str(error.orig))
    for prefix, kind, what, hint in _POSTGRESQL_STATES:
        if state.startswith(prefix):
            return kind(f"{location.name} {what}", hint=hint)
    if state:
        return FatalError(f"{location.name} failed: SQLSTATE {state}", hint="See the server's log.")
    if isinstance(error, InterfaceError) or type(error.orig).__name__ == "ProgrammingError":
        return FatalError(f"{location.name} cannot be asked: its URL has an unknown option", hint=_URL_HINT)
    return RetriableError(f"{location.name} cannot be reached", hint=_SERVER_HINT)


def _state_of_phrase(message: str) -> str:
    """Return the SQLSTATE that a refused connection means; the driver gives only the server's words."""
    if "does not exist" in message:
        return "28" if "role " in message else "3D"
    return next((state for phrase, state in _POSTGRESQL_PHRASES if phrase in message), "")

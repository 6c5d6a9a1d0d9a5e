"""Brings a history to the tables this version knows, once, whoever comes first.

A migration is one transaction on both databases: interrupted, it leaves the state before it.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from storage.errors import FatalError
from storage.history.database import Location, create, failures_explained, reading

MIGRATIONS = "storage.history:migrations"
VERSION_TABLE = "history_version"
"""Table with the revision; not Alembic's default name, which another program may use in the same database."""

_LOCK = 0x6974736D
"""PostgreSQL advisory lock that is held while migrating; any number that is ours."""


def configuration(migrations: str = MIGRATIONS) -> Config:
    """Return Alembic's configuration, which needs no file."""
    config = Config()
    config.set_main_option("script_location", migrations.replace("%", "%%"))
    return config


def upgrade(location: Location, *, migrations: str = MIGRATIONS) -> None:
    """Migrate to the newest revision under a lock; does nothing when it is there already.

    Raises FatalError for a history of a newer version and for a database of something else, RetriableError
    when another process keeps the lock longer than `location.wait` seconds.
    """
    config = configuration(migrations)
    script = ScriptDirectory.from_config(config)
    engine = create(location, foreign_keys=False)
    try:
        with failures_explained(location):
            with reading(engine).connect() as connection:
                if _revision(connection) == script.get_current_head():
                    return
            with engine.begin() as connection:
                _lock(connection, location)
                _refuse_unknown(connection, script, location)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                _check_foreign_keys(connection, location)
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _lock(connection: Connection, location: Location) -> None:
    # SQLite's write lock is held since the transaction began
    if not location.embedded:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(location.wait * 1000)}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _refuse_unknown(connection: Connection, script: ScriptDirectory, location: Location) -> None:
    revision = _revision(connection)
    known = {entry.revision for entry in script.walk_revisions()}
    if revision is not None and revision not in known:
        raise FatalError(
            f"{location.name} was made by a newer version of itsm-maturity (revision {revision})",
            hint="Update itsm-maturity, or name another history.",
        )
    if revision is None and location.embedded and inspect(connection).get_table_names():
        raise FatalError(
            f"{location.name} is a database of another program", hint="Name another file for history."
        )


def _check_foreign_keys(connection: Connection, location: Location) -> None:
    if location.embedded and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise FatalError(
            f"{location.name} could not be upgraded: rows would lose what they belong to",
            hint="Restore it from a backup.",
        )

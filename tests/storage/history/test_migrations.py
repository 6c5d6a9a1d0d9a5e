from __future__ import annotations

import shutil
import sqlite3
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from storage.errors import FatalError
from storage.history.database import create, resolve
from storage.history.tables import HistoryTable
from storage.history.upgrade import VERSION_TABLE, configuration, upgrade
from tests.storage.history.places import Place
from tests.storage.history.processes import fork_server, migrate, open_together
from tests.storage.history.samples import assessment

FURTHER = '''"""A further revision that rebuilds a table."""

import os

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{newest}"


def upgrade() -> None:
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("assessment_practice", recreate=recreate) as table:
        table.add_column(sa.Column("colour", sa.String()))
    op.create_table("added", sa.Column("number", sa.Integer(), primary_key=True))
    {end}
'''


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of the migrations that tests may add to."""
    folder = tmp_path / "migrations %20"
    shutil.copytree(Path(str(resources.files("storage.history.migrations"))), folder)
    return folder


def newest() -> str | None:
    return ScriptDirectory.from_config(configuration()).get_current_head()


def further(migrations: Path, end: str) -> str:
    (migrations / "versions" / "9000_further.py").write_text(FURTHER.format(end=end, newest=newest()))
    return str(migrations)


def checks(engine: Engine) -> dict[str, set[Any]]:
    found = inspect(engine)
    return {
        name: {(check["name"], check["sqltext"]) for check in found.get_check_constraints(name)}
        for name in HistoryTable.metadata.tables
    }


def test_a_fresh_history_is_at_the_newest_revision(upgraded: Place) -> None:
    assert upgraded.execute(f"SELECT version_num FROM {VERSION_TABLE}") == [(newest(),)]


def test_opening_again_changes_nothing(upgraded: Place) -> None:
    with upgraded.open() as history:
        history.save_assessment(assessment())
    with upgraded.open() as history:
        assert history.latest() == assessment()


def test_tables_and_migrations_agree(upgraded: Place) -> None:
    engine = create(upgraded.location)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, HistoryTable.metadata) == []
    migrated = checks(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
        for table in reversed(HistoryTable.metadata.sorted_tables):
            connection.exec_driver_sql(f"DROP TABLE {table.name}")
        HistoryTable.metadata.create_all(connection)
    assert checks(engine) == migrated
    assert any(migrated.values())
    engine.dispose()


def test_every_revision_says_its_number_and_purpose() -> None:
    script = ScriptDirectory.from_config(configuration())
    for revision in script.walk_revisions():
        assert Path(revision.path).name.startswith(f"{revision.revision}_")
        assert revision.doc


def test_processes_that_open_a_fresh_history_at_once_migrate_it_once(place: Place) -> None:
    context = fork_server()
    barrier = context.Barrier(3)
    processes = [context.Process(target=open_together, args=(place, barrier)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(place.execute(f"SELECT * FROM {VERSION_TABLE}")) == 1


def test_a_migration_that_is_killed_leaves_the_old_state(place: Place, migrations: Path) -> None:
    with place.open() as history:
        history.save_assessment(assessment())
    process = fork_server().Process(
        target=migrate, args=(place, further(migrations, "os.kill(os.getpid(), 9)"))
    )
    process.start()
    process.join(60)
    assert process.exitcode == -9
    assert place.execute(f"SELECT version_num FROM {VERSION_TABLE}") == [(newest(),)]
    engine = create(place.location)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    assert names == {*HistoryTable.metadata.tables, VERSION_TABLE}
    with place.open() as history:
        assert history.latest() == assessment()


def test_a_migration_that_rebuilds_a_table_keeps_its_rows(place: Place, migrations: Path) -> None:
    with place.open() as history:
        history.save_assessment(assessment())
    upgrade(place.location, migrations=further(migrations, "pass"))
    assert place.execute(f"SELECT version_num FROM {VERSION_TABLE}") == [("9000",)]
    assert place.execute(
        "SELECT practice, department, colour FROM assessment_practice ORDER BY position"
    ) == [
        ("incident", None, None),
        ("incident", "IT", None),
    ]
    assert len(place.execute("SELECT id FROM assessment_indicator")) == 4


def test_a_migration_that_loses_what_rows_belong_to_is_undone(tmp_path: Path, migrations: Path) -> None:
    place = Place("sqlite:maturity.db", tmp_path)
    with place.open() as history:
        history.save_assessment(assessment())
    end = "op.execute('DROP TRIGGER assessment_refuses_delete'); op.execute('DELETE FROM assessment')"
    with pytest.raises(FatalError, match="could not be upgraded"):
        upgrade(place.location, migrations=further(migrations, end))
    with place.open() as history:
        assert history.latest() == assessment()


def first_revision(migrations: Path) -> str:
    """Return migrations as they were before source completeness."""
    for later in (migrations / "versions").glob("000[2-9]_*.py"):
        later.unlink()
    return str(migrations)


BEFORE = (
    "INSERT INTO assessment VALUES (1000, 'a-0000', '2026-01-01 00:00:00+00', '2026-01-01', 'live', '1.0', "
    "'p', '5b1e', 12, 'c0ffee', 1, 4, 1.5, 'incident', 2.25, '[]')",
    "INSERT INTO assessment_source VALUES (1000, 0, 'corp', 'incident', 'readable', NULL, 21571)",
    "INSERT INTO assessment_practice VALUES (1000, 0, 'incident', NULL, 2, 4, 2, 2.66, 0.46, 0.81, 'medium', "
    "0.7, '2.2', 'because', 'do it', '[0.99, 0.7, 0.1, 0.0]')",
)
"""An assessment as the first revision stored it."""


def test_an_assessment_of_before_source_completeness_says_that_it_is_not_known(
    place: Place, migrations: Path
) -> None:
    upgrade(place.location, migrations=first_revision(migrations))
    for statement in BEFORE:
        place.execute(statement)
    with place.open() as history:
        (found,) = history.assessments().items
        history.save_assessment(assessment())
        assert history.assessments().total == 2
    (source,), (incident,) = found.sources, found.practices
    assert (source.records, source.hidden, source.rejected, source.completeness) == (21571, None, None, None)
    assert (incident.kinds, incident.completeness) == ((), None)
    assert (found.suspicions, found.quality) == ((), ())


@pytest.mark.parametrize("table", ["assessment_source", "assessment_practice"])
def test_assessments_stay_immutable_after_the_upgrade(place: Place, migrations: Path, table: str) -> None:
    upgrade(place.location, migrations=first_revision(migrations))
    for statement in BEFORE:
        place.execute(statement)
    place.open().close()
    with pytest.raises(Exception, match="history is never changed"):
        place.execute(f"UPDATE {table} SET position = position")


def test_a_history_of_a_newer_version_is_left_alone(upgraded: Place) -> None:
    upgraded.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(FatalError, match="newer version of itsm-maturity") as caught:
        upgraded.open()
    assert "Update itsm-maturity" in caught.value.hint
    assert upgraded.execute(f"SELECT version_num FROM {VERSION_TABLE}") == [("9999",)]


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "maturity.db")
    other.execute("CREATE TABLE photos (name TEXT)")
    other.close()
    with pytest.raises(FatalError, match="another program"):
        Place("sqlite:maturity.db", tmp_path).open()
    engine = create(resolve("sqlite:maturity.db", tmp_path, wait=1))
    assert inspect(engine).get_table_names() == ["photos"]
    engine.dispose()

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from storage.errors import FatalError, ItsmMaturityError, RetriableError, UsageError
from storage.history.store import History
from tests.storage.history.places import Place, Server
from tests.storage.history.samples import assessment

SECRET = "s3cret-pa55word"


def failure(url: str, folder: Path, *, wait: float = 5) -> ItsmMaturityError:
    """Open a history that cannot be opened; the error is one sentence with a hint and has no password."""
    with pytest.raises(ItsmMaturityError) as caught:
        History.open(url, folder, wait=wait)
    error = caught.value
    assert "\n" not in error.message
    assert error.hint
    assert SECRET not in "".join(traceback.format_exception(error)) + error.hint
    return error


def test_importing_history_loads_no_database_library() -> None:
    heavy = "{'sqlalchemy', 'sqlmodel', 'alembic', 'psycopg', 'sqlite3', 'pydantic'}"
    code = f"import sys, storage.history; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_offers_the_class_by_name() -> None:
    from storage import history

    assert history.History is History
    with pytest.raises(AttributeError):
        _ = history.Histery


def test_a_relative_file_is_below_the_configurations_folder(tmp_path: Path) -> None:
    Place("sqlite:deep/er/maturity.db", tmp_path).open().close()
    assert (tmp_path / "deep" / "er" / "maturity.db").is_file()


def test_an_absolute_file_is_where_it_says(tmp_path: Path) -> None:
    Place(f"sqlite:{tmp_path}/100% sure?.db", Path("/nowhere")).open().close()
    assert (tmp_path / "100% sure?.db").is_file()


def test_a_file_is_opened_with_a_log_that_lets_others_read(tmp_path: Path) -> None:
    place = Place("sqlite:maturity.db", tmp_path)
    place.open().close()
    assert place.execute("PRAGMA journal_mode") == [("wal",)]
    assert place.execute("PRAGMA foreign_keys") == [(1,)]
    assert place.execute("PRAGMA busy_timeout") == [(60000,)]


def test_one_process_reads_while_another_writes(tmp_path: Path) -> None:
    place = Place("sqlite:maturity.db", tmp_path)
    with place.open() as history:
        history.save_assessment(assessment())
        other = sqlite3.connect(tmp_path / "maturity.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert history.latest() == assessment()
        other.close()


@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite:///maturity.db", "sqlite::memory:", "mysql://x/y", "maturity.db", ""]
)
def test_a_url_nobody_can_mean_is_refused(tmp_path: Path, url: str) -> None:
    assert isinstance(failure(url, tmp_path), UsageError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", [f"postgresql://u:{SECRET}@host:port/x", f"mysql://u:{SECRET}@host/x"])
def test_a_password_in_a_broken_url_is_not_repeated(tmp_path: Path, url: str) -> None:
    assert isinstance(failure(url, tmp_path), UsageError)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "maturity.db").write_text("Dear diary, " * 100)
    error = failure("sqlite:maturity.db", tmp_path)
    assert isinstance(error, FatalError)
    assert "is not a SQLite database" in error.message
    assert (tmp_path / "maturity.db").read_text().startswith("Dear diary")


def test_a_folder_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "maturity.db").mkdir()
    assert isinstance(failure("sqlite:maturity.db", tmp_path), FatalError)


def test_a_file_in_the_place_of_a_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert isinstance(failure("sqlite:file/maturity.db", tmp_path), FatalError)


def test_a_history_another_process_holds_can_be_tried_again(tmp_path: Path) -> None:
    Place("sqlite:maturity.db", tmp_path).open().close()
    other = sqlite3.connect(tmp_path / "maturity.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with History.open("sqlite:maturity.db", tmp_path, wait=0.1) as history:
        with pytest.raises(RetriableError, match="held by another process"):
            history.save_assessment(assessment())
        other.execute("ROLLBACK")
        history.save_assessment(assessment())
    other.close()


def test_a_fresh_history_another_process_holds_can_be_tried_again(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "maturity.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert isinstance(failure("sqlite:maturity.db", tmp_path, wait=0.1), RetriableError)
    other.close()


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_a_migration_waits_for_its_lock_no_longer_than_asked(place: Place) -> None:
    import psycopg

    with psycopg.connect(place.url) as other:
        other.execute("SELECT pg_advisory_lock(1769239405)")
        error = failure(place.url, place.folder, wait=0.1)
    assert isinstance(error, RetriableError)
    place.open().close()


def test_a_server_that_does_not_answer_can_be_tried_again(tmp_path: Path) -> None:
    error = failure(f"postgresql://maturity:{SECRET}@127.0.0.1:1/maturity", tmp_path)
    assert isinstance(error, RetriableError)
    assert "127.0.0.1:1 cannot be reached" in error.message


def test_a_socket_that_is_not_there_can_be_tried_again(tmp_path: Path) -> None:
    url = f"postgres://maturity@/maturity?host={tmp_path}&password={SECRET}"
    assert isinstance(failure(url, tmp_path), RetriableError)


def test_a_wrong_password_is_fatal(tmp_path: Path, server: Server) -> None:
    name = f"clerk_{os.getpid()}"
    server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'right'")
    rules = Path(str(server.execute("SHOW hba_file")[0][0]))
    rules.write_text(f"local all {name} scram-sha-256\n{rules.read_text()}")
    server.execute("SELECT pg_reload_conf()")
    for login in (f"{name}:{SECRET}", name):
        error = failure(server.url(login=login), tmp_path)
        assert isinstance(error, FatalError)
        assert "refuses the login" in error.message


def test_a_user_nobody_knows_is_fatal(tmp_path: Path, server: Server) -> None:
    error = failure(server.url(login=f"nobody:{SECRET}"), tmp_path)
    assert isinstance(error, FatalError)
    assert "refuses the login" in error.message


def test_a_database_that_does_not_exist_is_fatal(tmp_path: Path, server: Server) -> None:
    error = failure(server.url("nowhere", login=f"postgres:{SECRET}"), tmp_path)
    assert isinstance(error, FatalError)
    assert "'nowhere'" in error.message
    assert "does not exist" in error.message


def test_a_user_who_may_not_create_tables_is_told(tmp_path: Path, server: Server) -> None:
    name = f"guest_{os.getpid()}"
    server.execute(f"CREATE ROLE {name} LOGIN")
    error = failure(server.url(login=name), tmp_path)
    assert isinstance(error, FatalError)
    assert "denies access" in error.message


def test_an_option_no_server_knows_is_fatal(tmp_path: Path) -> None:
    error = failure(f"postgresql://maturity:{SECRET}@localhost/maturity?colour=blue", tmp_path)
    assert isinstance(error, FatalError)

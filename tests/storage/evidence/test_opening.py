from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from storage.errors import FatalError, RetriableError, UsageError
from storage.evidence import open_store
from storage.evidence.urls import duckdb_file
from tests.storage.evidence.builders import held, incident, rows, store

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys
from pathlib import Path
from storage.evidence import open_store
with open_store(sys.argv[1], Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""
# The largest file the process may write stands in for a full disk.
ON_A_FULL_DISK = """
import os, resource, sys
from pathlib import Path
from storage.errors import FatalError
from storage.evidence import open_store
from storage.evidence.store import Record
folder = Path(sys.argv[1])
try:
    with open_store("duckdb:evidence.duckdb", folder) as evidence:
        limit = (folder / "evidence.duckdb").stat().st_size + 100_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        rows = (Record(str(n), {"category": os.urandom(200).hex()}) for n in range(3000))
        evidence.merge("corp", "problem", rows)
except FatalError as error:
    print(error.message, "|", error.hint)
"""


def test_a_relative_url_starts_at_the_folder_and_an_absolute_one_does_not(tmp_path: Path) -> None:
    assert duckdb_file("duckdb:data/evidence.duckdb", tmp_path) == tmp_path / "data" / "evidence.duckdb"
    assert duckdb_file("duckdb:/var/lib/e.duckdb", tmp_path) == Path("/var/lib/e.duckdb")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("dukdb:evidence.duckdb", "did you mean 'duckdb'"),
        ("postgresql://localhost/evidence", "'postgresql' is not one of"),
        ("evidence.duckdb", "does not start with an engine"),
        ("duckdb:", "names no file"),
        ("duckdb:folder/", "names no file"),
        ("duckdb:///evidence.duckdb", "read in two ways"),
    ],
)
def test_a_url_that_names_no_store_is_a_wrong_use(tmp_path: Path, url: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected) as failure:
        open_store(url, tmp_path)
    assert "duckdb:evidence.duckdb" in failure.value.hint


def test_nothing_is_opened_before_the_with_block(tmp_path: Path) -> None:
    evidence = store(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="closed"):
        evidence.version()


def test_a_new_store_is_one_file_in_a_folder_made_for_it(tmp_path: Path) -> None:
    with store(tmp_path, "deep/er/evidence.duckdb"):
        pass
    assert [path.name for path in (tmp_path / "deep" / "er").iterdir()] == ["evidence.duckdb"]


def test_a_store_can_be_opened_again_and_again(tmp_path: Path) -> None:
    evidence = store(tmp_path)
    for number in range(3):
        with evidence:
            evidence.merge("corp", "incident", [incident(number)])
    with evidence:
        assert len(held(evidence)) == 3


def test_records_not_read_to_the_end_do_not_hold_the_file(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", (incident(number) for number in range(10_050)))
        unfinished = iter(evidence.records("corp", "incident"))
        next(unfinished)
    assert _opens_elsewhere(tmp_path)


@pytest.mark.parametrize("content", [b"", b"number;opened_at\n", b"x" * 20_000])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "evidence.duckdb").write_bytes(content)
    with pytest.raises(FatalError, match="is not a DuckDB database") as failure, store(tmp_path):
        pass
    assert "full sync" in failure.value.hint
    assert (tmp_path / "evidence.duckdb").read_bytes() == content


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        connection.execute("CREATE TABLE invoices AS SELECT 1 AS number")
    with pytest.raises(FatalError, match="not an evidence store"), store(tmp_path):
        pass
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("invoices",)]


def test_a_store_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    with store(tmp_path):
        pass
    with duckdb.connect(str(tmp_path / "evidence.duckdb")) as connection:
        connection.execute("UPDATE meta.store SET layout = layout + 1")
    with pytest.raises(FatalError, match="newer release of itsm-maturity") as failure, store(tmp_path):
        pass
    assert failure.value.hint


@pytest.mark.parametrize("path", [".", "plain/evidence.duckdb"])
def test_a_path_that_leads_to_no_file_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "plain").write_text("a file, no folder")
    with pytest.raises(FatalError, match="cannot be opened") as failure, store(tmp_path, path):
        pass
    assert failure.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('IO Error: Cannot open file "e": Permission denied', "permission denied"),
        ("IO Error: Cannot create directory: Read-only file system", "permission denied"),
        ("Trying to read a database file with storage version number 99, but we can only read storage "
         "versions between 39 and 68.", "newer release"),
        ("Out of Memory Error: failed to allocate data", "not enough memory"),
    ],
)  # fmt: skip
def test_a_failure_of_the_engine_is_one_sentence_and_a_hint(text: str, expected: str) -> None:
    from storage.evidence.failures import translated

    error = translated(duckdb.IOException(text), Path("evidence.duckdb"))
    assert isinstance(error, FatalError)
    assert expected in error.message
    assert "\n" not in error.message
    assert error.hint


def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    with store(tmp_path) as evidence:
        evidence.merge("corp", "incident", [incident(1)])
        before = evidence.version()
    result = _python(ON_A_FULL_DISK, str(tmp_path))
    assert "no space left" in result
    assert "nothing half-written was kept" in result
    with store(tmp_path) as evidence:
        assert evidence.version() == before
        assert evidence.ids("corp", "problem") == []


def test_waiting_for_another_process_ends_with_its_name_and_the_time(tmp_path: Path) -> None:
    with _held_elsewhere(tmp_path) as other:
        with pytest.raises(RetriableError, match=r"evidence\.duckdb.*waited 0\.3 seconds") as failure:
            store(tmp_path, wait=0.3).__enter__()
        assert f"PID {other.pid}" in failure.value.message
        assert failure.value.hint
        assert failure.value.retry_after == 0.3


def test_waiting_goes_on_until_the_other_process_is_done(tmp_path: Path) -> None:
    with _held_elsewhere(tmp_path) as other:
        release = threading.Timer(0.4, other.communicate, ["\n"])
        release.start()
        with store(tmp_path) as evidence:
            assert evidence.merge("corp", "incident", [incident(1)]).inserted == 1
        release.join()


def test_a_file_held_with_other_settings_by_this_process_is_waited_for_too(tmp_path: Path) -> None:
    with store(tmp_path):
        pass
    with (
        duckdb.connect(str(tmp_path / "evidence.duckdb")),
        pytest.raises(RetriableError, match="in use by somebody else"),
    ):
        store(tmp_path, wait=0.05).__enter__()


def test_two_threads_of_one_process_merge_one_after_the_other(tmp_path: Path) -> None:
    def work(source: str) -> None:
        for number in range(10):
            with store(tmp_path) as evidence:
                evidence.merge(source, "incident", [incident(number)])

    threads = [threading.Thread(target=work, args=(source,)) for source in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store(tmp_path) as evidence:
        assert evidence.version().number == 20
        assert rows(evidence, "SELECT count(*) FROM incident") == [(20,)]


class _held_elsewhere:  # noqa: N801
    """A second process that holds the store until a line is sent to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, "duckdb:evidence.duckdb", str(self._folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"
        return self._process

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _opens_elsewhere(folder: Path) -> bool:
    code = "import sys, duckdb; duckdb.connect(sys.argv[1]).close(); print('opened')"
    return "opened" in _python(code, str(folder / "evidence.duckdb"))


def _python(code: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return result.stdout

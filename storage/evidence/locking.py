"""Opens the evidence file, waiting while another process holds it.

Two processes cannot hold one DuckDB file. Within one process connections share it, so there only
writing is serialised, by a lock per file.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import Lock, RLock
from typing import Final

import duckdb
from tenacity import RetryError, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from storage.errors import RetriableError
from storage.evidence.failures import holder, is_held

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    # A query may come from a customer's indicator: it sees the relations and nothing else.
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Order is always asked for; giving up the order of arrival saves memory.
    "preserve_insertion_order": "false",
}

_writers: dict[Path, RLock] = defaultdict(RLock)
_writers_guard: Final = Lock()


def writer_lock(file: Path) -> RLock:
    """Return the lock under which this process writes to `file`."""
    with _writers_guard:
        return _writers[file.resolve()]


def connect(file: Path, wait: float) -> duckdb.DuckDBPyConnection:
    """Open `file`, trying again for up to `wait` seconds while somebody else holds it.

    Raises RetriableError afterwards, and the engine's own error for every other failure.
    """
    attempts = Retrying(
        retry=retry_if_exception(is_held),
        stop=stop_after_delay(wait),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
    )
    try:
        connection = attempts(duckdb.connect, str(file), config=_SETTINGS)
    except RetryError as error:
        cause = error.last_attempt.exception() or error
        raise RetriableError(
            f"'{file}' is in use by {holder(cause)}; waited {wait:g} seconds.",
            hint="Run the command again when the other one has finished.",
            retry_after=wait,
        ) from cause
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def create_once(file: Path, fill: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    """Create `file` filled by `fill`, so that nobody ever sees half of it; one of several creators wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
        draft = Path(folder) / "new.duckdb"
        with duckdb.connect(str(draft), config=_SETTINGS) as connection:
            fill(connection)
        try:
            os.link(draft, file)
        except FileExistsError:
            return
        except OSError:
            # A file system without hard links: renaming is the next best, and as atomic.
            draft.rename(file)

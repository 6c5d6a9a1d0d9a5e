"""Which engine and which file an evidence URL names."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from storage.errors import UsageError

ENGINES = ("duckdb",)
"""Engines this release has."""

_HINT = (
    "Write duckdb:evidence.duckdb (relative to the configuration file) or duckdb:/an/absolute/path.duckdb."
)


def duckdb_file(url: str, folder: Path) -> Path:
    """Return the file that a `duckdb:` URL names; raises UsageError for every other URL."""
    engine, colon, path = url.partition(":")
    if not colon or engine not in ENGINES:
        raise UsageError(_unknown_engine(url, engine, colon), hint=_HINT)
    if not path.strip() or path.endswith("/"):
        raise UsageError(f"The evidence URL '{url}' names no file.", hint=_HINT)
    if path.startswith("//"):
        # duckdb:///x means the root of the file system to some libraries and a relative path to others.
        raise UsageError(f"The evidence URL '{url}' can be read in two ways.", hint=_HINT)
    return (folder / Path(path).expanduser()).absolute()


def _unknown_engine(url: str, engine: str, colon: str) -> str:
    if not colon:
        return f"The evidence URL '{url}' does not start with an engine."
    near = get_close_matches(engine.lower(), ENGINES, n=1)
    suggestion = f" (did you mean '{near[0]}'?)" if near else ""
    return f"The evidence engine '{engine}' is not one of {', '.join(ENGINES)}{suggestion}."

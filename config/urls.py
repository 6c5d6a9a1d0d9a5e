"""Addresses of the two stores. They may hold a password, so a message shows their scheme alone."""

from __future__ import annotations

from config.values import setting_error

_FILES = frozenset({"duckdb", "sqlite"})


def evidence_url(value: object) -> str:
    """Return the address of an evidence store that this version can open."""
    return _checked(value, ("duckdb",), "duckdb:evidence.duckdb")


def history_url(value: object) -> str:
    """Return the address of a history store that this version can open."""
    schemes = ("sqlite", "postgresql", "postgres", "postgresql+psycopg")
    return _checked(value, schemes, "sqlite:maturity.db or postgresql://user@host/database")


def _checked(value: object, schemes: tuple[str, ...], example: str) -> str:
    scheme, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not isinstance(value, str) or not scheme or not rest:
        raise setting_error(None, f"should be an address such as {example}")
    if scheme not in schemes:
        raise setting_error(scheme, f"is not one of {', '.join(schemes)}", among=schemes)
    if scheme in _FILES and rest.startswith("//"):
        # Three slashes mean the root of the file system to some libraries and a relative path to others.
        raise setting_error(
            None, f"can be read in two ways; write {scheme}:a/file or {scheme}:/an/absolute/file"
        )
    return value

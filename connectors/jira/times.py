"""Times as Jira writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=2**14)
def moment_of(written: str | int) -> datetime:
    """Return a moment in UTC: `2026-01-31T09:00:00.000+0100`, or UNIX milliseconds."""
    if isinstance(written, int):
        return datetime.fromtimestamp(written / 1000, UTC)
    found = datetime.fromisoformat(written)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


@lru_cache(maxsize=2**14)
def stamp(written: str | int) -> str:
    """Return a moment as rows carry it: UTC, whole seconds, without a zone."""
    return shown(moment_of(written))


def shown(moment: datetime) -> str:
    """Return a moment as rows carry it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")

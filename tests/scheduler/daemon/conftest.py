"""A real PostgreSQL, as the tests of history bring it up."""

from __future__ import annotations

from tests.storage.history.conftest import place, server

__all__ = ["place", "server"]

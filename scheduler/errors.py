"""What a use case says when the call is right and there is nothing to answer it with."""

from __future__ import annotations

from storage.errors import UsageError


class NothingYetError(UsageError):
    """There is nothing yet to answer with; do first what the hint says. Exit 1."""

"""Drafts the next migration: `python -m storage.history.migrations "add targets"`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from storage.history.database import create, resolve
from storage.history.upgrade import configuration, upgrade


def draft(message: str) -> None:
    """Write `versions/NNNN_message.py` with what the tables have and the migrations lack."""
    config = configuration()
    head = ScriptDirectory.from_config(config).get_current_head() or "0000"
    with tempfile.TemporaryDirectory() as folder:
        location = resolve("sqlite:draft.db", Path(folder), wait=10)
        upgrade(location)
        with create(location).begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{int(head) + 1:04}")


if __name__ == "__main__":
    draft(" ".join(sys.argv[1:]))

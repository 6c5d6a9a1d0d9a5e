"""Runs migrations on the connection that `storage.history.upgrade` opened and locked."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from storage.history.tables import HistoryTable, Json
from storage.history.upgrade import VERSION_TABLE


def render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write column types in plain SQLAlchemy, so that a migration means the same for ever."""
    if kind != "type":
        return False
    plain = {AutoString: "sa.String()", UTCDateTime: "sa.DateTime(timezone=True)", Json: "JSON"}
    return plain.get(type(item), False)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=HistoryTable.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    render_item=render,
    transactional_ddl=True,
)

with context.begin_transaction():
    context.run_migrations()

"""Tables of rows with class hierarchy, as an instance keeps them."""

from __future__ import annotations

from sandbox.servicenow.store.rows import Row, RowSet
from sandbox.servicenow.store.schema import Definition, Field, Schema, standard
from sandbox.servicenow.store.tables import Tables, sys_id

__all__ = ["Definition", "Field", "Row", "RowSet", "Schema", "Tables", "standard", "sys_id"]

"""Encoded queries: reading them and finding their rows."""

from __future__ import annotations

from sandbox.servicenow.query.clauses import Context, find_field, value_at
from sandbox.servicenow.query.parse import Query, parse
from sandbox.servicenow.query.select import Forbidden, Found, Selector

__all__ = ["Context", "Forbidden", "Found", "Query", "Selector", "find_field", "parse", "value_at"]

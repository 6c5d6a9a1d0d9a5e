"""A subset of JQL with the precedence, the time zones and the refusals of Jira."""

from __future__ import annotations

from sandbox.jira.jql.moments import Asker
from sandbox.jira.jql.search import Found, Searcher
from sandbox.jira.jql.syntax import Query, parse
from sandbox.jira.jql.words import QueryError

__all__ = ["Asker", "Found", "Query", "QueryError", "Searcher", "parse"]

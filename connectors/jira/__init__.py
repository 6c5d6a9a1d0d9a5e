"""Reads Jira and Jira Service Management, Cloud and Data Center: everything the record kinds need."""

from connectors.jira.connector import JiraConnector
from connectors.jira.settings import JiraSettings

__all__ = ["JiraConnector", "JiraSettings"]

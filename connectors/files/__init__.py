"""Reads records from CSV, JSON and JSON lines files, among them logs with one row per update."""

from connectors.files.connector import FilesConnector
from connectors.files.settings import FilesSettings

__all__ = ["FilesConnector", "FilesSettings"]

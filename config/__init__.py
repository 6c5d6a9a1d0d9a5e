"""The YAML file: settings, exact error positions, secrets, examples."""

from __future__ import annotations

from config.configuration import Configuration, Exemption, setting_problems
from config.document import Document
from config.loader import in_file_order, load

__all__ = ["Configuration", "Document", "Exemption", "in_file_order", "load", "setting_problems"]

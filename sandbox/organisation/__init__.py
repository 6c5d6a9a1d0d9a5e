"""Seeded organisations of linked incident records at a chosen quality, with the truth beside them."""

from __future__ import annotations

from sandbox.organisation.export import configuration, write_export, write_truth
from sandbox.organisation.generator import Organisation, generate
from sandbox.organisation.quality import Quality

__all__ = ["Organisation", "Quality", "configuration", "generate", "write_export", "write_truth"]

"""Seeded organisations: incidents at a chosen quality, linked to all other records, and the truth."""

from __future__ import annotations

from sandbox.organisation.assumptions import Assumptions
from sandbox.organisation.export import (
    EXPORTED_KINDS,
    configuration,
    exported_kinds,
    policy,
    write_export,
    write_truth,
)
from sandbox.organisation.generator import Organisation, generate
from sandbox.organisation.profiles import PROFILES, Profile, profile
from sandbox.organisation.quality import Quality

__all__ = [
    "EXPORTED_KINDS",
    "PROFILES",
    "Assumptions",
    "Organisation",
    "Profile",
    "Quality",
    "configuration",
    "exported_kinds",
    "generate",
    "policy",
    "profile",
    "write_export",
    "write_truth",
]

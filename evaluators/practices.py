"""The practices of the model, and from which overall level on each is asked for."""

from __future__ import annotations

from collections.abc import Mapping

PRACTICES = (
    "incident",
    "problem",
    "change",
    "release",
    "configuration",
    "monitoring",
    "service-level",
    "request",
    "knowledge",
)
"""Practices in the order of the model (section 7)."""

STAGED_SETS: Mapping[str, int] = {
    "incident": 2,
    "request": 2,
    "change": 2,
    "service-level": 3,
    "configuration": 3,
    "problem": 3,
    "knowledge": 3,
    "release": 3,
    "monitoring": 4,
}
"""Process sets: from which overall level on a practice is asked for (section 6.6); 2 at least."""

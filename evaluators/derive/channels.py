"""Channels: how people reach the service desk or an article, whatever the platform calls it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from evaluators.derive.names import matches
from evaluators.statistics.arrays import BoolArray

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "machine": ("*monitoring*", "event*", "alert*", "integration*", "api", "system*", "automat*", "schedul*"),
    "chatbot": ("*bot*", "virtual*agent*", "virtual*assistant*"),
    "portal": ("*portal*", "*self*service*", "web*", "*catalog*", "mobile*", "app"),
    "phone": ("*phone*", "call*", "voice*"),
    "chat": ("*chat*", "*messag*", "*teams*", "slack*"),
    "desk": ("walk*", "in person*", "on*site*"),
    "email": ("*mail*",),
}
"""Patterns of each channel; the first that fits wins, all others are `other`."""

LIVE = ("phone", "chat", "chatbot", "desk")
"""Channels on which somebody is waiting for an answer right now."""
SELF_SERVICE = ("portal", "chatbot")


def channels_of(values: pa.ChunkedArray) -> pa.Array:
    """Return the channel of each value; empty where it is empty."""
    names = np.full(len(values), "other", dtype=object)
    undecided: BoolArray = np.ones(len(values), np.bool_)
    for name, patterns in CHANNELS.items():
        fits = undecided & matches(values, patterns)
        names[fits], undecided = name, undecided & ~fits
    return pa.array(names, pa.string(), mask=~np.asarray(values.is_valid()))


def among(channels: pa.Array, names: tuple[str, ...]) -> BoolArray:
    """Say which channels are one of `names`; an empty one is none."""
    return np.isin(np.asarray(channels.to_pylist(), dtype=object).astype(str), names)

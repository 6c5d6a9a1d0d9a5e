"""Twelve ways to make the records look better than the work (section 8.1, adversarial family).

Each takes the records of a generated organisation and returns them as they would stand after somebody had
manipulated those of the last three months. The truth stays as it was: nothing of the work got better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from sandbox.organisation.gaming.changes import back_date
from sandbox.organisation.gaming.clocks import downgrade, edit_clocks, pause_clocks
from sandbox.organisation.gaming.edits import Desk
from sandbox.organisation.gaming.links import force_links, link_in_bulk
from sandbox.organisation.gaming.requests import cancel_late, drop_surveys
from sandbox.organisation.gaming.tickets import close_in_bursts, fill_with_other, repeat_text, split_group
from sandbox.organisation.gaming.variants import VARIANTS
from sandbox.organisation.generator import Organisation
from sandbox.organisation.table import Table
from storage.errors import UsageError

SCENARIOS: Mapping[str, Callable[[Desk], Mapping[str, Table]]] = MappingProxyType(
    {
        "closure-burst": close_in_bursts,
        "priority-downgrade": downgrade,
        "pause-abuse": pause_clocks,
        "category-other": fill_with_other,
        "same-resolution-text": repeat_text,
        "edits-after-stop": edit_clocks,
        "group-splitting": split_group,
        "survey-drop": drop_surveys,
        "bulk-links": link_in_bulk,
        "forced-links": force_links,
        "back-dated-changes": back_date,
        "cancelled-late-requests": cancel_late,
    }
)


def game(organisation: Organisation, scenario: str, *, seed: int, until: date) -> Organisation:
    """Return the organisation after one manipulation; `until` is the first day without records.

    It may be a variant as well. The same arguments give the same records; those handed in are left alone.
    Raises UsageError for an unknown scenario.
    """
    known = {**SCENARIOS, **{name: variant for name, (_, variant) in VARIANTS.items()}}
    if scenario not in known:
        raise UsageError(f"There is no scenario '{scenario}'.", hint=f"Choose from {', '.join(SCENARIOS)}.")
    changed: dict[str, Any] = {**known[scenario](Desk(organisation, seed, until))}
    return replace(organisation, truth={**organisation.truth, "gamed": scenario}, **changed)


__all__ = ["SCENARIOS", "VARIANTS", "game"]

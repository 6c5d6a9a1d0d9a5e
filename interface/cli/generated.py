"""Options of the commands that generate an organisation."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from interface.demonstration import FEWEST, LEVELS, MONTHS, MOST, SEED, USUAL, VOLUMES, Organisation
from storage.errors import UsageError


def _volume(text: str) -> int:
    """Return how many incidents are asked for, by number or by name."""
    if text in VOLUMES:
        return VOLUMES[text] * MONTHS // 12
    if text.isdecimal() and FEWEST <= int(text) <= MOST:
        return int(text)
    raise typer.BadParameter(
        f"{text!r} is none of {', '.join(VOLUMES)}, nor a number from {FEWEST} to {MOST}."
    )


Incidents = Annotated[
    int | None,
    typer.Option(
        "--incidents",
        parser=_volume,
        metavar="N|small|medium|large",
        help="How many incidents in 24 months; small, medium, large: 2,000, 25,000, 250,000 a year.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same organisation.")]
ProfileName = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Organisation by name: firefighting, uneven, no-cmdb …"),
]
Level = Annotated[
    int | None, typer.Option("--level", min=1, max=5, help="Level all nine practices work at, 3 by default.")
]
USUAL_SEED = SEED


def organisation(
    profile: str | None, level: int | None, incidents: int | None, seed: int, until: date
) -> Organisation:
    """Return the organisation that is asked for.

    Raises UsageError for an unknown profile, and for a profile together with a level.
    """
    if profile and level:
        raise UsageError("--profile says the level already.", hint="Leave --level out.")
    from sandbox.organisation.profiles import profile as find

    found = find(profile or (LEVELS[level - 1] if level else USUAL))
    return Organisation(incidents or found.incidents, seed, found.name, until)

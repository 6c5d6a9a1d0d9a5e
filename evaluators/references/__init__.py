"""What others published about a quantity: shown beside an indicator's value, never used for a level.

Apart from the catalogue, and nothing that measures or rates may import it (section 6.12); a test holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict

FILE = "references.yaml"


class Reference(BaseModel):
    """One published value, in words, with what has to be known before comparing with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator: str
    value: str
    what: str
    source: str
    year: str
    source_kind: Literal["survey", "vendor", "practitioner", "study", "measured"]
    comparability: str

    def sentence(self) -> str:
        """Return `52.8 % measured, UCI ServiceNow log 2016 (measured; one company)`."""
        year = "" if self.year == "unknown" else f" {self.year}"
        return f"{self.value} {self.what}, {self.source}{year} ({self.source_kind}; {self.comparability})"


@lru_cache(maxsize=1)
def references() -> Mapping[str, tuple[Reference, ...]]:
    """Return the published values by indicator."""
    from ruamel.yaml import YAML

    text = resources.files("evaluators.references").joinpath(FILE).read_text(encoding="utf-8")
    found: dict[str, tuple[Reference, ...]] = {}
    for item in YAML(typ="safe").load(text):
        reference = Reference.model_validate(item)
        found[reference.indicator] = (*found.get(reference.indicator, ()), reference)
    return found


def references_of(indicator: str) -> tuple[Reference, ...]:
    """Return what is published about an indicator's quantity; mostly nothing."""
    return references().get(indicator, ())

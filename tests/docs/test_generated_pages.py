"""Generated pages say what the code says."""

from __future__ import annotations

from pathlib import Path

from evaluators.catalogue import shipped
from evaluators.catalogue.documentation import markdown

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_indicators_is_current() -> None:
    assert (DOCS / "indicators.md").read_text(encoding="utf-8") == markdown(shipped())

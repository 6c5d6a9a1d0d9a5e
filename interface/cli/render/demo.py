"""How to go on after a demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text


def how_to_go_on(file: Path | None) -> Iterator[Text]:
    """Yield commands to try on the demo's files, or how to keep them."""
    yield Text()
    if file is None:
        yield Text("Nothing was kept. Keep it with: itsm-maturity demo --keep demo")
    else:
        yield Text("Go on with:", style="bold")
        for command in ("explain incident", "explain inc-sla-attainment --sql", "history", "indicators"):
            # One line each, however narrow the terminal, so that it can be copied.
            yield Text(f"  itsm-maturity -c {file} {command}", no_wrap=True, overflow="ignore")
    yield Text("Your own incidents: itsm-maturity init --from-export incidents.csv")

"""How to go on after a demo."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import join
from shutil import which

from rich.text import Text

_NAME = "itsm-maturity"


def how_to_go_on(file: Path | None, sandbox: Sequence[str]) -> Iterator[Text]:
    """Yield commands to try on the demo's files, or how to keep them.

    `sandbox` are the options that start the same ServiceNow again at the same address.
    """
    yield Text()
    if file is None:
        yield Text("Nothing was kept. Keep it with: itsm-maturity demo --keep demo")
    else:
        yield Text("Go on with:", style="bold")
        for command in ("explain incident", "explain inc-sla-attainment --sql", "history", "indicators"):
            yield _command("-c", str(file), *command.split())
        yield Text("The ServiceNow has ended with the demo. Start the same one again in another terminal:")
        yield _command("sandbox", *sandbox)
        yield Text("Then read it once more; nothing has changed, so this takes seconds:")
        for command in ("check", "sync"):
            yield _command("-c", str(file), command)
    yield Text("Your own ServiceNow or export: itsm-maturity init")


def _command(*words: str) -> Text:
    """Return one line, however narrow the terminal, so that it can be copied."""
    return Text(f"  {_program()} {join(words)}", no_wrap=True, overflow="ignore")


def _program() -> str:
    """Return what the command is called by: as it was called now, where its name alone would not be found."""
    called = Path(sys.argv[0])
    return str(called) if called.name == _NAME and which(_NAME) is None else _NAME

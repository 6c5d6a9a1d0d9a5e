"""Writing to people and to programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much is done and, where known, how much there is."""


def print_json(value: Any) -> None:
    """Write a value as indented JSON to standard output; times are ISO 8601 with their zone."""
    import orjson

    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    sys.stdout.write(text.decode() + "\n")


def console() -> Console:
    """Return the console of standard output; plain text of 80 columns where it is no terminal."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def silent(message: str, done: int, total: int | None) -> None:
    """Progress nobody watches."""


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a progress display on standard error while that is a terminal, otherwise a silent one."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("", total=None)

        def show(message: str, done: int, total: int | None) -> None:
            display.update(task, description=message, completed=done, total=total)

        yield show


def print_parts(parts: Iterable[RenderableType]) -> None:
    """Write texts and tables to standard output."""
    out = console()
    for part in parts:
        out.print(part, crop=False)


def print_text(text: str) -> None:
    """Write a text as it is, to be used by another program."""
    sys.stdout.write(text + "\n")

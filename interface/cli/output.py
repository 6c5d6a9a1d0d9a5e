"""Writing to people and to programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
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


def print_line(value: Any) -> None:
    """Write a value as JSON in one line to standard output, at once: a program may be waiting for it."""
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode() + "\n")
    sys.stdout.flush()


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
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
    )
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        task, rate = display.add_task("", total=None, figures=""), Rate()

        def show(message: str, done: int, total: int | None) -> None:
            figures = figures_text(done, total, rate.per_second(message, done, monotonic()))
            display.update(task, description=message, completed=done, total=total, figures=figures)

        yield show


class Rate:
    """How fast a step goes on: from where it was first seen to where it is."""

    def __init__(self) -> None:
        self._step, self._done, self._since = "", 0, 0.0

    def per_second(self, step: str, done: int, now: float) -> float | None:
        """Return how much is done in a second; None while too little was seen of the step."""
        if step != self._step or done < self._done:
            self._step, self._done, self._since = step, done, now
        seconds = now - self._since
        return (done - self._done) / seconds if seconds >= 1 else None


def figures_text(done: int, total: int | None, rate: float | None) -> str:
    """Return `20,000 of 51,000, 1,200/s`; without a rate below one in a second."""
    text = f"{done:,}" if total is None else f"{done:,} of {total:,}"
    return f"{text}, {rate:,.0f}/s" if rate is not None and rate >= 1 else text


def print_parts(parts: Iterable[RenderableType]) -> None:
    """Write texts and tables to standard output; what a column is too narrow for goes on below it."""
    from rich.table import Table

    out = console()
    for part in parts:
        for column in part.columns if isinstance(part, Table) else ():
            column.overflow = "fold"
        # Rich forgets that a text of its own must not be wrapped; lines to be copied must stay whole.
        out.print(part, crop=False, soft_wrap=getattr(part, "no_wrap", None) is True)


def print_text(text: str) -> None:
    """Write a text as it is, to be used by another program."""
    sys.stdout.write(text + "\n")

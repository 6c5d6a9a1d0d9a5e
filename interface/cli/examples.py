"""Examples below the help of a command."""

from __future__ import annotations


def examples(*lines: tuple[str, str], after: str = "") -> str:
    """Return examples as Typer shows them: each command line with what it does, then a closing remark."""
    shown = "\n".join(f"  [cyan]itsm-maturity {command}[/cyan]\n      {what}" for command, what in lines)
    return "\n\n".join(["[bold]Examples[/bold]\n" + shown, *([after] if after else [])])

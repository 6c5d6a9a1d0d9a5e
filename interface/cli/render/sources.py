"""How complete and fresh the sources of an assessment were, as text for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from evaluators.completeness import sources_of, unread_of
from evaluators.results import PracticeResult, SourceState
from interface.cli.render.tables import plain_table
from interface.cli.words import completeness, count, moment, plural


def source_table(sources: Sequence[SourceState]) -> Table:
    """Return how complete and fresh each source is."""
    table = plain_table("Sources")
    for name in ("Source", "Records of", "State", "Last read completely"):
        table.add_column(name)
    for name in ("Records", "Complete"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in sources:
        table.add_row(
            escape(each.source),
            each.kind,
            each.state,
            moment(each.synced_at),
            count(each.records),
            completeness(each.completeness),
        )
    return table


def sources_line(practice: PracticeResult, sources: Sequence[SourceState]) -> str:
    """Return `sources 99.2 % (incident: 20,000 records, 150 hidden), last read …; denied: transition`.

    The share is that of the least complete kind; the kinds with something missing are named.
    """
    read = sources_of(practice, sources)
    several = len({source.source for source in sources}) > 1
    shown = [each for each in read if each.completeness != 1] or read
    parts = [_part(each, several) for each in shown]
    known = practice.completeness
    text = f"sources {completeness(known)}" if known is not None else "completeness of sources unknown"
    text += f" ({'; '.join(parts)})" if parts else ""
    text += f", last read {_last(read)}" if read else ""
    for state in dict.fromkeys(each.state for each in unread_of(practice, sources)):
        names = [_name(each, several) for each in unread_of(practice, sources) if each.state == state]
        text += f"; {state}: {', '.join(names)}"
    return text


def _part(source: SourceState, several: bool) -> str:
    words = [plural(source.records, "record")]
    if source.completeness is None:
        words.append("not counted" if source.synced_at else "not read to the end")
    words += [f"{count(source.hidden)} hidden"] if source.hidden else []
    words += [f"{count(source.rejected)} unreadable"] if source.rejected else []
    return f"{_name(source, several)}: {', '.join(words)}"


def _name(source: SourceState, several: bool) -> str:
    return f"{source.source} {source.kind}" if several else source.kind


def _last(sources: Sequence[SourceState]) -> str:
    """Return when the one that was read longest ago was read to its end."""
    times = [source.synced_at for source in sources if source.synced_at is not None]
    return moment(min(times)) if len(times) == len(sources) else "to its end: never"

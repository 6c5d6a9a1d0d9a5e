"""What changed between two assessments, as text for people and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from evaluators.decomposition import Change, sentences
from evaluators.explanation import index_text, is_exempt
from evaluators.results import Assessment, PracticeResult
from interface.cli.render.tables import plain_table
from interface.cli.words import NOT_A_CERTIFICATE, count, day, level_name, practice_name
from scheduler.compare import Comparison, Unlike, has_level

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

UNMOVED = 0.005
"""Change of the index below which a practice is named without its terms."""


def render(found: Comparison) -> Iterator[RenderableType]:
    """Yield a line for every practice, then why each one moved."""
    yield Text(f"{_named(found.before)}, then {_named(found.after)}", style="bold")
    for note in found.notes:
        yield Padding(Text(f"• {note}"), (0, 0, 0, 1))
    yield Text()
    if found.changes:
        yield _table(found)
    else:
        yield Text("No practice has a level in both of them in this scope.")
    for change in found.changes:
        if len(found.changes) == 1 or abs(change.index) >= UNMOVED:
            yield from _practice(change)
    if found.unlike:
        yield Text()
        yield Text("Not compared, for want of a level in both:", style="bold")
    for each in found.unlike:
        yield Padding(Text(_unlike(each)), (0, 0, 0, 1))
    yield Text(NOT_A_CERTIFICATE, style="dim")


def shape(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data; the index terms and `held_back` sum to the change of the index."""
    return {
        "before": _assessment(found.before),
        "after": _assessment(found.after),
        "overall": {
            "before": asdict(found.before.overall),
            "after": asdict(found.after.overall),
        },
        "practices": [_change(each) for each in found.changes],
        "only_before": [each.practice for each in found.unlike if has_level(each.before)],
        "only_after": [each.practice for each in found.unlike if has_level(each.after)],
        "neither": [
            each.practice for each in found.unlike if not has_level(each.before) and not has_level(each.after)
        ],
        "notes": list(found.notes),
    }


def _unlike(each: Unlike) -> str:
    before, after = _standing(each.before), _standing(each.after)
    both = f"{before} in either" if before == after else f"{before} in the first, {after} in the second"
    return f"{practice_name(each.practice)}: {both}."


def _standing(result: PracticeResult | None) -> str:
    if result is None:
        return "not looked at"
    return "declared not applicable" if is_exempt(result.indicators) else level_name(result.level)


def _named(assessment: Assessment) -> str:
    return f"{assessment.id[:8]} as of {day(assessment.as_of)}"


def _table(found: Comparison) -> Table:
    table = plain_table()
    for name in ("Practice", "Level", "Index", "Change", "Moved by"):
        table.add_column(name, justify="left" if name in ("Practice", "Moved by") else "right")
    for each in found.changes:
        table.add_row(
            practice_name(each.practice),
            f"{each.before.level or '–'} → {each.after.level or '–'}",
            f"{index_text(each.before.index)} → {index_text(each.after.index)}",
            f"{each.index:+.2f}",
            (each.moved_by or "") if abs(each.index) >= UNMOVED else "",
        )
    return table


def _practice(change: Change) -> Iterator[RenderableType]:
    yield Text()
    scope = f" in {change.department}" if change.department else ""
    yield Text(f"{practice_name(change.practice)}{scope}", style="bold")
    for sentence in sentences(change):
        yield Text(sentence)
    if change.groups:
        yield Text(f"Groups that move {change.indicator} most:")
        for each in change.groups:
            before = "" if each.before is None else f", {each.before:+.1f} before"
            yield Padding(
                Text(f"{each.group}: {each.now:+.1f} points{before} (n = {count(each.n)})"), (0, 0, 0, 2)
            )
    if change.sample:
        yield Text(f"Records that count against {change.indicator}: {', '.join(change.sample)}")


def _assessment(assessment: Assessment) -> dict[str, Any]:
    return {
        "assessment": assessment.id,
        "as_of": assessment.as_of,
        "taken_at": assessment.taken_at,
        "kind": assessment.kind,
        "catalogue": assessment.catalogue,
    }


def _change(change: Change) -> dict[str, Any]:
    plain = asdict(change)
    attributes = [
        plain_attribute | {"points": each.points}
        for plain_attribute, each in zip(plain["attributes"], change.attributes, strict=True)
    ]
    return plain | {
        "index": change.index,
        "attributes": attributes,
        "sentences": list(sentences(change)),
    }

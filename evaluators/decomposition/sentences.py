"""What changed, in sentences: templates over the numbers, so equal numbers read alike."""

from __future__ import annotations

from collections.abc import Iterator

from evaluators.decomposition.change import Change
from evaluators.decomposition.terms import AttributeChange, Kind, Term
from evaluators.explanation import attribute_title, index_text

WORDS = {
    Kind.RATE: "by its rate",
    Kind.MIX: "by another mix of groups",
    Kind.EVIDENCE: "by evidence that came or went",
    Kind.LIMIT: "by what limits it",
    Kind.RULE: "by other rules",
    Kind.CAP: "by what the weakest indicator or a missing core allows",
}
_HALF_A_TENTH = 0.05


def sentences(change: Change) -> tuple[str, ...]:
    """Return what happened to the index and why, the most important first."""
    return tuple(_sentences(change))


def _sentences(change: Change) -> Iterator[str]:
    yield _headline(change)
    if change.restated_index is not None:
        yield _rules(change)
    yield _bottleneck(change)
    for attribute in change.attributes:
        if attribute.attribute == change.moved_by or abs(attribute.points) >= 1:
            yield _attribute(attribute)
    if change.moved_by is not None and abs(change.held_back) >= 0.005:
        yield _held_back(change)
    if change.rated:
        yield f"Rated now and not before: {', '.join(change.rated)}."
    if change.lost:
        yield f"Not rated any more: {', '.join(change.lost)}."
    if any(term.kind is Kind.RATE for each in change.attributes for term in each.terms) and not any(
        term.kind is Kind.MIX for each in change.attributes for term in each.terms
    ):
        yield (
            "Rate and mix are told apart only where history keeps all groups of a share; elsewhere another "
            "mix of work is part of the rate."
        )


def _headline(change: Change) -> str:
    one, other = change.before, change.after
    levels = f"level {_level(one.level)}, then {_level(other.level)}"
    published = ""
    if (one.confirmed, other.confirmed) != (one.level, other.level):
        published = f"; published level {_level(one.confirmed)}, then {_level(other.confirmed)}"
    moved = f"Index {index_text(one.index)}, then {index_text(other.index)} ({change.index:+.2f})"
    return f"{moved}; {levels}{published}."


def _level(level: int | None) -> str:
    return "not assessed" if level is None else str(level)


def _rules(change: Change) -> str:
    again = change.restated_index or 0.0
    return (
        f"The rules are others: by those in force now the index was {index_text(again)} before. Rules make "
        f"up {again - change.before.index:+.2f}, everything else for {change.after.index - again:+.2f}."
    )


def _bottleneck(change: Change) -> str:
    one, other = change.before.bottleneck, change.after.bottleneck
    if one == other:
        return f"{_held(one)} both times."
    return f"{_held(one)} before; {_holds(other)} now."


def _held(attribute: str | None) -> str:
    return f"{attribute_title(attribute)} held the index down" if attribute else "Nothing held the index down"


def _holds(attribute: str | None) -> str:
    return f"{attribute_title(attribute)} does" if attribute else "nothing does"


def _attribute(change: AttributeChange) -> str:
    parts = [_term(each) for each in change.terms if abs(each.points) >= _HALF_A_TENTH]
    why = f": {'; '.join(parts)}" if parts else ""
    return (
        f"{attribute_title(change.attribute)} went from {_share(change.before)} to {_share(change.after)} "
        f"({change.points:+.1f} points){why}."
    )


def _share(value: float | None) -> str:
    return "not evidenced" if value is None else f"{100 * value:.1f} %"


def _term(term: Term) -> str:
    name = f"{term.indicator} " if term.indicator else ""
    return f"{name}{term.points:+.1f} {WORDS[term.kind]}"


def _held_back(change: Change) -> str:
    alone = change.index - change.held_back
    return (
        f"{attribute_title(change.moved_by or '')} alone would move the index by {alone:+.2f}; the other "
        f"attributes account for {change.held_back:+.2f}."
    )

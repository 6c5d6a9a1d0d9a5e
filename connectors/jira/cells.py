"""Turns the value of a field into a cell of a row, whatever Jira wraps it in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from connectors.jira.answers import stamp
from connectors.jira.people import People
from connectors.platform.mapping import conversion
from storage.evidence.store import Value
from storage.records.schema import ColumnType

if TYPE_CHECKING:
    from connectors.jira.fields import Field

Cell = Callable[[Any], str]
_KEY = re.compile(r"\(?([A-Z][A-Z0-9]*-(\d+))\)?\s*$")
_NAMES = ("value", "name", "title", "label", "id")
_YES, _NO = frozenset({"yes", "true", "1", "ja", "sí", "oui"}), frozenset({"no", "false", "0", "nein", "non"})


def plain(value: Any) -> str:
    """Return a value as text: the first of a list, the name of an object, the words of a document."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, list):
        return plain(value[0]) if value else ""
    return _of_object(value)


def _of_object(value: dict[str, Any]) -> str:
    if value.get("type") == "doc":
        return document_text(value)
    if "requestType" in value:
        return plain((value["requestType"] or {}).get("name"))
    if "rating" in value:
        return plain(value["rating"])
    return next((plain(value[name]) for name in _NAMES if value.get(name)), "")


def document_text(node: Any) -> str:
    """Return the words of a document in Atlassian's format."""
    return "\n".join(line for line in "".join(_words(node)).split("\n") if line)


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "text":
            yield str(node.get("text") or "")
        for part in node.get("content") or ():
            yield from _words(part)
        if node.get("type") in ("paragraph", "heading", "listItem", "hardBreak", "tableRow"):
            yield "\n"


def item_id(value: Any) -> str:
    """Return the number of the first object of Assets: Cloud gives it, Data Center only in its label."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        return plain(first.get("objectId") or first.get("id")).rpartition(":")[2]
    found = _KEY.search(str(first or ""))
    return found[2] if found else ""


def identity(value: Any) -> str:
    """Return the identifier of the first of some objects."""
    first = value[0] if isinstance(value, list) and value else value
    return plain(first.get("id")) if isinstance(first, dict) else plain(first)


def size(value: Any) -> str:
    """Return how many values a field has."""
    return str(len(value)) if isinstance(value, list) else "0"


def cell_for(field: Field, people: People, *, person: bool = False) -> Cell:
    """Return what makes a cell of a field, by its type."""
    if person:
        return lambda value: _account(value, people)
    if field.type == "datetime":
        return lambda value: stamp(value) if value else ""
    if field.type == "user" or field.items == "user":
        return lambda value: _account(value, people)
    return plain


def _account(value: Any, people: People) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return people.account(first)


def fitting(cell: Cell, type_: ColumnType) -> Cell:
    """Return a cell that is empty where its column could not take it: nobody said that it is meant for it."""
    convert = conversion(type_)

    def fit(value: Any) -> str:
        text = cell(value)
        if type_ is ColumnType.BOOLEAN:
            return _truth(text)
        try:
            convert(text)
        except (ValueError, KeyError, TypeError, OverflowError):
            return ""
        return text

    return cell if type_ is ColumnType.TEXT else fit


def value_of(type_: ColumnType, text: str) -> Value:
    """Return a text as a column's value; None where the column could not take it."""
    if type_ in (ColumnType.TIMESTAMP, ColumnType.DATE):
        try:
            text = stamp(int(text) if text.isdigit() else text)
        except ValueError:
            return None
    fit = fitting(plain, type_)(text)
    return conversion(type_)(fit) if fit else None


def _truth(text: str) -> str:
    low = text.casefold()
    return "true" if low in _YES else "false" if low in _NO else ""


def major(value: Any) -> str:
    """Return whether an incident is a major one: the field has a value, and that is not no."""
    text = plain(value)
    return "true" if text and _truth(text) != "false" else "false"


def articles(links: Any) -> dict[str, str]:
    """Return which page of Confluence an issue is linked with; nothing where links were not asked for."""
    if not isinstance(links, list):
        return {}
    found = [str(one.get("globalId") or "").rpartition("pageId=")[2] for one in links if _is_page(one)]
    return {"knowledge_linked": "true", "article": found[0]} if found else {"knowledge_linked": "false"}


def _is_page(link: Any) -> bool:
    return "confluence" in str((link.get("application") or {}).get("type") or "")


def first_public_answer(comments: Any, reporter: str, people: People) -> str:
    """Return when somebody other than the reporter first answered in public; empty where nobody did."""
    found: Sequence[Any] = (comments or {}).get("comments") or () if isinstance(comments, dict) else ()
    times = [
        str(one.get("created"))
        for one in found
        if one.get("jsdPublic", True) and one.get("created") and people.account(one.get("author")) != reporter
    ]
    return min((stamp(one) for one in times), default="")

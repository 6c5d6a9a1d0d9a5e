"""Articles, what they were written from, and how they are used."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.servicenow.fill import codes, fields
from sandbox.servicenow.fill.columns import Records, Translator, reference, stamps
from sandbox.servicenow.fill.others import user
from sandbox.servicenow.fill.tasks import add_kind
from sandbox.servicenow.store import Row, Tables

_LEFT = "left"
"""Ends the name of an account that is no longer active."""
_USE = ("id", "type", "article_id", "record_kind", "record_id", "user", "session", "helpful")


def add_knowledge(tables: Tables, translator: Translator, records: Records) -> None:
    """Add articles, their bases and categories."""
    rows = add_kind(
        tables, translator, records, kind="knowledge", table="kb_knowledge", specification=fields.KNOWLEDGE
    )
    _add_authors(tables, translator, records, rows)
    origins = (translator.cells(records, name) for name in ("origin_kind", "origin_id", "problem_id"))
    for row, kind, origin, problem in zip(rows, *origins, strict=True):
        row["source"] = codes.place(translator, *((kind, origin) if origin else ("problem", problem)))[1]
    tables.add("kb_knowledge", rows)
    for column, table, field in (
        ("knowledge_base", "kb_knowledge_base", "title"),
        ("category", "kb_category", "label"),
    ):
        names = sorted({name for name in translator.cells(records, column) if name})
        tables.add(table, [{"sys_id": reference(table, n), field: n, **stamps(codes.SINCE)} for n in names])


def _add_authors(tables: Tables, translator: Translator, records: Records, rows: list[Row]) -> None:
    """Write down who looks after each article; the platform has its author alone for that."""
    if "owner" not in records.columns:
        for row, author in zip(rows, translator.cells(records, "author", "sys_user"), strict=True):
            row["author"] = author
        return
    owners = (translator.cells(records, name) for name in ("owner", "owner_active"))
    for row, owner, active in zip(rows, *owners, strict=True):
        if owner and active != "true":
            gone = f"{owner}.{_LEFT}"
            tables.add("sys_user", [user(gone, active=False)])
            row["author"] = reference("sys_user", gone)
        else:
            row["author"] = translator.person(owner)


def add_knowledge_uses(tables: Tables, translator: Translator, records: Records) -> None:
    """Add views, links, votes and what was written from tickets, each to its own table."""
    cells = [translator.cells(records, name) for name in _USE]
    times = translator.cells(records, "used_at", "moment")
    for at, use in zip(times, zip(*cells, strict=True), strict=True):
        for table, row in _use(tables, translator, at, dict(zip(_USE, use, strict=True))):
            tables.add(table, [{"sys_id": reference(table, use[0]), **row}])


def _use(tables: Tables, translator: Translator, at: str, use: Row) -> Iterator[tuple[str, Row]]:
    article = reference("kb_knowledge", use["article_id"]) if use["article_id"] else ""
    table, record = codes.place(translator, use["record_kind"], use["record_id"])
    row = {**stamps(at, use["user"] or "guest"), "article": article, "user": translator.person(use["user"])}
    if use["type"] == "viewed":
        told = {"viewed": "true", "used": "false", "session_id": use["session"], "view_time": at}
        yield "kb_use", row | told
    elif use["type"] == "voted":
        useful = {"true": "yes", "false": "no"}.get(use["helpful"], "")
        yield "kb_feedback", row | {"useful": useful, "task": record}
    elif use["type"] == "created" and record:
        yield "kb_knowledge", _version(tables, article, record, at)
    elif use["type"] in ("linked", "solved") and record:
        own = stamps(at, use["user"])
        if table == codes.CONTACT:
            told = {"interaction": record, "knowledge_article": article, "type": "knowledge"}
            yield "interaction_related_record", own | told
        else:
            yield "m2m_kb_task", own | {"kb_knowledge": article, "task": record, "u_type": use["type"]}


def _version(tables: Tables, article: str, task: str, at: str) -> Row:
    """Return an earlier version of an article, which keeps the task that it was written from."""
    latest = tables.row("kb_knowledge", article) or {}
    kept = {name: latest.get(name, "") for name in ("number", "author", "kb_knowledge_base", "cmdb_ci")}
    return {**kept, "workflow_state": "outdated", "latest": "false", "source": task, **stamps(at)}

"""What the rows of a companion table, or several fields of a row, say about a record, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from connectors.platform.mapping import moment, seconds
from connectors.servicenow.answers import Row


class Reckoning(NamedTuple):
    """How several fields of a row together become one cell."""

    cell: str
    of: Callable[[Row], str]
    fields: tuple[str, ...]


class Fold(NamedTuple):
    """How rows become cells: `of` returns all of its cells, empty where the rows say nothing."""

    of: Callable[[Sequence[Row]], Mapping[str, str]]
    fields: tuple[str, ...] = ()
    """Fields of the rows; `metric.min` is that of the row that `metric` refers to."""


def counted(cell: str) -> Fold:
    """Return the fold that counts rows."""
    return Fold(lambda rows: {cell: str(len(rows))})


def _approvals(rows: Sequence[Row]) -> Mapping[str, str]:
    """Count approvals and find the last one; a decision's time is that of its row's last update."""
    given = [row for row in rows if row.get("state") == "approved"]
    asked = [row for row in rows if row.get("state") != "not requested"]
    last = _last(given, "sys_updated_on")
    return {
        "approvals": str(len(given)),
        "approvals_asked": str(len(asked)),
        "asked_at": min((row.get("sys_created_on", "") for row in asked), default=""),
        "approved_at": last.get("sys_updated_on", ""),
        "approver": last.get("approver", ""),
    }


def _votes(rows: Sequence[Row]) -> Mapping[str, str]:
    """Count the votes of readers."""
    said = [row.get("useful", "").casefold() for row in rows]
    return {"helpful": str(said.count("yes")), "unhelpful": str(said.count("no"))}


def _article(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the article that was written from a record last."""
    return {"written_article": _last(rows, "sys_created_on").get("sys_id", "")}


def _became(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the incident that a contact with the service desk turned into."""
    incidents = [row for row in rows if row.get("document_table") == "incident"]
    return {"incident": _last(incidents, "sys_created_on").get("document_id", "")}


def _implementer(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find who ended the last implementation task; whoever it was assigned to, where nobody is said to."""
    done = [row for row in rows if row.get("change_task_type") == "implementation" and row.get("closed_at")]
    last = _last(done, "closed_at")
    return {"implementer": last.get("closed_by") or last.get("assigned_to") or ""}


def _pipeline(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the pipeline that carried out a change last."""
    last = _last(rows, "end_time")
    return {"pipeline_run": last.get("pipeline.name") or last.get("pipeline_name") or ""}


def _release(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the release that a change was linked with last."""
    return {"linked_release": _last(rows, "sys_created_on").get("release") or ""}


def _score(rows: Sequence[Row]) -> Mapping[str, str]:
    """Average the answers of one survey, each on the scale of its own question, 0 worst to 100 best.

    `normalized_value` would not do: the platform weights it by question and multiplies it by the survey's
    scale factor. An answer without a known scale (a text, a date) counts for nothing.
    """
    marks = [mark for row in rows if (mark := _mark(row)) is not None]
    return {"score": str(round(sum(marks) / len(marks))) if marks else ""}


def _mark(row: Row) -> float | None:
    low = _number(row.get("metric.lowest") or row.get("metric.min"))
    high = _number(row.get("metric.highest") or row.get("metric.max"))
    value = _number(row.get("actual_value"))
    if low is None or high is None or value is None or not low <= value <= high or low == high:
        return None
    share = 100 * (value - low) / (high - low)
    return 100 - share if row.get("metric.scale") == "low" else share


def _ends(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find the least and the greatest value among the choices of a question."""
    values = [value for row in rows if (value := _number(row.get("value"))) is not None]
    return {"lowest": str(min(values, default="")), "highest": str(max(values, default=""))}


def _criticality(rows: Sequence[Row]) -> Mapping[str, str]:
    """Find how critical a service is; the field is written without the second s."""
    return {"service_criticality": next((row.get("busines_criticality", "") for row in rows), "")}


def _last(rows: Sequence[Row], field: str) -> Row:
    return max(rows, key=lambda row: (row.get(field, ""), row["sys_id"]), default={})


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _granted(row: Row) -> str:
    """Return when the approval was set, where it was given: by a policy or a gate no approver says so."""
    return row.get("approval_set", "") if row.get("approval") == "approved" else ""


def _fulfilled(row: Row) -> str:
    """Return when an item was closed, unless that was for another reason than having been fulfilled."""
    return "" if row.get("state") in _GIVEN_UP else row.get("closed_at", "")


def _answered(row: Row) -> str:
    """Return when a contact was answered: so long after it began as the person had to wait."""
    begun, waited = row.get("opened_at"), row.get("wait_time")
    return str(moment(begun) + timedelta(seconds=seconds(waited)))[:19] if begun and waited else ""


def _settled(row: Row) -> str:
    """Return when a contact ended, unless it was abandoned."""
    return row.get("closed_at", "") if row.get("state") == "closed_complete" else ""


_GIVEN_UP = frozenset({"4", "7"})
"""Closed incomplete, and skipped."""
_SCALE = ("min", "max", "scale", "lowest", "highest")

FOLDS: Mapping[str, Fold] = {
    "approvals": Fold(_approvals, ("approver", "state", "sys_created_on", "sys_updated_on")),
    "criticality": Fold(_criticality, ("busines_criticality",)),
    "ends": Fold(_ends, ("value",)),
    "implementer": Fold(_implementer, ("change_task_type", "closed_at", "closed_by", "assigned_to")),
    "pipeline": Fold(_pipeline, ("pipeline", "pipeline.name", "pipeline_name", "end_time")),
    "release": Fold(_release, ("release", "sys_created_on")),
    "score": Fold(_score, ("metric", "actual_value", *(f"metric.{name}" for name in _SCALE))),
    "article": Fold(_article, ("sys_created_on",)),
    "became": Fold(_became, ("document_table", "document_id", "sys_created_on")),
    "votes": Fold(_votes, ("useful",)),
}

RECKONINGS: Mapping[str, Reckoning] = {
    one.cell: one
    for one in (
        Reckoning("granted_at", _granted, ("approval", "approval_set")),
        Reckoning("fulfilled_on", _fulfilled, ("state", "closed_at")),
        Reckoning("answered_at", _answered, ("opened_at", "wait_time")),
        Reckoning("settled_at", _settled, ("state", "closed_at")),
    )
}

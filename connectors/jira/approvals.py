"""Approvals as issues hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.jira.clocks import time_of
from connectors.jira.people import People
from connectors.jira.times import shown

CELLS = frozenset(
    {
        "approved_at",
        "approver",
        "approval",
        "approval_count",
        "manual_approval_count",
        "approval_requested_at",
        "approval_seconds",
        "stage",
    }
)
_AUTOMATION = "automation:"


def approval_cells(approvals: Any, people: People) -> dict[str, str]:
    """Return what the approvals of an issue say about it, by name in sources.

    One without any approver or decision was asked for and never answered.
    """
    every = [one for one in approvals or () if isinstance(one, dict)] if isinstance(approvals, list) else []
    if not every:
        return {"approval": "not requested", "approval_count": "0", "manual_approval_count": "0"}
    given = [one for one in every if one.get("finalDecision") == "approved"]
    found = {
        "approval": _standing(every, given),
        "approval_count": str(len(given)),
        "manual_approval_count": str(sum(_by_person(one, people) for one in given)),
    }
    asked = [at for one in every if (at := time_of(one, "createdDate"))]
    done = [(at, one) for one in given if (at := time_of(one, "completedDate"))]
    if asked:
        found["approval_requested_at"] = shown(min(asked))
    if done:
        _tell_last(found, max(done, key=lambda pair: pair[0]), asked, people)
    if found["approval"] == "rejected":
        found["stage"] = "Rejected"
    return found


def _standing(every: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]) -> str:
    if any(one.get("finalDecision") == "declined" for one in every):
        return "rejected"
    return "approved" if len(given) == len(every) else "requested"


def _tell_last(
    found: dict[str, str],
    last: tuple[datetime, Mapping[str, Any]],
    asked: Sequence[datetime],
    people: People,
) -> None:
    at, approval = last
    if found["approval"] == "approved":
        found["approved_at"] = shown(at)
    approver = next(iter(_approvers(approval, people)), "")
    if approver:
        found["approver"] = approver
    if asked:
        found["approval_seconds"] = str(max(0, int((at - min(asked)).total_seconds())))


def _approvers(approval: Mapping[str, Any], people: People) -> list[str]:
    """Return the accounts that approved."""
    return [
        account
        for one in approval.get("approvers") or ()
        if one.get("approverDecision") == "approved" and (account := people.account(one.get("approver")))
    ]


def _by_person(approval: Mapping[str, Any], people: People) -> bool:
    accounts = _approvers(approval, people)
    return any(not (people.pseudonym(one) or _AUTOMATION).startswith(_AUTOMATION) for one in accounts)

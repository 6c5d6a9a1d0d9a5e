from __future__ import annotations

from scheduler.remedies import remedies, statements

APPROVALS = (
    "sysapproval_approver: the account may not read it. Grant itil, or add a read rule on "
    "sysapproval_approver.* for a role of the account; see docs/servicenow.md."
)
CLOCKS = (
    "task_sla: the account may not read it. Grant itil, or add a read rule on task_sla.* for a role of the "
    "account; see docs/servicenow.md."
)
EVENTS = "em_event: there is no such table. Activate the plugin Event Management (com.x), if it is in use."
ALERTS = "em_alert: there is no such table. Activate the plugin Event Management (com.x), if it is in use."
FIELDS = "change_request has no u_colour."


def test_a_detail_is_told_apart_by_table_and_advice() -> None:
    first, second, third = statements(f"{FIELDS} {APPROVALS} {EVENTS}")
    assert (first.finding, first.advice) == (FIELDS, "")
    assert second.finding == "sysapproval_approver: the account may not read it."
    assert (second.table, third.table) == ("sysapproval_approver", "em_event")
    assert third.advice == "Activate the plugin Event Management (com.x), if it is in use."


def test_one_role_is_asked_for_once_whatever_it_opens() -> None:
    details = {"change": f"{FIELDS} {APPROVALS}", "service_level": CLOCKS, "request": APPROVALS}
    (role,) = remedies(details, ["service_level"], {"service_level": ["inc-sla-coverage"]})
    assert role.advice == "Grant itil."
    assert role.tables == ("sysapproval_approver", "task_sla")
    assert role.kinds == ("change", "service_level", "request")
    assert (role.needed_by, role.indicators) == (("service_level",), ("inc-sla-coverage",))


def test_what_opens_a_record_kind_comes_before_what_adds_to_one() -> None:
    found = remedies({"change": APPROVALS, "event": EVENTS, "alert": ALERTS}, ["event", "alert"], {})
    assert [each.advice.split()[0] for each in found] == ["Activate", "Grant"]
    assert found[0].tables == ("em_event", "em_alert")


def test_a_kind_that_cannot_be_read_is_never_left_out_of_the_list() -> None:
    (found,) = remedies({"incident": "The file is gone"}, ["incident"], {})
    assert (found.advice, found.needed_by) == ("The file is gone", ("incident",))


def test_nothing_is_asked_for_where_nothing_is_wrong() -> None:
    assert remedies({"change": FIELDS, "problem": "problem holds no rows."}, [], {}) == ()
    assert statements("") == []

"""What is not there is a state of its own, for every indicator: never zero, never a guess (section 4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from evaluators.catalogue import shipped
from evaluators.policy import Exclusions, Policy
from evaluators.results import State
from storage.evidence.store import KindState
from tests.evaluators.served import delivers_everything, taken
from tests.evaluators.world import World

ALL_KNOWN = Policy(
    automation=("svc_*",),
    active_users=200,
    departments={"Network*": "Infrastructure", "Mail*": "Applications", "HR*": "People"},
    exclusions=Exclusions(enabled=False),
)
"""Whatever an organisation can decide is decided, so that only records are missing."""

TICKETS = ("incident", "request")
LINKS = dict.fromkeys((*TICKETS, "knowledge_use"), ("knowledge_used", "record_id"))
UNSUPPORTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "inc-response-within-target": {
        "incident": ("acknowledged_at", "history of assignee", "history of state"),
    },
    "inc-resolved-within-30-days": {"incident": ("resolved_at",)},
    "inc-record-completeness": {"incident": ("service_id", "ci_id")},
    "inc-single-person-dependence": {"incident": ("resolver",)},
    "inc-sla-coverage": {"service_level": ()},
    "inc-priority-model-conformance": {"incident": ("urgency",)},
    "inc-team-record-consistency": {"incident": ("assignment_group",)},
    "inc-team-resolution-consistency": {"incident": ("category",)},
    "inc-sla-attainment": {"incident": ("made_sla",), "service_level": ()},
    "inc-resolution-in-control": {"incident": ("priority",)},
    "inc-first-assignment-resolution": {"incident": ("reopen_count", "history of state")},
    "inc-ping-pong-rate": {"incident": ("history of assignment_group",)},
    "inc-automated-resolution": {"incident": ("resolver",)},
    "inc-major-incident-non-recurrence": {"incident": ("service_id",)},
    "inc-resolution-time-trend": {"incident": ("opened_at",)},
    "inc-handoff-trend": {"incident": ("reassignment_count", "history of assignment_group")},
    "prb-major-incident-coverage": {"problem": ("opened_at",)},
    "prb-throughput": {"problem": ("resolved_at",)},
    "prb-record-completeness": {"problem": ("root_cause_code", "root_cause_note_length")},
    "prb-known-error-documented": {"problem": ("known_error",)},
    "prb-root-cause-within-30-days": {"problem": ("root_cause_at", "history of root_cause_code")},
    "prb-department-participation": {"problem": ("history of state", "root_cause_at", "resolved_at")},
    "prb-resolved-within-120-days": {"problem": ("resolved_at",)},
    "prb-aged-backlog-share": {"problem": ("risk_accepted",)},
    "prb-repeat-incident-coverage": {"incident": ("category", "subcategory")},
    "prb-fix-through-change": {"problem": ("resolution_code",)},
    "prb-proactive-share": {"problem": ("origin",)},
    "prb-fix-effectiveness": {"incident": ("ci_id", "service_id")},
    "prb-repeat-incident-trend": {"incident": ("resolved_at",)},
    "prb-time-to-cause-trend": {"problem": ("root_cause_at", "history of root_cause_code")},
    "chg-authorised-before-start": {"change": ("approved_at", "gate_passed")},
    "chg-emergency-share": {"change": ("type",)},
    "chg-record-completeness": {"change": ("planned_start_at",)},
    "chg-standard-model-share": {"change": ("model",)},
    "chg-impact-known": {"configuration_item": ("operational",)},
    "chg-team-authorisation-consistency": {"change": ("actual_start_at",)},
    "chg-success-rate": {"incident": ("caused_by_change_id",)},
    "chg-schedule-adherence": {"change": ("planned_end_at",)},
    "chg-incident-linkage-recall": {"incident": ("caused_by_change_id",)},
    "chg-collision-rate": {"change": ("conflict_acknowledged",)},
    "chg-preauthorised-automated-share": {"change": ("automated_verification",)},
    "chg-risk-rating-predictiveness": {"change": ("risk",)},
    "chg-failure-trend": {"change": ("outcome",)},
    "chg-lead-time-trend": {"change": ("actual_end_at",)},
    "rel-recorded-deployment-share": {"release": ("environment",), "change": ("release_id",)},
    "rel-completion-rate": {"release": ("planned_at",)},
    "rel-content-traceability": {"release": ("version",)},
    "rel-model-use": {"release": ("model",)},
    "rel-pre-release-verification": {"release": ("tested_at", "test_gate_passed", "version")},
    "rel-product-consistency": {"release": ("version",)},
    "rel-change-failure-rate": {"incident": ("caused_by_change_id",)},
    "rel-schedule-adherence": {"release": ("baselined_at", "history of planned_at")},
    "rel-automated-deployment-share": {"release": ("pipeline", "executor")},
    "rel-deployment-change-linkage": {"release": ("change_id",)},
    "rel-failed-deployment-recovery-time": {"release": ("restored_at",), "incident": ("resolved_at",)},
    "rel-deployment-frequency": {"release": ("service_id", "change_id")},
    "rel-change-failure-trend": {"release": ("outcome", "rolled_back", "failed_at")},
    "rel-lead-time-trend": {"release": ("committed_at",)},
    "cfg-freshness": {"configuration_item": ("last_discovered_at", "verified_at", "changed_by_person_at")},
    "cfg-duplicate-free": {"configuration_item": ("class",)},
    "cfg-required-completeness": {"configuration_item": ("environment", "criticality")},
    "cfg-ownership": {"group": ("active_member_count",)},
    "cfg-service-mapping": {"ci_relationship": ("child_id",)},
    "cfg-owner-consistency": {"configuration_item": ("owner_group", "support_group")},
    "cfg-verified-share": {"configuration_item": ("last_discovered_at", "verified_at")},
    "cfg-health-in-control": {"configuration_item": ("status",)},
    "cfg-used-in-operations": {"configuration_item": ("operational",)},
    "cfg-discovery-share": {"configuration_item": ("discovery_source",)},
    "cfg-drift-explained": {"configuration_item": ("controlled",)},
    "cfg-impact-prediction-recall": {"incident": ("caused_by_change_id",)},
    "cfg-health-trend": {"configuration_item": ("name",)},
    "cfg-ci-correction-trend": {"incident": ("history of ci_id",)},
    "mon-critical-service-coverage": {"event": ("ci_id", "service_id", "node")},
    "mon-alert-response": {"alert": ("acknowledged_at",)},
    "mon-alert-ci-binding": {"configuration_item": ("operational",)},
    "mon-event-compression": {"event": ("type",)},
    "mon-critical-alert-precision": {"alert": ("work_recorded",)},
    "mon-team-response-consistency": {"alert": ("remediated_at", "remediation")},
    "mon-actionable-alert-rate": {"alert": ("incident_id",)},
    "mon-acknowledge-time-in-control": {"alert": ("acknowledged_at",)},
    "mon-monitoring-detected-share": {"alert": ("incident_id",)},
    "mon-auto-ticketing-quality": {"alert": ("incident_id",)},
    "mon-auto-remediation": {"alert": ("condition_cleared",)},
    "mon-early-warning": {"alert": ("early_warning", "severity")},
    "mon-noise-trend": {"alert": ("shown", "maintenance")},
    "mon-detection-time-trend": {"alert": ("incident_id",)},
    "slm-urgent-target-coverage": {"incident": ("priority",), "request": ("due_at",)},
    "slm-clock-validity": {"service_level": ("stopped_at",)},
    "slm-service-identified": {"configuration_item": ("service",)},
    "slm-service-target-coverage": {"incident": ("service_id",), "request": ("service_id",)},
    "slm-internal-target-coverage": dict.fromkeys(TICKETS, ("history of assignment_group",)),
    "slm-department-consistency": {"service_level": ("breached",)},
    "slm-attainment": {"service_level": ("breached",)},
    "slm-attainment-in-control": {"service_level": ("breached",)},
    "slm-pause-share": {"incident": ("history of state",)},
    "slm-business-impact-recorded": {"outage": ("incident_id",)},
    "slm-at-risk-intervention": {"service_level": ("target_seconds",)},
    "slm-experience-gap": {"survey": ("record_id",)},
    "slm-attainment-trend": {"incident": ("service_id",), "request": ("service_id",)},
    "slm-satisfaction-trend": {"survey": ("score",)},
    "req-fulfilled-within-30-days": {"request": ("fulfilled_at",)},
    "req-contact-response": {"incident": ("channel",), "request": ("channel",)},
    "req-catalogue-use": {"request": ("item",)},
    "req-item-model-coverage": {"request": ("model_defined", "task_count")},
    "req-first-contact-resolution": dict.fromkeys(TICKETS, ("reopen_count", "history of state")),
    "req-team-fulfilment-consistency": {"request": ("item",)},
    "req-on-time-fulfilment": {"request": ("fulfilled_at",)},
    "req-satisfaction": {"survey": ("score",)},
    "req-self-service-share": {"incident": ("channel",), "request": ("channel",)},
    "req-automated-fulfilment": {"request": ("manual_task_count", "fulfiller")},
    "req-fulfilment-predictability": {"request": ("item",)},
    "req-approval-wait-share": {"request": ("approval_seconds", "approved_at")},
    "req-lead-time-trend": {"request": ("item",)},
    "req-demand-shift-trend": {"incident": ("channel",), "request": ("channel",)},
    "knw-demand-coverage": {"knowledge": ("category",)},
    "knw-use-share": LINKS,
    "knw-article-ownership": {"knowledge": ("valid_until",)},
    "knw-used-article-currency": {"knowledge": ("revised_at", "confirmed_at")},
    "knw-known-error-published": {"knowledge": ("published",)},
    "knw-contribution-breadth": {"knowledge": ("author_group",)},
    "knw-link-rate": LINKS,
    "knw-article-helpfulness": {"knowledge_use": ("helpful",)},
    "knw-link-benefit": {"incident": ("category",), "request": ("category",)},
    "knw-cross-team-reuse": {"knowledge_use": ("user_group", "record_id")},
    "knw-self-service-success": {"knowledge_use": ("session",)},
    "knw-gap-closure": {"knowledge": ("published_at",)},
    "knw-link-rate-trend": LINKS,
    "knw-repeat-question-trend": {"knowledge": ("service_id",)},
}
"""Columns without which an indicator cannot be taken, by the kind that lacks them; none: the whole kind."""


@pytest.mark.parametrize("indicator", UNSUPPORTED)
def test_a_column_that_no_source_fills_is_not_supported(world: World, indicator: str) -> None:
    delivers_everything(world)
    for kind, columns in UNSUPPORTED[indicator].items():
        world.lacks(*columns, kind=kind)
        world.delivers(kind, state=KindState.READABLE if columns else KindState.ABSENT)
    found = world.measure(indicator, ALL_KNOWN).measurement
    assert (found.state, found.value) == (State.NOT_SUPPORTED, None)


@pytest.mark.parametrize("indicator", UNSUPPORTED)
def test_what_no_source_delivers_is_not_connected(world: World, indicator: str) -> None:
    found = world.measure(indicator, ALL_KNOWN).measurement
    assert (found.state, found.value) == (State.NOT_CONNECTED, None)


@pytest.mark.parametrize("indicator", UNSUPPORTED)
def test_tables_without_records_are_a_sample_of_nothing(world: World, indicator: str) -> None:
    found = taken(world, indicator, policy=ALL_KNOWN)
    assert (found.state, found.value) == (State.INSUFFICIENT_SAMPLE, None)


def test_every_indicator_is_asked_for_what_is_not_there() -> None:
    assert set(UNSUPPORTED) == {entry.id for entry in shipped().entries}

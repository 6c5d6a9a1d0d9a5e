"""Derived columns: what only history, other records and the policy say, once per evidence version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from evaluators.derive.alert import derive_alert_binding, derive_alerts
from evaluators.derive.at_risk import derive_incident_risk, derive_request_risk
from evaluators.derive.business_impact import derive_business_impact
from evaluators.derive.change import derive_changes
from evaluators.derive.change_collisions import derive_collisions
from evaluators.derive.change_incidents import derive_change_incidents
from evaluators.derive.change_releases import derive_change_releases
from evaluators.derive.contacts import derive_incident_contact, derive_request_contact
from evaluators.derive.drift import derive_drift
from evaluators.derive.early_warnings import derive_warnings
from evaluators.derive.event import derive_events, derive_outages
from evaluators.derive.first_contact import derive_incident_first_contact, derive_request_first_contact
from evaluators.derive.incident import derive_incidents
from evaluators.derive.incident_alerts import derive_detection
from evaluators.derive.incident_items import derive_corrections, derive_predictions
from evaluators.derive.incident_problems import derive_problem_ties
from evaluators.derive.incident_repeats import derive_repeats
from evaluators.derive.internal_targets import (
    derive_incident_internal_targets,
    derive_request_internal_targets,
)
from evaluators.derive.item_dependencies import derive_dependencies
from evaluators.derive.item_duplicates import derive_duplicates
from evaluators.derive.items import derive_items
from evaluators.derive.knowledge import derive_articles
from evaluators.derive.knowledge_gaps import derive_incident_gaps, derive_request_gaps
from evaluators.derive.knowledge_sessions import derive_sessions
from evaluators.derive.knowledge_use import derive_uses
from evaluators.derive.known_errors import derive_known_errors
from evaluators.derive.platform_departments import with_platform_departments
from evaluators.derive.problem import derive_fixes, derive_problems
from evaluators.derive.release import derive_releases
from evaluators.derive.release_conduct import derive_release_conduct
from evaluators.derive.release_failures import derive_release_failures
from evaluators.derive.request import derive_requests
from evaluators.derive.service_level import derive_service_levels
from evaluators.derive.survey import derive_surveys
from evaluators.derive.ticket_articles import derive_incident_articles, derive_request_articles
from evaluators.derive.ticket_targets import derive_incident_expectation, derive_request_expectation
from evaluators.derive.tickets import derive_change_ticket, derive_incident_ticket, derive_request_ticket
from evaluators.derive.watched_services import derive_watched_services
from evaluators.policy import Policy
from storage.evidence import relation
from storage.evidence.store import EvidenceStore

RULES = "5"
"""Raised whenever a derivation changes, so that stored columns are derived again."""

KEY = ["source", "id"]

Derivation = Callable[[EvidenceStore, Policy], pa.Table]
"""Gives source, id and some of the derived columns of a kind."""

DERIVATIONS: Mapping[str, tuple[Derivation, ...]] = {
    "configuration_item": (
        derive_items,
        derive_duplicates,
        derive_dependencies,
        derive_watched_services,
    ),
    "incident": (
        derive_incidents,
        derive_problem_ties,
        derive_repeats,
        derive_incident_ticket,
        derive_corrections,
        derive_predictions,
        derive_incident_contact,
        derive_incident_first_contact,
        derive_incident_articles,
        derive_incident_gaps,
        derive_incident_expectation,
        derive_incident_internal_targets,
        derive_incident_risk,
        derive_business_impact,
        derive_detection,
        derive_warnings,
    ),
    "problem": (derive_problems, derive_fixes, derive_known_errors),
    "change": (
        derive_changes,
        derive_collisions,
        derive_change_incidents,
        derive_change_ticket,
        derive_change_releases,
    ),
    "release": (derive_releases, derive_release_conduct, derive_release_failures),
    "request": (
        derive_requests,
        derive_request_ticket,
        derive_request_contact,
        derive_request_first_contact,
        derive_request_articles,
        derive_request_gaps,
        derive_request_expectation,
        derive_request_internal_targets,
        derive_request_risk,
    ),
    "knowledge": (derive_articles,),
    "knowledge_use": (derive_uses, derive_sessions),
    "transition": (derive_drift,),
    "service_level": (derive_service_levels,),
    "alert": (
        derive_alerts,
        derive_alert_binding,
    ),
    "event": (derive_events,),
    "survey": (derive_surveys,),
    "outage": (derive_outages,),
}
"""The parts of every kind, in order: a later kind may read what was derived for the earlier ones."""


def derive(store: EvidenceStore, policy: Policy) -> None:
    """Bring the derived columns of every kind up to the store's version and the policy."""
    version = store.version()
    informed = with_platform_departments(store, policy)
    for kind, parts in DERIVATIONS.items():
        names = ",".join(part.__name__ for part in parts)
        inputs = f"{RULES}/{names}/{version.store}/{version.number}/{policy.measured}"
        fingerprint = hashlib.sha256(inputs.encode()).hexdigest()
        if store.derived_fingerprint(kind) != fingerprint and _has_records(store, kind):
            store.store_derived(kind, joined([part(store, informed) for part in parts]), fingerprint)


def _has_records(store: EvidenceStore, kind: str) -> bool:
    return len(store.query(f"SELECT id FROM {relation(kind)} LIMIT 1")) > 0


def joined(parts: Sequence[pa.Table]) -> pa.Table:
    """Return the columns of all parts by record; a record that a part leaves out is empty there."""
    whole, *others = parts
    for other in others:
        twice = set(whole.column_names) & set(other.column_names) - set(KEY)
        if twice:
            raise ValueError(f"derived twice: {', '.join(sorted(twice))}")
        if whole.select(KEY).equals(other.select(KEY)):
            for name in other.drop_columns(KEY).column_names:
                whole = whole.append_column(name, other.column(name))
        else:
            whole = whole.join(other, KEY, join_type="full outer").sort_by(
                [(name, "ascending") for name in KEY]
            )
    return whole

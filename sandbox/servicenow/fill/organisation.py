"""Tables from an organisation of the sandbox: what it planted, in ServiceNow's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from sandbox.servicenow.fill import codes, contacts, knowledge, others, pipelines, tasks
from sandbox.servicenow.fill.columns import Records, Translator, chosen
from sandbox.servicenow.fill.history import add_history
from sandbox.servicenow.store import Tables

_Add = Callable[[Tables, Translator, Records], None]
_KINDS: Mapping[str, _Add] = {
    "groups": others.add_groups,
    "departments": others.add_departments,
    "problems": tasks.add_problems,
    "changes": tasks.add_changes,
    "releases": tasks.add_releases,
    "deployments": pipelines.add_deployments,
    "configuration_items": others.add_items,
    "ci_relationships": others.add_relationships,
    "events": others.add_events,
    "alerts": others.add_alerts,
    "requests": tasks.add_requests,
    "contacts": contacts.add_contacts,
    "knowledge": knowledge.add_knowledge,
    "knowledge_uses": knowledge.add_knowledge_uses,
    "surveys": others.add_surveys,
    "outages": tasks.add_outages,
    "service_levels": tasks.add_service_levels,
}
"""Record kinds beside incidents, by the attribute that an organisation has them in.

Deployments are those among the releases, contacts with the service desk those among the requests.
"""
_OF_TASKS = frozenset({"transitions", "service_levels"})
"""What a contact, which is no task, cannot have."""


class Organised(Protocol):
    """An organisation: incidents and their history at least."""

    @property
    def incidents(self) -> Records:
        """Incidents."""
        ...

    @property
    def transitions(self) -> Records:
        """History of the incidents."""
        ...


def tables_of(organisation: Organised, *, old_states: bool = False) -> Tables:
    """Return the organisation's records as ServiceNow has them; the same one gives the same rows.

    Kinds that the organisation does not have are left out, as if their plugins were not installed.
    Columns without a field of ServiceNow become a customer's own (`u_acknowledged_at`). `old_states`
    uses the codes of incidents from before the state model.
    """
    tables, translator = Tables(), Translator()
    tasks.add_incidents(tables, translator, organisation.incidents, old_states=old_states)
    parts = _parts(organisation)
    if "contacts" in parts:
        translator.contacts = frozenset(translator.cells(parts["contacts"], "id"))
    for attribute, add in _KINDS.items():
        if len(parts.get(attribute, ())):
            add(tables, translator, parts[attribute])
    if not len(parts.get("deployments", ())) and "changes" in parts:
        pipelines.add_runs(tables, translator, parts["changes"])
    add_history(tables, parts["transitions"], translator)
    if not len(tables.view("cmdb_ci")):
        incidents = organisation.incidents
        others.add_stand_ins(
            tables, [(incidents, "service_id", "cmdb_ci_service"), (incidents, "ci_id", "cmdb_ci_server")]
        )
    others.add_people(tables, list(translator.people))
    tables.add("sys_choice", codes.choice_rows(_labels(organisation, translator), old_states=old_states))
    return tables


def _parts(organisation: Organised) -> dict[str, Records]:
    """Return what there is by the name in `_KINDS`, and the history."""
    found = {name: getattr(organisation, name, None) for name in ("transitions", *_KINDS)}
    parts: dict[str, Records] = {name: records for name, records in found.items() if records is not None}
    releases = parts.get("releases")
    if releases is not None and "type" in releases.columns:
        parts["releases"] = chosen(releases, "type", lambda cell: cell != "deployment")
        parts["deployments"] = chosen(releases, "type", lambda cell: cell == "deployment")
    if "requests" in parts:
        requests = parts["requests"]
        parts["requests"] = chosen(requests, "type", lambda cell: cell != "contact")
        parts["contacts"] = chosen(requests, "type", lambda cell: cell == "contact")
        talks = {*requests.column("id")} - {*parts["requests"].column("id")}
        for name in _OF_TASKS & {*parts}:
            parts[name] = chosen(parts[name], "record_id", lambda cell: cell not in talks)
    return parts


def _labels(organisation: Organised, translator: Translator) -> dict[tuple[str, str], list[str]]:
    """Return the labels of categories that records use."""
    found = {}
    for attribute, table in (
        ("incidents", "incident"),
        ("problems", "problem"),
        ("changes", "change_request"),
    ):
        records: Records | None = getattr(organisation, attribute, None)
        if records is not None:
            for element in ("category", "subcategory"):
                found[table, element] = sorted({cell for cell in translator.cells(records, element) if cell})
    return found

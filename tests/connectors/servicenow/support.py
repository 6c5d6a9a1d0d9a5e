"""A small instance to read, a configured connector, and a store that keeps what a sync would store."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.contract import Batch, ConnectorContext, Reading
from connectors.servicenow import ServiceNowConnector, ServiceNowSettings
from sandbox.servicenow import Clock, SandboxServiceNow, Tables, sys_id
from storage.evidence.protection import Protection
from storage.evidence.store import KindState, Record

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BEGIN = datetime(2025, 9, 1, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
QUICK = {"attempts": 4, "wait": 0, "longest": 2, "budget": 400}
PEOPLE = ("ann.example", "bob.example", "svc_monitor")
GROUPS = ("Network", "Database", "Service Desk")
FOLLOWED = {"state": "State", "assignment_group": "Group", "assigned_to": "Assignee"}
STATES = {"1": "New", "2": "In Progress", "6": "Resolved", "7": "Closed"}


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def stamps(table: str, key: str, created: datetime, updated: datetime | None = None) -> dict[str, str]:
    return {
        "sys_id": sys_id(table, key),
        "sys_created_on": text(created),
        "sys_created_by": "ann.example",
        "sys_updated_on": text(updated or created),
        "sys_updated_by": "ann.example",
        "sys_mod_count": "3",
    }


def instance_tables(incidents: int = 120, seed: int = 1, spread: timedelta = timedelta(days=150)) -> Tables:
    """Return incidents with history and clocks, groups with members, and what they refer to."""
    chance = random.Random(seed)
    tables = Tables()
    tables.add("sys_user", [_user(name) for name in PEOPLE])
    tables.add("sys_user_group", [_group(name) for name in GROUPS])
    tables.add("sys_user_grmember", [_member(group, name) for group in GROUPS for name in PEOPLE[:2]])
    tables.add("sys_choice", [_choice(value, label) for value, label in STATES.items()])
    tables.add("metric_definition", [_definition(name, label) for name, label in FOLLOWED.items()])
    tables.add("contract_sla", [_agreement()])
    rows = [_incident(number, chance, spread) for number in range(incidents)]
    tables.add("incident", rows)
    tables.add("metric_instance", [one for row in rows for one in _history(row)])
    tables.add("task_sla", [_clock(row) for row in rows])
    return tables


def _user(name: str) -> dict[str, str]:
    return stamps("sys_user", name, BEGIN) | {"user_name": name, "name": name.title(), "active": "true"}


def _group(name: str) -> dict[str, str]:
    manager = sys_id("sys_user", PEOPLE[0])
    return stamps("sys_user_group", name, BEGIN) | {"name": name, "active": "true", "manager": manager}


def _member(group: str, name: str) -> dict[str, str]:
    refers = {"group": sys_id("sys_user_group", group), "user": sys_id("sys_user", name)}
    return stamps("sys_user_grmember", f"{group} {name}", BEGIN) | refers


def _choice(value: str, label: str) -> dict[str, str]:
    named = {"name": "incident", "element": "state", "value": value, "label": label, "language": "en"}
    return stamps("sys_choice", value, BEGIN) | named | {"inactive": "false"}


def _definition(name: str, label: str) -> dict[str, str]:
    said = {"name": f"Incident {label} Duration", "table": "incident", "field": name, "active": "true"}
    return stamps("metric_definition", name, BEGIN) | said | {"type": "field_value_duration"}


def _agreement() -> dict[str, str]:
    said = {"name": "P3 resolution", "type": "SLA", "target": "resolution", "collection": "incident"}
    return stamps("contract_sla", "P3", BEGIN) | said | {"duration": "1970-01-01 08:00:00"}


def _incident(number: int, chance: random.Random, spread: timedelta) -> dict[str, str]:
    opened = BEGIN + timedelta(seconds=int(spread.total_seconds() * chance.random()))
    resolved = opened + timedelta(hours=chance.randint(1, 60))
    return stamps("incident", f"INC{number}", opened, resolved) | {
        "number": f"INC{number:07d}",
        "opened_at": text(opened),
        "resolved_at": text(resolved),
        "state": "6",
        "priority": str(chance.randint(1, 5)),
        "assignment_group": sys_id("sys_user_group", chance.choice(GROUPS)),
        "assigned_to": sys_id("sys_user", chance.choice(PEOPLE)),
        "caller_id": sys_id("sys_user", PEOPLE[0]),
        "close_code": "Solution provided",
        "close_notes": f"Replaced cable {number}",
        "short_description": "The cable of Ann Example is broken",
    }


def _history(row: Mapping[str, str]) -> Sequence[dict[str, str]]:
    opened, resolved = row["opened_at"], row["resolved_at"]
    changes = [
        ("state", "1", "New", opened, resolved),
        ("state", "6", "Resolved", resolved, ""),
        ("assignment_group", row["assignment_group"], "", opened, ""),
        ("assigned_to", row["assigned_to"], "", opened, ""),
    ]
    return [_metric(row, number, *change) for number, change in enumerate(changes)]


def _metric(
    row: Mapping[str, str], number: int, name: str, value: str, label: str, start: str, end: str
) -> dict[str, str]:
    begun = datetime.fromisoformat(start)
    frame = stamps(
        "metric_instance", f"{row['number']} {number}", begun, datetime.fromisoformat(end or start)
    )
    said = {"id": row["sys_id"], "field_value": value, "value": label, "start": start, "end": end}
    return frame | said | {"definition": sys_id("metric_definition", name), "field": name}


def _clock(row: Mapping[str, str]) -> dict[str, str]:
    opened, resolved = (datetime.fromisoformat(row[name]) for name in ("opened_at", "resolved_at"))
    return stamps("task_sla", row["number"], opened, resolved) | {
        "task": row["sys_id"],
        "sla": sys_id("contract_sla", "P3"),
        "stage": "completed",
        "active": "false",
        "has_breached": "false",
        "start_time": row["opened_at"],
        "end_time": row["resolved_at"],
        "business_duration": "1970-01-01 02:00:17",
    }


def sandbox(tables: Tables | None = None, **options: Any) -> SandboxServiceNow:
    """Return an instance whose clock stands, unless another one is given."""
    return SandboxServiceNow(tables or instance_tables(), **{"clock": Clock(NOW)} | options)


def settings(instance: SandboxServiceNow, **changes: Any) -> ServiceNowSettings:
    given: dict[str, Any] = {
        "type": "servicenow",
        "url": instance.url,
        "auth": {"type": "basic", "user": instance.user, "password": instance.password},
        "records": ["incident", "service_level"],
        "page_size": 50,
        "retries": QUICK,
    }
    return ServiceNowSettings.model_validate(given | changes)


def connect(
    instance: SandboxServiceNow,
    stored: Callable[[str], Collection[str]] | None = None,
    *,
    folder: Path = Path(),
    oldest: date | None = None,
    **changes: Any,
) -> ServiceNowConnector:
    protection = Protection(key=b"test", automation=("svc_*",))
    context = ConnectorContext("corp", folder, protection, oldest, stored)
    return ServiceNowConnector(settings(instance, **changes), context)


@dataclass
class Store:
    """What a sync would have stored: records by kind and id, bookmarks, the ledger of each window."""

    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    bookmarks: dict[str, str] = field(default_factory=dict)
    readings: list[tuple[str, Reading]] = field(default_factory=list)

    def ids(self, kind: str) -> set[str]:
        return set(self.records.get(kind, {}))

    def sync(self, connector: ServiceNowConnector, *kinds: str) -> None:
        """Read every window of some kinds that can be read, all without names."""
        states = {result.kind: result.state for result in connector.probe()}
        for kind in kinds or tuple(connector.capabilities()):
            if states[kind] in (KindState.READABLE, KindState.EMPTY):
                self._pull(connector, kind)
        connector.close()

    def _pull(self, connector: ServiceNowConnector, kind: str) -> None:
        for window in connector.windows(kind, self.bookmarks.get(kind)):
            reading = Reading()
            batches = list(connector.read(window, reading))
            before = self.ids(kind)
            named = {name for batch in batches for name in self.keep(kind, batch)}
            if window.complete and not reading.hidden:
                for gone in before - named:
                    del self.records[kind][gone]
            self.bookmarks[kind] = window.bookmark
            self.readings.append((kind, reading))

    def keep(self, kind: str, batch: Batch) -> set[str]:
        own = self.records.setdefault(kind, {})
        for record in batch.records.get(kind, ()):
            held = own.get(record.id)
            if held is None or _age(record) >= _age(held):
                own[record.id] = record
        for gone in batch.deleted.get(kind, ()):
            own.pop(gone, None)
        return {record.id for record in batch.records.get(kind, ())} | set(batch.present.get(kind, ()))


def _age(record: Record) -> tuple[datetime, int]:
    return (record.updated_at or BEGIN, record.revision)


def truth(instance: SandboxServiceNow, table: str = "incident") -> dict[str, str]:
    """Return when each row that the account may see changed last."""
    return {row["sys_id"]: row["sys_updated_on"] for row in instance.truth(table)}


def held(store: Store, kind: str = "incident") -> dict[str, str]:
    return {name: text(record.updated_at or BEGIN) for name, record in store.records.get(kind, {}).items()}


def full_tables() -> Tables:
    """Return an instance that has at least one row of every record kind."""
    tables = instance_tables(30)
    ann, network = sys_id("sys_user", PEOPLE[0]), sys_id("sys_user_group", GROUPS[0])
    work = {"opened_at": text(BEGIN), "assigned_to": ann, "assignment_group": network, "priority": "2"}
    for table, rows in _others(ann, work).items():
        tables.add(table, [stamps(table, str(key), BEGIN) | row for key, row in enumerate(rows)])
    return tables


def _others(ann: str, work: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    change, item = sys_id("change_request", "0"), sys_id("sc_req_item", "0")
    approval = {"approver": ann, "state": "approved"}
    start = text(BEGIN + timedelta(days=1))
    return {
        "problem": [work | {"state": "103", "known_error": "true", "workaround": "Use the other cable"}],
        "change_request": [work | {"type": "normal", "state": "3", "close_code": "successful_issues"}],
        "sysapproval_approver": [approval | {"sysapproval": change}, approval | {"sysapproval": item}],
        "task_ci": [{"task": change, "ci_item": sys_id("cmdb_ci", str(n))} for n in range(2)],
        "change_task": [
            {"change_request": change, "change_task_type": kind, "closed_at": start, "closed_by": ann}
            for kind in ("planning", "implementation")
        ],
        "sn_devops_pipeline": [{"name": "payroll-deploy"}],
        "rm_release": [work | {"number": "RLSE1", "state": "3", "end_date": start}],
        "rm_m2m_release_task": [{"release": sys_id("rm_release", "0"), "task": change}],
        "sn_devops_pipeline_execution": [
            {
                "number": "PE1",
                "change_request": change,
                "pipeline": sys_id("sn_devops_pipeline", "0"),
                "result": "successful",
                "end_time": start,
            }
        ],
        "cmdb_ci": [{"name": f"server {n}", "operational_status": "1", "owned_by": ann} for n in range(2)],
        "svc_ci_assoc": [{"service_id": sys_id("cmdb_ci", "0"), "ci_id": sys_id("cmdb_ci", "1")}],
        "cmdb_rel_ci": [{"parent": sys_id("cmdb_ci", "0"), "child": sys_id("cmdb_ci", "1")}],
        "em_event": [
            {
                "source": "Probe",
                "severity": str(n),
                "state": "Processed",
                "time_of_event": text(NOW - n * DAY),
            }
            for n in range(1, 4)
        ],
        "em_alert": [{"source": "Probe", "severity": "2", "state": "Closed", "initial_remote_time": start}],
        "sc_req_item": [work | {"state": "3", "closed_at": start, "requested_for": ann}],
        "sc_task": [work | {"request_item": item}],
        "interaction": [
            {
                "type": "phone",
                "state": "closed_complete",
                "opened_at": text(BEGIN),
                "closed_at": start,
                "wait_time": "1970-01-01 00:01:30",
                "opened_for": ann,
            }
        ],
        "interaction_related_record": [
            {"interaction": sys_id("interaction", "0"), "document_table": "incident", "document_id": "i1"},
            {"interaction": sys_id("interaction", "0"), "knowledge_article": sys_id("kb_knowledge", "0")},
        ],
        "kb_knowledge": [{"workflow_state": "published", "author": ann, "text": "Ann Example knows cables"}],
        "kb_use": [{"article": sys_id("kb_knowledge", "0"), "user": ann, "viewed": "true"}],
        "m2m_kb_task": [{"kb_knowledge": sys_id("kb_knowledge", "0"), "task": sys_id("incident", "INC1")}],
        "kb_feedback": [{"article": sys_id("kb_knowledge", "0"), "user": ann, "useful": "yes"}],
        "asmt_assessment_instance": [{"taken_on": start, "user": ann, "trigger_table": "incident"}],
        "asmt_metric": [{"min": "1", "max": "5", "scale": "high"}],
        "asmt_metric_result": [
            {
                "instance": sys_id("asmt_assessment_instance", "0"),
                "metric": sys_id("asmt_metric", "0"),
                "actual_value": value,
                "normalized_value": "7.5",
            }
            for value in ("4", "5")
        ],
        "cmdb_ci_outage": [{"begin": text(BEGIN), "end": start, "type": "outage"}],
    }

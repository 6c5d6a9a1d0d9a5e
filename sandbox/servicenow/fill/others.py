"""Everything that is no task: items, alerts, surveys, groups and persons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.servicenow.fill import codes, fields
from sandbox.servicenow.fill.columns import Records, Translator, reference, stamps, text
from sandbox.servicenow.fill.tasks import add_kind
from sandbox.servicenow.store import Row, Tables


def add_items(tables: Tables, translator: Translator, records: Records) -> None:
    """Add configuration items to their classes, with models and locations."""
    rows = add_kind(
        tables,
        translator,
        records,
        kind="configuration_item",
        table="cmdb_ci",
        specification=fields.CONFIGURATION_ITEM,
        classes=True,
    )
    for row in rows:
        row["sys_class_name"] = codes.CLASS.get(row["sys_class_name"], "cmdb_ci")
        row["operational_status"] = "1" if row["operational_status"] == "true" else "6"
        known = {"": "", "Retired": "7", "In maintenance": "3"}
        row["install_status"] = known.get(row["install_status"], "1")
        row["attested"] = text(bool(row["attested_date"]))
        # Services alone can be critical there; what all others are used for is said by their environment.
        if row["sys_class_name"] != codes.CLASS["service"] and row["busines_criticality"]:
            row["environment"] = row["environment"] or "Production"
    for column, table in (("location", "cmn_location"), ("model", "cmdb_model")):
        names = sorted({name for name in translator.cells(records, column) if name})
        tables.add(table, [codes.named(table, name) for name in names])
    tables.add("cmdb_ci", rows)


def add_stand_ins(tables: Tables, columns: Iterable[tuple[Records, str, str]]) -> None:
    """Add an item for everything that records refer to, where the organisation keeps no items."""
    for records, column, table in columns:
        if column in records.columns:
            names = sorted({str(cell) for cell in records.column(column) if cell})
            tables.add(table, [{**codes.named("cmdb_ci", name), "install_status": "1"} for name in names])


def add_relationships(tables: Tables, translator: Translator, records: Records) -> None:
    """Add dependencies between items and their types."""
    rows = translator.rows(records, "cmdb_rel_ci", fields.CI_RELATIONSHIP)
    tables.add("cmdb_rel_ci", rows)
    names = sorted({name for name in translator.cells(records, "type") if name})
    types = [{**codes.named("cmdb_rel_type", name), "parent_descriptor": name} for name in names]
    tables.add("cmdb_rel_type", types)
    services = tables.view("cmdb_ci_service").by_id
    tables.add("svc_ci_assoc", [_membership(row) for row in rows if row["parent"] in services])


def _membership(relation: Row) -> Row:
    """Return what service mapping keeps of an item right below a service."""
    return {
        "sys_id": reference("svc_ci_assoc", relation["sys_id"]),
        "service_id": relation["parent"],
        "ci_id": relation["child"],
        **stamps(relation["sys_created_on"]),
    }


def add_events(tables: Tables, translator: Translator, records: Records) -> None:
    """Add the events that are kept one by one; rotation has taken the older ones away."""
    rows = translator.rows(records, "em_event", fields.EVENT)
    tables.add("em_event", [row for row in rows if row["node"]])


def add_alerts(tables: Tables, translator: Translator, records: Records) -> None:
    """Add alerts."""
    rows = add_kind(tables, translator, records, kind="alert", table="em_alert", specification=fields.ALERT)
    for row in rows:
        row["acknowledged"] = text(bool(row["acknowledged_by"]))
        row["group_source"] = codes.GROUP_SOURCE.get(row["group_source"], "6")
    tables.add("em_alert", rows)


def add_surveys(tables: Tables, translator: Translator, records: Records) -> None:
    """Add assessment instances with the result of one question, on a scale from 1 to 5.

    Incidents have a question with numbers, 5 best; requests one with choices, 1 best. The platform's own
    normalised value is multiplied by a scale factor of 10.
    """
    names = sorted({name for name in translator.cells(records, "name") if name})
    tables.add(
        "asmt_metric_type", [codes.named("asmt_metric_type", name) | {"scale_factor": "10"} for name in names]
    )
    tables.add("asmt_metric", [question for name in names for question in _questions(name)])
    tables.add("asmt_metric_definition", [choice for name in names for choice in _choices(name)])
    columns = ("id", "name", "record_kind", "record_id", "respondent", "score")
    cells = [translator.cells(records, name) for name in columns]
    sent = translator.cells(records, "sent_at", "moment")
    answered = translator.cells(records, "answered_at", "moment")
    instances, results = [], []
    for at, done, part in zip(sent, answered, zip(*cells, strict=True), strict=True):
        survey = dict(zip(columns, part, strict=True))
        instance = _instance(translator, at, done, survey)
        instances.append(instance)
        if survey["score"]:
            results.append(_result(instance, done, survey))
    tables.add("asmt_assessment_instance", instances)
    tables.add("asmt_metric_result", results)


def _instance(translator: Translator, sent: str, answered: str, survey: Row) -> Row:
    table, task = codes.place(translator, survey["record_kind"], survey["record_id"])
    return {
        "sys_id": reference("asmt_assessment_instance", survey["id"]),
        "number": survey["id"],
        "metric_type": reference("asmt_metric_type", survey["name"]),
        "state": "complete" if answered else "ready",
        "task_id": "" if table == codes.CONTACT else task,
        "trigger_table": table,
        "trigger_id": task,
        "taken_on": answered,
        "user": translator.person(survey["respondent"]),
        **stamps(sent),
        "sys_updated_on": answered or sent,
    }


def _questions(survey: str) -> list[Row]:
    shared = {"metric_type": reference("asmt_metric_type", survey), "weight": "10", "active": "true"}
    numbers = codes.named("asmt_metric", f"{survey} number") | {"min": "1", "max": "5", "scale": "high"}
    choices = codes.named("asmt_metric", f"{survey} choice") | {"min": "", "max": "", "scale": "low"}
    return [numbers | shared | {"datatype": "numericscale"}, choices | shared | {"datatype": "choice"}]


def _choices(survey: str) -> list[Row]:
    metric = reference("asmt_metric", f"{survey} choice")
    return [
        {
            "sys_id": reference("asmt_metric_definition", f"{survey} {value}"),
            "metric": metric,
            "value": str(value),
            "display": display,
            **stamps(codes.SINCE),
        }
        for value, display in enumerate(("Very good", "Good", "Fair", "Poor", "Very poor"), 1)
    ]


def _result(instance: Row, answered: str, survey: Row) -> Row:
    mark = 1 + int(survey["score"]) // 25
    by_choice = survey["record_kind"] == "request"
    return {
        "sys_id": reference("asmt_metric_result", survey["id"]),
        "instance": instance["sys_id"],
        "metric": reference("asmt_metric", f"{survey['name']} {'choice' if by_choice else 'number'}"),
        "actual_value": str(6 - mark if by_choice else mark),
        "normalized_value": str((mark - 1) * 2.5),
        "user": instance["user"],
        **stamps(answered),
    }


def add_groups(tables: Tables, translator: Translator, records: Records) -> None:
    """Add groups with as many members as they have; the last ones are not active."""
    rows = add_kind(
        tables, translator, records, kind="group", table="sys_user_group", specification=fields.GROUP
    )
    names = translator.cells(records, "name")
    members: list[Row] = []
    for row, name in zip(rows, names, strict=True):
        # records refer to a group by its name
        row["sys_id"] = reference("sys_user_group", name)
    counts, active = (_counts(translator, records, name) for name in ("member_count", "active_member_count"))
    users: list[Row] = []
    for row, count, working in zip(rows, counts, active, strict=True):
        names = [f"{codes.code(row['name'])}.{number + 1}" for number in range(count)]
        users += [user(name, active=at < (working or count)) for at, name in enumerate(names)]
        members += [_member(row, name) for name in names]
    tables.add("sys_user", users)
    tables.add("sys_user_group", rows)
    tables.add("sys_user_grmember", members)
    names = sorted({name for name in translator.cells(records, "department") if name})
    tables.add("cmn_department", [codes.named("cmn_department", name) for name in names])


def _counts(translator: Translator, records: Records, column: str) -> list[int]:
    return [int(cell or 0) for cell in translator.cells(records, column)]


def _member(group: Row, user: str) -> Row:
    return {
        "sys_id": reference("sys_user_grmember", user),
        "group": group["sys_id"],
        "user": reference("sys_user", user),
        **stamps(codes.SINCE),
    }


def add_departments(tables: Tables, translator: Translator, records: Records) -> None:
    """Add departments with business unit and head."""
    columns = ("name", "business_unit", "manager")
    cells = zip(*(translator.cells(records, name) for name in columns), strict=True)
    rows = []
    for name, unit, head in cells:
        unit_id = reference("business_unit", unit) if unit else ""
        rows.append(
            {
                **codes.named("cmn_department", name),
                "business_unit": unit_id,
                "dept_head": translator.person(head),
            }
        )
        tables.add("business_unit", [codes.named("business_unit", unit)] if unit else [])
    tables.add("cmn_department", rows)


def add_people(tables: Tables, people: Sequence[str]) -> None:
    """Add everybody that records refer to."""
    tables.add("sys_user", [user(name) for name in people])


def user(name: str, *, active: bool = True) -> Row:
    """Return somebody with an account."""
    first, _, last = name.partition(".")
    return {
        "sys_id": reference("sys_user", name),
        "user_name": name,
        "name": f"{first} {last}".strip().title(),
        "active": text(active),
        **stamps(codes.SINCE),
    }

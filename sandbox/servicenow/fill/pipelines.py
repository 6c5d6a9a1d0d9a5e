"""Runs of pipelines (DevOps Change Velocity): deployments, and what pipelines did of the changes."""

from __future__ import annotations

from sandbox.servicenow.fill import codes, fields
from sandbox.servicenow.fill.columns import Records, Translator, reference, stamps
from sandbox.servicenow.fill.tasks import add_kind
from sandbox.servicenow.store import Row, Tables

_RUN = "sn_devops_pipeline_execution"


def add_deployments(tables: Tables, translator: Translator, records: Records) -> None:
    """Add deployments; the plugin is there from then on."""
    rows = add_kind(tables, translator, records, kind="release", table=_RUN, specification=fields.DEPLOYMENT)
    _add_pipelines(tables, translator.cells(records, "pipeline"))
    tables.add(_RUN, rows)


def add_runs(tables: Tables, translator: Translator, changes: Records) -> None:
    """Add the run of a pipeline that carried out a change, where nothing else tells of deployments."""
    pipelines = translator.cells(changes, "pipeline")
    ids = translator.cells(changes, "id", "change_request")
    rows = tables.view("change_request").by_id
    runs = [_run(rows[key], name) for key, name in zip(ids, pipelines, strict=True) if name]
    if runs:
        _add_pipelines(tables, pipelines)
        tables.add(_RUN, runs)


def _add_pipelines(tables: Tables, names: list[str]) -> None:
    tables.add(
        "sn_devops_pipeline",
        [codes.named("sn_devops_pipeline", name, active="true") for name in sorted({*names} - {""})],
    )


def _run(change: Row, pipeline: str) -> Row:
    good = change["close_code"] in ("successful", "successful_issues")
    return {
        "sys_id": reference(_RUN, change["sys_id"]),
        "number": f"PE{change['number'][3:]}",
        "pipeline": reference("sn_devops_pipeline", pipeline),
        "change_request": change["sys_id"],
        "environment": "production",
        "state": "completed",
        "result": "successful" if good else "failed",
        "start_time": change["work_start"],
        "end_time": change["work_end"],
        "triggered_by": "svc_deploy",
        **stamps(change["work_end"], "svc_pipeline"),
    }

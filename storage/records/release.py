"""Releases and deployments, with the columns the release indicators need."""

from __future__ import annotations

from storage.records.build import (
    boolean,
    derived,
    identity_type,
    integer,
    person,
    seconds,
    text,
    timestamp,
)
from storage.records.schema import ColumnType, RecordKind

_DEPLOYED = ("released_at", "type|environment")
_FAILED = (
    *_DEPLOYED,
    "rolled_back|failed_at",
    "service_id",
    "hotfix|change.type",
    "change_id|change.release_id",
    "incident.caused_by_change_id",
)

RELEASE = RecordKind(
    "release",
    "A version of a product made available, or one deployment of a version to an environment.",
    (
        text("type", "release, or deployment of one to an environment"),
        text("name", "Name"),
        text("version", "Version that is shipped or deployed"),
        text("product", "Product or project it belongs to"),
        text("service_id", "Service it changes"),
        text("ci_id", "Configuration item it changes"),
        text("environment", "Environment of a deployment: production, test …"),
        timestamp("opened_at", "When the record was opened"),
        timestamp("committed_at", "When the oldest work in it was committed or ready"),
        timestamp("baselined_at", "Release date as first agreed"),
        timestamp("planned_at", "Release date as last planned"),
        timestamp("started_at", "When work on it or the deployment started"),
        timestamp("tested_at", "When it passed its test gate or first ran before production"),
        timestamp("approved_at", "When it was approved"),
        timestamp("released_at", "When it was shipped or deployed"),
        timestamp("failed_at", "When a failure of it was noticed"),
        timestamp("restored_at", "When the failure was over"),
        text("state", "State as the platform names it", current=True),
        text(
            "disposition", "Why it does not count: cancelled before start, duplicate or test; empty otherwise"
        ),
        text("outcome", "successful, failed or rolled_back"),
        boolean("rolled_back", "It was rolled back"),
        boolean("hotfix", "It repairs an earlier one"),
        text("model", "Named release model or shared pipeline template"),
        text("pipeline", "Pipeline that carried it out"),
        boolean("test_gate_passed", "The same version passed a recorded test gate"),
        boolean("manual_steps", "Steps were done by hand after approval"),
        text("assignment_group", "Team that owns it"),
        person("owner", "Person who owns it"),
        person("created_by", "Identity that created the record"),
        person("executor", "Identity that carried out the deployment"),
        text("parent_id", "Release that a deployment belongs to"),
        text("change_id", "Change it is linked to"),
        boolean("change_linked_automatically", "The link to the change was made by automation"),
        integer("change_count", "Changes linked to it", current=True),
        integer("issue_count", "Issues or features in it", current=True),
        seconds("lead_seconds", "Released minus committed", "committed_at", "released_at"),
        seconds("duration_seconds", "Released minus started", "started_at", "released_at"),
        seconds("baseline_delay_seconds", "Released minus first agreed date", "baselined_at", "released_at"),
        seconds("plan_delay_seconds", "Released minus planned date", "planned_at", "released_at"),
        seconds("recovery_seconds", "Restored minus failed", "failed_at", "restored_at"),
        identity_type("executor_type", "executor"),
        derived("opened_on", ColumnType.DATE, "Day opened, in the assessment's zone", "opened_at"),
        derived("planned_on", ColumnType.DATE, "Day of the planned date", "planned_at"),
        derived(
            "deployed_on",
            ColumnType.DATE,
            "Day it was deployed to production; where a source tells of no deployments, the day a release "
            "was shipped. Empty for a run that failed before anybody noticed",
            *_DEPLOYED,
        ),
        derived(
            "shipped_on",
            ColumnType.DATE,
            "Day a release was shipped, by its planned date where only its outcome says that it was; empty "
            "for deployments",
            "released_at",
        ),
        derived(
            "released_on",
            ColumnType.DATE,
            "Day deployed to production or shipped; empty for deployments elsewhere",
            *_DEPLOYED,
        ),
        derived(
            "production_work_on",
            ColumnType.DATE,
            "Day of a deployment to production that a pipeline tells of; empty for releases",
            "released_at",
            "type",
            "environment",
        ),
        derived(
            "deployment",
            ColumnType.BOOLEAN,
            "It is a deployment of a release, not a release",
            "type|environment",
        ),
        derived("department", ColumnType.TEXT, "Department of the product team", "assignment_group"),
        derived(
            "product_team",
            ColumnType.TEXT,
            "Team that owns it, its release or the change it is linked to",
            "assignment_group|change.assignment_group",
        ),
        derived(
            "deployed_service",
            ColumnType.TEXT,
            "Service it changes: its own, that of its release or of the change it is linked to",
            "service_id",
        ),
        derived("migrated", ColumnType.BOOLEAN, "A migration created the record", "created_by"),
        derived(
            "tied_to_release",
            ColumnType.BOOLEAN,
            "It names a version, a release that exists, or a change that belongs to one",
            "version|parent_id",
        ),
        derived(
            "work_linked",
            ColumnType.BOOLEAN,
            "A change or an issue is linked to it",
            "change_id|change_count|issue_count|change.release_id",
            current=True,
        ),
        derived(
            "named_model",
            ColumnType.BOOLEAN,
            "Done by a model or template, its own or its release's, that says more than its size",
            "model",
        ),
        derived(
            "verified",
            ColumnType.BOOLEAN,
            "Its version passed a test gate, or ran in another environment, before it was released",
            "tested_at|test_gate_passed|environment",
            "tested_at|test_gate_passed|version",
        ),
        derived(
            "to_standard",
            ColumnType.BOOLEAN,
            "A deployment that was verified; where a source tells of no deployments, a release with version, "
            "owner, linked work and date. Empty for releases of the other sources",
            *_DEPLOYED,
            "version",
            "owner|tested_at|test_gate_passed",
            current=True,
        ),
        derived(
            "on_schedule",
            ColumnType.BOOLEAN,
            "Shipped at most 3 days, or a tenth of its duration, after the date planned when work began",
            "released_at",
            "baselined_at|transition:planned_at",
        ),
        derived(
            "by_pipeline",
            ColumnType.BOOLEAN,
            "A pipeline or an automation identity carried it out, without a step by hand after approval",
            "pipeline|executor",
            "manual_steps",
            "policy:automation|pipeline",
        ),
        derived(
            "change_linked",
            ColumnType.BOOLEAN,
            "Linked by automation with a change opened before it ended, or a deployment that was itself "
            "approved before it started",
            "change_id",
            "approved_at",
            "change.opened_at",
            "change_linked_automatically|change.created_by",
            "policy:automation|change_linked_automatically",
        ),
        derived(
            "failed",
            ColumnType.BOOLEAN,
            "Of a deployment to production: rolled back, noticed as failed, named by an incident as its "
            "cause, or followed by a hotfix of the same service within 72 hours",
            *_FAILED,
        ),
        derived(
            "user_impact_seconds",
            ColumnType.INTEGER,
            "Of a failed deployment: from the first incident or the failure noticed to restored, the last "
            "incident resolved, or the hotfix; empty until then",
            *_FAILED,
            "failed_at|incident.opened_at",
            "restored_at|incident.resolved_at",
        ),
    ),
    tracked=("state", "planned_at", "assignment_group", "owner"),
)

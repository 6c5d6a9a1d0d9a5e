"""Releases and deployments, with the columns the release indicators need."""

from __future__ import annotations

from storage.records.build import boolean, identity_type, integer, person, seconds, text, timestamp
from storage.records.schema import RecordKind

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
    ),
    tracked=("state", "planned_at", "assignment_group", "owner"),
)

"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

IMMUTABLE = (
    "assessment",
    "assessment_source",
    "assessment_practice",
    "assessment_attribute",
    "assessment_query",
    "assessment_indicator",
    "catalogue_version",
)


def upgrade() -> None:
    """Go from nothing to 0001."""
    _assessment()
    _assessment_source()
    _assessment_practice()
    _assessment_attribute()
    _assessment_query()
    _assessment_indicator()
    _catalogue_version()
    _run()
    _ledger()
    _bookmark()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def _refuse_changes_on_sqlite() -> None:
    for table in IMMUTABLE:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'history is never changed'); END"
            )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION history_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'history is never changed' USING ERRCODE = '23514'; END $$"
    )
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION history_is_never_changed()"
        )


def _assessment() -> None:
    op.create_table(
        "assessment",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("catalogue", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("evidence_store", sa.String(), nullable=False),
        sa.Column("evidence_number", sa.BigInteger(), nullable=False),
        sa.Column("evidence_content", sa.String(), nullable=False),
        sa.Column("overall_level", sa.Integer(), nullable=True),
        sa.Column("overall_possible", sa.Integer(), nullable=True),
        sa.Column("overall_index", sa.Float(), nullable=True),
        sa.Column("overall_weakest", sa.String(), nullable=True),
        sa.Column("overall_mean_index", sa.Float(), nullable=True),
        sa.Column("notes", JSON, nullable=False),
        sa.CheckConstraint("kind IN ('live', 'reconstructed')", name=op.f("ck_assessment_kind")),
        sa.CheckConstraint("overall_level BETWEEN 1 AND 5", name=op.f("ck_assessment_overall_level")),
        sa.CheckConstraint("overall_possible BETWEEN 1 AND 5", name=op.f("ck_assessment_overall_possible")),
        sa.PrimaryKeyConstraint("number", name="pk_assessment"),
        sa.UniqueConstraint("id", name="uq_assessment_id"),
    )
    op.create_index("ix_assessment_as_of_taken_at", "assessment", ["as_of", "taken_at"])


def _assessment_source() -> None:
    op.create_table(
        "assessment_source",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment"], ["assessment.number"], name="fk_assessment_source_assessment"
        ),
        sa.PrimaryKeyConstraint("assessment", "position", name="pk_assessment_source"),
    )


def _assessment_practice() -> None:
    op.create_table(
        "assessment_practice",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("possible", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=True),
        sa.Column("index", sa.Float(), nullable=False),
        sa.Column("breadth", sa.Float(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("confidence", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("bottleneck", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("probability_at_least", JSON, nullable=False),
        sa.CheckConstraint("confirmed BETWEEN 1 AND 5", name=op.f("ck_assessment_practice_confirmed")),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_assessment_practice_level")),
        sa.CheckConstraint("possible BETWEEN 1 AND 5", name=op.f("ck_assessment_practice_possible")),
        sa.ForeignKeyConstraint(
            ["assessment"], ["assessment.number"], name="fk_assessment_practice_assessment"
        ),
        sa.PrimaryKeyConstraint("assessment", "position", name="pk_assessment_practice"),
    )
    op.create_index(
        "ix_assessment_practice_department_assessment", "assessment_practice", ["department", "assessment"]
    )
    op.create_index(
        "ix_assessment_practice_practice_department_assessment",
        "assessment_practice",
        ["practice", "department", "assessment"],
    )


def _assessment_attribute() -> None:
    op.create_table(
        "assessment_attribute",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("practice_position", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("achievement", sa.Float(), nullable=True),
        sa.Column("rating", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment", "practice_position"],
            ["assessment_practice.assessment", "assessment_practice.position"],
            name="fk_assessment_attribute_assessment_practice",
        ),
        sa.PrimaryKeyConstraint(
            "assessment", "practice_position", "position", name="pk_assessment_attribute"
        ),
    )


def _assessment_query() -> None:
    op.create_table(
        "assessment_query",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["assessment"], ["assessment.number"], name="fk_assessment_query_assessment"),
        sa.PrimaryKeyConstraint("assessment", "position", name="pk_assessment_query"),
    )


def _assessment_indicator() -> None:
    op.create_table(
        "assessment_indicator",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("practice_position", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("practice", sa.String(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("core", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("achievement", sa.Float(), nullable=True),
        sa.Column("window_start", sa.Date(), nullable=False),
        sa.Column("window_end", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("n_unit", sa.String(), nullable=False),
        sa.Column("cap", sa.Float(), nullable=False),
        sa.Column("low_precision", sa.Boolean(), nullable=False),
        sa.Column("series", JSON, nullable=False),
        sa.Column("groups", JSON, nullable=False),
        sa.Column("sample", JSON, nullable=False),
        sa.Column("aggregates", JSON, nullable=False),
        sa.Column("query", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assessment", "practice_position"],
            ["assessment_practice.assessment", "assessment_practice.position"],
            name="fk_assessment_indicator_assessment_practice",
        ),
        sa.ForeignKeyConstraint(
            ["assessment", "query"],
            ["assessment_query.assessment", "assessment_query.position"],
            name="fk_assessment_indicator_assessment_query",
        ),
        sa.PrimaryKeyConstraint(
            "assessment", "practice_position", "position", name="pk_assessment_indicator"
        ),
    )
    op.create_index(
        "ix_assessment_indicator_id_assessment_practice_position",
        "assessment_indicator",
        ["id", "assessment", "practice_position"],
    )


def _catalogue_version() -> None:
    op.create_table(
        "catalogue_version",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_catalogue_version"),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("connector", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('sync', 'assess')", name=op.f("ck_run_kind")),
        sa.PrimaryKeyConstraint("number", name="pk_run"),
        sa.UniqueConstraint("id", name="uq_run_id"),
    )
    op.create_index("ix_run_started_at", "run", ["started_at"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("distinct", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("older", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("hidden", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("window_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["run.number"], name="fk_ledger_run"),
        sa.PrimaryKeyConstraint("number", name="pk_ledger"),
    )
    op.create_index("ix_ledger_run", "ledger", ["run"])


def _bookmark() -> None:
    op.create_table(
        "bookmark",
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("evidence_store", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connector", "kind", "evidence_store", name="pk_bookmark"),
    )

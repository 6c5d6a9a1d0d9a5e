"""What the daemon keeps: its jobs, every run of them that was due, and who leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go from 0004 to 0005."""
    op.create_table(
        "job",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job"),
    )
    op.create_table(
        "job_run",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'missed', 'skipped', 'failed')", name=op.f("ck_job_run_state")
        ),
        sa.PrimaryKeyConstraint("number", name="pk_job_run"),
        sa.UniqueConstraint("job", "due_at", "attempt", name="uq_job_run_job_due_at_attempt"),
    )
    op.create_index("ix_job_run_due_at", "job_run", ["due_at"])
    op.create_index("ix_job_run_job_number", "job_run", ["job", "number"])
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )

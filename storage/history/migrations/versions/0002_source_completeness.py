"""How complete the sources of an assessment were, and the running sums that tell it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go from 0001 to 0002; what was assessed before has no completeness."""
    # Not as a batch: that makes a table anew, and its triggers against changes would be gone.
    op.add_column("assessment_source", sa.Column("hidden", sa.BigInteger(), nullable=True))
    op.add_column("assessment_source", sa.Column("rejected", sa.BigInteger(), nullable=True))
    op.add_column("assessment_source", sa.Column("completeness", sa.Float(), nullable=True))
    op.add_column("assessment_practice", sa.Column("kinds", JSON, nullable=True))
    op.add_column("assessment_practice", sa.Column("completeness", sa.Float(), nullable=True))
    op.create_table(
        "source_standing",
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("read_with", sa.String(), nullable=False),
        sa.Column("evidence_store", sa.String(), nullable=False),
        sa.Column("begun", sa.Boolean(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("base_hidden", sa.BigInteger(), nullable=True),
        sa.Column("base_rejected", sa.BigInteger(), nullable=False),
        sa.Column("doubtful", sa.BigInteger(), nullable=False),
        sa.Column("windows_hidden", sa.BigInteger(), nullable=True),
        sa.Column("windows_rejected", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_hidden", sa.BigInteger(), nullable=True),
        sa.Column("snapshot_rejected", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "connector", "kind", "read_with", "evidence_store", name="pk_source_standing"
        ),
    )

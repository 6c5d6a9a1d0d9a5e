"""How many records of a practice a scope has; views of the overall result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go from 0002 to 0003; what was assessed before has neither."""
    # Not as a batch: that makes a table anew, and its triggers against changes would be gone.
    op.add_column("assessment_practice", sa.Column("volume", sa.BigInteger(), nullable=True))
    op.add_column("assessment", sa.Column("overall_weakest_link", sa.Integer(), nullable=True))
    op.add_column("assessment", sa.Column("overall_unassessed", JSON, nullable=True))
    op.add_column("assessment", sa.Column("overall_views", JSON, nullable=True))

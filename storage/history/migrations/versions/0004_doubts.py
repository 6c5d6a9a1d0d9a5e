"""What made an assessment doubtful: suspected manipulation and doubtful records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go from 0003 to 0004; what was assessed before was not looked at."""
    # Not as a batch: that makes a table anew, and its triggers against changes would be gone.
    op.add_column("assessment", sa.Column("suspicions", sa.JSON(), nullable=True))
    op.add_column("assessment", sa.Column("quality", sa.JSON(), nullable=True))

"""The tables of history. Every change here needs a migration; a test compares the two.

Assessment tables are never updated and never deleted from: triggers in the database refuse both. Rows
below an assessment are numbered by their position, so an assessment is read back in the order it had.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a migration can address them on every database."""


class Json(TypeDecorator[Any]):
    """A short list: JSONB on PostgreSQL, JSON text elsewhere."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the database in use."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())


class HistoryTable(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Base of all tables of history; their metadata holds nothing else."""


def _levels(*names: str) -> tuple[CheckConstraint, ...]:
    return tuple(CheckConstraint(f"{name} BETWEEN 1 AND 5", name=name) for name in names)


class AssessmentTable(HistoryTable, table=True):
    """One assessment with its overall result."""

    __tablename__: ClassVar[str] = "assessment"
    __table_args__ = (
        UniqueConstraint("id"),
        CheckConstraint("kind IN ('live', 'reconstructed')", name="kind"),
        *_levels("overall_level", "overall_possible"),
        Index(None, "as_of", "taken_at"),
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str
    taken_at: datetime
    as_of: date
    kind: str
    catalogue: str
    policy: str
    evidence_store: str
    evidence_number: int = Field(sa_type=BigInteger)
    evidence_content: str
    overall_level: int | None
    overall_possible: int | None
    overall_index: float | None
    overall_weakest: str | None
    overall_mean_index: float | None
    overall_weakest_link: int | None
    overall_unassessed: list[Any] | None = Field(sa_type=Json)
    overall_views: list[Any] | None = Field(sa_type=Json)
    notes: list[Any] = Field(sa_type=Json)
    # Not JSONB, which would change how numbers are written.
    suspicions: list[Any] | None = Field(sa_type=JSON)
    quality: list[Any] | None = Field(sa_type=JSON)


class SourceTable(HistoryTable, table=True):
    """State of one source's kind when an assessment was taken."""

    __tablename__: ClassVar[str] = "assessment_source"
    __table_args__ = (ForeignKeyConstraint(["assessment"], ["assessment.number"]),)

    assessment: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    source: str
    kind: str
    state: str
    synced_at: datetime | None
    records: int = Field(sa_type=BigInteger)
    hidden: int | None = Field(sa_type=BigInteger)
    rejected: int | None = Field(sa_type=BigInteger)
    completeness: float | None


class PracticeTable(HistoryTable, table=True):
    """One practice in one scope of an assessment."""

    __tablename__: ClassVar[str] = "assessment_practice"
    __table_args__ = (
        ForeignKeyConstraint(["assessment"], ["assessment.number"]),
        *_levels("level", "possible", "confirmed"),
        Index(None, "practice", "department", "assessment"),
        Index(None, "department", "assessment"),
    )

    assessment: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    practice: str
    department: str | None
    level: int | None
    possible: int
    confirmed: int | None
    index: float
    breadth: float
    coverage: float
    confidence: str
    probability: float
    bottleneck: str | None
    reason: str
    next_step: str
    probability_at_least: list[Any] = Field(sa_type=Json)
    kinds: list[Any] | None = Field(sa_type=Json)
    completeness: float | None
    volume: int | None = Field(sa_type=BigInteger)


class AttributeTable(HistoryTable, table=True):
    """One attribute of a practice."""

    __tablename__: ClassVar[str] = "assessment_attribute"
    __table_args__ = (
        ForeignKeyConstraint(
            ["assessment", "practice_position"],
            ["assessment_practice.assessment", "assessment_practice.position"],
        ),
    )

    assessment: int = Field(primary_key=True)
    practice_position: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    attribute: str
    achievement: float | None
    rating: str


class QueryTable(HistoryTable, table=True):
    """One query of an assessment; all departments are answered from the same one."""

    __tablename__: ClassVar[str] = "assessment_query"
    __table_args__ = (ForeignKeyConstraint(["assessment"], ["assessment.number"]),)

    assessment: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    text: str = Field(sa_type=Text)


class IndicatorTable(HistoryTable, table=True):
    """One indicator of a practice, with the aggregates it is computed from again."""

    __tablename__: ClassVar[str] = "assessment_indicator"
    __table_args__ = (
        ForeignKeyConstraint(
            ["assessment", "practice_position"],
            ["assessment_practice.assessment", "assessment_practice.position"],
        ),
        ForeignKeyConstraint(
            ["assessment", "query"], ["assessment_query.assessment", "assessment_query.position"]
        ),
        Index(None, "id", "assessment", "practice_position"),
    )

    assessment: int = Field(primary_key=True)
    practice_position: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    id: str
    practice: str
    attribute: str
    core: bool
    weight: float
    unit: str
    achievement: float | None
    window_start: date
    window_end: date
    rule: str
    state: str
    reason: str
    value: float | None
    low: float | None
    high: float | None
    numerator: int | None = Field(sa_type=BigInteger)
    denominator: int | None = Field(sa_type=BigInteger)
    n: int = Field(sa_type=BigInteger)
    n_unit: str
    cap: float
    low_precision: bool
    series: list[Any] = Field(sa_type=Json)
    groups: list[Any] = Field(sa_type=Json)
    sample: list[Any] = Field(sa_type=Json)
    aggregates: list[Any] = Field(sa_type=Json)
    query: int | None
    """Position of its query."""


class CatalogueTable(HistoryTable, table=True):
    """One version of the catalogue, written once; `content` is JSON text exactly as it was given."""

    __tablename__: ClassVar[str] = "catalogue_version"

    version: str = Field(primary_key=True)
    digest: str
    content: str = Field(sa_type=Text)


class RunTable(HistoryTable, table=True):
    """One run of the product."""

    __tablename__: ClassVar[str] = "run"
    __table_args__ = (
        UniqueConstraint("id"),
        CheckConstraint("kind IN ('sync', 'assess')", name="kind"),
        Index(None, "started_at"),
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str
    kind: str
    connector: str | None
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    message: str = ""


class LedgerTable(HistoryTable, table=True):
    """What one run asked of a platform, and what came."""

    __tablename__: ClassVar[str] = "ledger"
    __table_args__ = (ForeignKeyConstraint(["run"], ["run.number"]), Index(None, "run"))

    number: int | None = Field(default=None, primary_key=True)
    run: int
    connector: str
    kind: str
    counted: int | None = Field(sa_type=BigInteger)
    received: int = Field(sa_type=BigInteger)
    distinct: int = Field(sa_type=BigInteger)
    stored: int = Field(sa_type=BigInteger)
    changed: int = Field(sa_type=BigInteger)
    unchanged: int = Field(sa_type=BigInteger)
    older: int = Field(sa_type=BigInteger)
    deleted: int = Field(sa_type=BigInteger)
    hidden: int = Field(sa_type=BigInteger)
    rejected: int = Field(sa_type=BigInteger)
    requests: int = Field(sa_type=BigInteger)
    retries: int = Field(sa_type=BigInteger)
    seconds: float
    outcome: str
    message: str
    window_since: datetime | None
    window_until: datetime | None


class BookmarkTable(HistoryTable, table=True):
    """How far a connector has read a kind into one evidence store."""

    __tablename__: ClassVar[str] = "bookmark"

    connector: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    evidence_store: str = Field(primary_key=True)
    value: str
    updated_at: datetime


class StandingTable(HistoryTable, table=True):
    """What one evidence store lacks of a kind of one source: running sums of the ledger."""

    __tablename__: ClassVar[str] = "source_standing"

    connector: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    read_with: str = Field(primary_key=True)
    evidence_store: str = Field(primary_key=True)
    begun: bool
    whole: bool
    base_hidden: int | None = Field(sa_type=BigInteger)
    base_rejected: int = Field(sa_type=BigInteger)
    doubtful: int = Field(sa_type=BigInteger)
    windows_hidden: int | None = Field(sa_type=BigInteger)
    windows_rejected: int = Field(sa_type=BigInteger)
    snapshot_hidden: int | None = Field(sa_type=BigInteger)
    snapshot_rejected: int = Field(sa_type=BigInteger)


class JobTable(HistoryTable, table=True):
    """One job of the daemon; its times after `since` are expected by `schedule`."""

    __tablename__: ClassVar[str] = "job"

    name: str = Field(primary_key=True)
    schedule: str
    since: datetime


class JobRunTable(HistoryTable, table=True):
    """What became of one time at which a job was due, or of one further try."""

    __tablename__: ClassVar[str] = "job_run"
    __table_args__ = (
        # Two daemons that both believe to lead cannot both begin the same run.
        UniqueConstraint("job", "due_at", "attempt"),
        CheckConstraint("state IN ('running', 'done', 'missed', 'skipped', 'failed')", name="state"),
        Index(None, "due_at"),
        Index(None, "job", "number"),
    )

    number: int | None = Field(default=None, primary_key=True)
    job: str
    due_at: datetime
    attempt: int
    state: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retry_at: datetime | None = None
    message: str = ""


class LeaseTable(HistoryTable, table=True):
    """Who leads among several daemons; `fence` grows with every change of the leader."""

    __tablename__: ClassVar[str] = "lease"

    name: str = Field(primary_key=True)
    holder: str
    fence: int = Field(sa_type=BigInteger)
    expires_at: datetime

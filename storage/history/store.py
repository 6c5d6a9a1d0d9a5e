"""The history store on SQLite or PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, func, insert, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.errors import FatalError, UsageError
from storage.history import jobs, lease, queries, rows
from storage.history.assessments import IndicatorPoint, Page, StoredAssessment, StoredPractice
from storage.history.database import Location, create, failures_explained, reading, resolve
from storage.history.lease import Lease
from storage.history.runs import JobRun, LedgerRow, PlannedJob, Run, Standing
from storage.history.storable import refuse_unstorable
from storage.history.tables import (
    AssessmentTable,
    BookmarkTable,
    CatalogueTable,
    LedgerTable,
    RunTable,
    StandingTable,
)
from storage.history.turns import turn
from storage.history.upgrade import upgrade

WAIT_SECONDS = 60.0


class History:
    """An open history. Use it as a context manager; every call is one transaction.

    Calls raise RetriableError where waiting helps (a lock, a lost connection), FatalError where a person
    must act, UsageError for values or names that do not fit.
    """

    def __init__(self, location: Location, engine: Engine) -> None:
        self._location = location
        self._writer = engine
        self._reader = reading(engine)
        self._lease: Lease | None = None

    @classmethod
    def open(cls, url: str, folder: Path, *, wait: float = WAIT_SECONDS) -> Self:
        """Open the history at `url`, making and migrating it where needed.

        `sqlite:` files are relative to `folder`, locks are waited for `wait` seconds.
        """
        location = resolve(url, folder, wait)
        if location.embedded and location.url.database:
            _make_folder(Path(location.url.database).parent, location)
        upgrade(location)
        return cls(location, create(location))

    def close(self) -> None:
        """Give the connections back."""
        self._writer.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def save_assessment(self, assessment: StoredAssessment) -> None:
        """Store an assessment, all of it or nothing.

        Raises UsageError when its id is taken or a value cannot be kept as it is.
        """
        refuse_unstorable(assessment, "assessment")
        with failures_explained(self._location):
            try:
                self._insert(assessment)
            except IntegrityError:
                if self._holds(assessment.id):
                    raise UsageError(
                        f"assessment {assessment.id} is stored already",
                        hint="Assessments are never overwritten; take a new one under a new id.",
                    ) from None
                raise

    def assessment(self, id: str) -> StoredAssessment:  # noqa: A002 - the name everywhere else
        """Return the assessment with this id or with the only id that starts so (at least 4 characters)."""
        with self._read() as session:
            return queries.complete(session, queries.by_id(session, id))

    def latest(self) -> StoredAssessment | None:
        """Return the assessment with the newest `as_of`, the one taken last among equals."""
        with self._read() as session:
            found = session.exec(select(AssessmentTable).order_by(*queries.NEWEST_FIRST).limit(1)).first()
            return queries.complete(session, found) if found else None

    def assessments(
        self,
        *,
        practice: str | None = None,
        department: str | None = None,
        since: date | None = None,
        limit: int = 50,
        offset: int = 0,
        detail: bool = False,
    ) -> Page[StoredAssessment]:
        """Return assessments, newest first, with the practices that match; unmatched ones are left out.

        `department` None is the organisation, `ALL_DEPARTMENTS` every scope; `since` is the oldest `as_of`.
        Attributes and indicators are empty unless `detail` is asked.
        """
        which = queries.Scope(practice, department)
        with self._read() as session:
            return queries.page_of_assessments(session, which, since, limit, offset, detail)

    def indicator_history(
        self,
        indicator: str,
        *,
        department: str | None = None,
        since: date | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page[IndicatorPoint]:
        """Return one indicator's stored answers, newest first; filters as in `assessments`."""
        with self._read() as session:
            return queries.page_of_points(session, indicator, department, since, limit, offset)

    def previous(
        self, practice: str, department: str | None, before_as_of: date, kind: str = "live"
    ) -> StoredPractice | None:
        """Return a practice's latest result as of an earlier day, without attributes and indicators.

        Hysteresis (section 6.5) reads level, confirmed and probability_at_least from it, so results that
        were Not assessed are passed over, and live and reconstructed ones follow their own kind.
        """
        with self._read() as session:
            return queries.previous(session, queries.Scope(practice, department), before_as_of, kind)

    def save_catalogue(self, version: str, content: Mapping[str, object]) -> None:
        """Store a catalogue under its version, once; UsageError when it holds something else already."""
        refuse_unstorable(content, "catalogue")
        text = _json(content)
        digest = hashlib.sha256(_json(content, sort=True).encode()).hexdigest()
        values = {"version": version, "digest": digest, "content": text}
        with self._write() as session:
            session.exec(self._upsert(CatalogueTable, values).on_conflict_do_nothing())
            stored = session.exec(
                select(CatalogueTable.digest).where(col(CatalogueTable.version) == version)
            ).one()
        if stored != digest:
            raise UsageError(
                f"catalogue {version} is stored with other content",
                hint="A version names one content; give changed content a new version.",
            )

    def catalogue(self, version: str) -> dict[str, object] | None:
        """Return the content of a catalogue version, or None."""
        with self._read() as session:
            text = session.exec(
                select(CatalogueTable.content).where(col(CatalogueTable.version) == version)
            ).first()
        if text is None:
            return None
        content: dict[str, object] = json.loads(text)
        return content

    def turn(self, source: str) -> AbstractContextManager[bool]:
        """Hold the turn of a source until the context ends; it is False where another process has it."""
        return turn(self._location, self._writer, source)

    def start_run(self, kind: str, connector: str | None, now: datetime) -> str:
        """Note that a run of kind `sync` or `assess` began; returns its id."""
        run = Run(id=uuid.uuid4().hex, kind=kind, connector=connector, started_at=now)
        refuse_unstorable(run, "run")
        with self._write() as session:
            session.exec(insert(RunTable).values(**rows.row(run)))
        return run.id

    def finish_run(self, run: str, outcome: str, now: datetime, message: str = "") -> None:
        """Note how a run ended; UsageError when it is unknown or has ended before."""
        refuse_unstorable((outcome, now, message), "run")
        with self._write() as session:
            found = _run(session, run)
            if found.finished_at is not None:
                raise UsageError(f"run {run} has ended already", hint="Start a new run.")
            found.finished_at, found.outcome, found.message = now, outcome, message
            session.add(found)

    def add_ledger(self, run: str, row: LedgerRow) -> None:
        """Note what a run asked of a platform and what came."""
        refuse_unstorable(row, "ledger")
        with self._write() as session:
            session.exec(insert(LedgerTable).values(**rows.row(row, run=_run(session, run).number)))

    def runs(self, limit: int = 50) -> list[Run]:
        """Return the runs, newest first."""
        query = select(RunTable).order_by(col(RunTable.started_at).desc(), col(RunTable.number).desc())
        with self._read() as session:
            return [rows.read_run(found) for found in session.exec(query.limit(limit))]

    def ledger(self, run: str) -> list[LedgerRow]:
        """Return the ledger of a run in the order it was written."""
        with self._read() as session:
            number = _run(session, run).number
            query = select(LedgerTable).where(col(LedgerTable.run) == number)
            return [
                rows.read_ledger(found) for found in session.exec(query.order_by(col(LedgerTable.number)))
            ]

    def bookmark(self, connector: str, kind: str, evidence_store: str) -> str | None:
        """Return how far a connector has read a kind into this evidence store, None into any other."""
        with self._read() as session:
            found = session.get(BookmarkTable, (connector, kind, evidence_store))
            return found.value if found else None

    def set_bookmark(self, connector: str, kind: str, evidence_store: str, value: str, now: datetime) -> None:
        """Remember how far a connector has read a kind into an evidence store."""
        key = {"connector": connector, "kind": kind, "evidence_store": evidence_store}
        refuse_unstorable({**key, "value": value, "now": now}, "bookmark")
        news = {"value": value, "updated_at": now}
        with self._write() as session:
            query = self._upsert(BookmarkTable, key | news)
            session.exec(query.on_conflict_do_update(index_elements=list(key), set_=news))

    def standings(self, evidence_store: str, connector: str | None = None) -> list[Standing]:
        """Return what an evidence store lacks, of all connectors or of one, ordered by connector and kind."""
        key = (col(StandingTable.connector), col(StandingTable.kind), col(StandingTable.read_with))
        query = select(StandingTable).where(col(StandingTable.evidence_store) == evidence_store)
        if connector is not None:
            query = query.where(col(StandingTable.connector) == connector)
        with self._read() as session:
            return [rows.read_standing(found) for found in session.exec(query.order_by(*key))]

    def save_standing(self, standing: Standing) -> None:
        """Remember what an evidence store lacks of one kind of a connector."""
        refuse_unstorable(standing, "standing")
        values = rows.row(standing)
        key = ("connector", "kind", "read_with", "evidence_store")
        news = {name: value for name, value in values.items() if name not in key}
        with self._write() as session:
            query = self._upsert(StandingTable, values)
            session.exec(query.on_conflict_do_update(index_elements=list(key), set_=news))

    def take_lease(self, holder: str, seconds: float = lease.LEASE_SECONDS) -> Lease | None:
        """Lead the daemons that share this history; None where another leads."""
        with self._change() as session:
            return lease.take(session, holder, seconds)

    def renew_lease(self, held: Lease) -> None:
        """Lead on; LeadershipLostError where another has taken over."""
        with self._change() as session:
            lease.renew(session, held)

    def release_lease(self, held: Lease) -> None:
        """Let another daemon lead at once."""
        with self._change() as session:
            lease.release(session, held)

    def write_only_as(self, held: Lease | None) -> None:
        """Let every further write raise LeadershipLostError unless this lease stands when it is committed."""
        self._lease = held

    def require_lease(self) -> None:
        """Raise LeadershipLostError unless the lease stands."""
        with self._write():
            pass

    def planned_jobs(self) -> list[PlannedJob]:
        """Return the daemon's jobs by name, each with the last of its times that has a row."""
        with self._read() as session:
            return jobs.planned(session)

    def plan_job(self, job: PlannedJob) -> None:
        """Remember a job's schedule, and from when on its times are expected."""
        with self._write() as session:
            jobs.plan(session, job)

    def forget_job(self, name: str) -> None:
        """Expect no further run of a job; what became of it stays."""
        with self._write() as session:
            jobs.forget(session, name)

    def add_job_runs(self, runs: Iterable[JobRun]) -> None:
        """Note runs of jobs, all or none; UsageError where one of them is noted already."""
        noted = list(runs)
        refuse_unstorable(noted, "job_run")
        with self._write() as session:
            jobs.add(session, noted)

    def end_job_run(self, run: JobRun) -> None:
        """Note how a running job ended; UsageError when that run is not going on."""
        refuse_unstorable(run, "job_run")
        with self._write() as session:
            jobs.end(session, run)

    def job_runs(self, limit: int = 50, *, job: str | None = None, state: str | None = None) -> list[JobRun]:
        """Return runs of jobs, the one noted last first."""
        with self._read() as session:
            return jobs.latest(session, job, state, limit)

    def last_try(self, job: str) -> JobRun | None:
        """Return the try of a job that was begun last."""
        with self._read() as session:
            return jobs.last_try(session, job)

    def _insert(self, assessment: StoredAssessment) -> None:
        with Session(self._writer) as session, session.begin():
            self._require_lease(session)
            found = AssessmentTable.model_validate(rows.assessment_row(assessment))
            session.add(found)
            session.flush()
            connection = session.connection()
            for table, values in rows.child_rows(assessment, found.number or 0):
                if values:
                    # past the ORM, which would split the rows by which of their columns are empty
                    connection.execute(inspect(table).local_table.insert(), values)

    def _holds(self, assessment: str) -> bool:
        query = select(func.count()).where(col(AssessmentTable.id) == assessment)
        with Session(self._reader) as session:
            return session.exec(query).one() > 0

    def _upsert(self, table: type[Any], values: dict[str, Any]) -> Any:
        dialect = sqlite if self._location.embedded else postgresql
        return dialect.insert(table).values(**values)

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with failures_explained(self._location), Session(self._reader) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._change() as session:
            self._require_lease(session)
            yield session

    @contextmanager
    def _change(self) -> Iterator[Session]:
        with failures_explained(self._location), Session(self._writer) as session, session.begin():
            yield session

    def _require_lease(self, session: Session) -> None:
        if self._lease is not None:
            lease.check(session, self._lease)


def _make_folder(folder: Path, location: Location) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FatalError(
            f"{location.name} cannot be made: {error.strerror}", hint="Name a folder you may write."
        ) from error


def _json(content: Mapping[str, object], *, sort: bool = False) -> str:
    try:
        return json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)
    except TypeError as error:
        raise UsageError(
            f"catalogue holds a value that JSON has not: {error}", hint="Write dates and the like as text."
        ) from None


def _run(session: Session, run: str) -> RunTable:
    found = session.exec(select(RunTable).where(col(RunTable.id) == run)).first()
    if found is None:
        raise UsageError(f"there is no run {run}", hint="`runs` lists the runs there are.")
    return found

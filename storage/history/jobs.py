"""The daemon's jobs in history: what is planned, and what became of every time that was due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import delete, func, insert, update
from sqlmodel import Session, col, select

from storage.errors import UsageError
from storage.history import rows
from storage.history.runs import JobRun, PlannedJob
from storage.history.tables import JobRunTable, JobTable

RUNNING = "running"


def planned(session: Session) -> list[PlannedJob]:
    """Return all jobs; `since` is the last time that has a row, or when the job was planned."""
    last = (
        select(col(JobRunTable.job), func.max(col(JobRunTable.due_at)).label("due_at"))
        .group_by(col(JobRunTable.job))
        .subquery()
    )
    query = select(JobTable, last.c.due_at).outerjoin(last, last.c.job == col(JobTable.name))
    return [
        PlannedJob(job.name, job.schedule, max(job.since, due) if due else job.since)
        for job, due in session.exec(query.order_by(col(JobTable.name)))
    ]


def plan(session: Session, job: PlannedJob) -> None:
    """Remember a job's schedule, and from when on its times are expected."""
    session.exec(delete(JobTable).where(col(JobTable.name) == job.name))
    session.exec(insert(JobTable).values(**asdict(job)))


def forget(session: Session, name: str) -> None:
    """Expect no further run of a job; what became of it stays."""
    session.exec(delete(JobTable).where(col(JobTable.name) == name))


def add(session: Session, runs: Iterable[JobRun]) -> None:
    """Note runs, all or none."""
    values = [rows.row(run) for run in runs]
    if values:
        session.connection().execute(insert(JobRunTable), values)


def end(session: Session, run: JobRun) -> None:
    """Note how a run that was begun ended; UsageError when it is not going on."""
    same = (
        col(JobRunTable.job) == run.job,
        col(JobRunTable.due_at) == run.due_at,
        col(JobRunTable.attempt) == run.attempt,
        col(JobRunTable.state) == RUNNING,
    )
    result = session.exec(update(JobRunTable).where(*same).values(**rows.row(run)))
    if result.rowcount != 1:
        raise UsageError(f"no run of {run.job} is going on", hint="It has ended already.")


def latest(session: Session, job: str | None, state: str | None, limit: int) -> list[JobRun]:
    """Return runs, the one noted last first."""
    query = select(JobRunTable)
    if job is not None:
        query = query.where(col(JobRunTable.job) == job)
    if state is not None:
        query = query.where(col(JobRunTable.state) == state)
    found = session.exec(query.order_by(col(JobRunTable.number).desc()).limit(limit))
    return [rows.read_job_run(each) for each in found]


def last_try(session: Session, job: str) -> JobRun | None:
    """Return the try of a job that was begun last."""
    query = select(JobRunTable).where(col(JobRunTable.job) == job, col(JobRunTable.attempt) > 0)
    found = session.exec(query.order_by(col(JobRunTable.number).desc()).limit(1)).first()
    return rows.read_job_run(found) if found else None

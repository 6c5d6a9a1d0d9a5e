"""The daemon's jobs: what each does, by the use cases that the command line calls as well."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from config import Configuration
from config.schedules import Schedule
from scheduler.assess import assess_now
from scheduler.progress import Progress
from scheduler.sync import sync
from scheduler.workspace import Workspace
from storage.errors import FatalError, ItsmMaturityError, RetriableError, UsageError
from storage.history import History
from storage.history.database import resolve

DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and after how many seconds at the earliest it makes sense to try again."""

    state: str
    message: str = ""
    retry_after: float = 0


Action = Callable[[Workspace, Progress], Outcome]


@dataclass(frozen=True)
class Job:
    """One job: its name, when it is due, and what it does."""

    name: str
    schedule: Schedule
    run: Action
    committed: Callable[[History, datetime], bool] = lambda _history, _since: False
    """Says whether a run that began then, and was killed, had stored its whole result by then."""


def jobs_of(configuration: Configuration) -> dict[str, Job]:
    """Return the scheduled jobs of a configuration by name.

    Raises ConfigurationError where a password of a scheduled connector is not there, UsageError where no
    job is scheduled, or a backup of what cannot be copied.
    """
    configuration.require_values(list(configuration.connectors))
    schedules = configuration.schedules
    if not schedules:
        raise UsageError(
            "Nothing is scheduled, so there is nothing to run.",
            hint='Give connectors a schedule ("*/30 * * * *" or every 30 min) and assess one as well.',
        )
    if "backup" in schedules and not resolve(configuration.history, configuration.folder, 0).embedded:
        raise UsageError(
            "backup.schedule copies history on SQLite alone.",
            hint="Leave it out, and back up PostgreSQL by its own means, such as pg_dump.",
        )
    actions: dict[str, Action] = {"assess": _assess, "backup": _backup}
    actions |= {f"sync {name}": partial(_sync, name) for name in configuration.connectors}
    jobs = {name: Job(name, schedule, actions[name]) for name, schedule in schedules.items()}
    if "assess" in jobs:
        jobs["assess"] = replace(jobs["assess"], committed=_assessed)
    return jobs


def attempted(run: Callable[[], Outcome]) -> Outcome:
    """Return how a run ended, with what to do about an error; no error leaves it."""
    try:
        return run()
    except ItsmMaturityError as error:
        after = error.retry_after or 0 if isinstance(error, RetriableError) else 0
        return Outcome(FAILED, " ".join(part for part in (error.message, error.hint) if part), after)
    except Exception as error:
        # Its words may hold a record or a password.
        return Outcome(FAILED, f"Something went wrong inside itsm-maturity ({type(error).__name__}).")


def _sync(connector: str, workspace: Workspace, progress: Progress) -> Outcome:
    report = sync(workspace, [connector], progress=progress)
    (found,) = report.connectors
    message = f"{found.outcome}: {found.message}" if found.message else found.outcome
    return Outcome(FAILED if report.exit_code == 3 else DONE, message)


def _assess(workspace: Workspace, progress: Progress) -> Outcome:
    assessment = assess_now(workspace, progress=progress)
    return Outcome(DONE, f"assessment {assessment.id}")


def _assessed(history: History, since: datetime) -> bool:
    return any(each.taken_at >= since for each in history.assessments(limit=20).items)


def _backup(workspace: Workspace, progress: Progress) -> Outcome:
    configuration = workspace.configuration
    history = resolve(configuration.history, configuration.folder, 0).url.database
    kept = configuration.settings.backup
    folder = configuration.folder / kept.folder
    name = Path(str(history)).stem
    copy = folder / f"{name}-{workspace.now():%Y%m%dT%H%M%SZ}.db"
    progress("copying history", 0, None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy_database(Path(str(history)), copy)
        for old in sorted(folder.glob(f"{name}-*Z.db"))[: -kept.keep]:
            old.unlink()
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise FatalError(
            f"History cannot be copied to {copy}: {reason}.", hint="Free or name a disk."
        ) from None
    return Outcome(DONE, f"copied to {copy}")


def copy_database(source: Path, copy: Path) -> None:
    """Copy a SQLite database while it is used; the copy appears whole or not at all."""
    part = copy.with_suffix(".part")
    reading = sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)
    with closing(reading) as original, closing(sqlite3.connect(part)) as target:
        original.backup(target)
    part.replace(copy)

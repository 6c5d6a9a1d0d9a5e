"""Errors named after what the caller should do.

ItsmMaturityError
├── ConfigurationError   mend the configuration (all problems at once), exit 2
├── UsageError           call again with other arguments, exit 2
├── FatalError           a person must act: credentials, permission, a file that is gone, exit 3
├── RetriableError       the same call may succeed later, exit 3
└── SkippableError       leave out one record and go on
"""

from __future__ import annotations

from dataclasses import dataclass


class ItsmMaturityError(Exception):
    """Root of every error this product raises on purpose.

    `hint` says what to do about it, in one sentence.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a configuration file.

    `where` is `file:line:column`, `path` the dotted path of the setting.
    """

    where: str
    path: str
    message: str

    def __str__(self) -> str:
        """Return the one-line form that editors can jump to."""
        return f"{self.where} {self.path}: {self.message}"


class ConfigurationError(ItsmMaturityError):
    """The configuration is wrong; `problems` holds everything that is, in file order."""

    def __init__(self, problems: list[Problem], *, hint: str = "") -> None:
        super().__init__("\n".join(map(str, problems)), hint=hint)
        self.problems = problems


class UsageError(ItsmMaturityError):
    """The call does not fit; call again with other arguments."""


class FatalError(ItsmMaturityError):
    """Trying again is useless until a person has acted."""


class RetriableError(ItsmMaturityError):
    """The same call may succeed later, after `retry_after` seconds where known."""

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class SkippableError(ItsmMaturityError):
    """One record cannot be read; `position` says which (line 17, row id …)."""

    def __init__(self, message: str, *, position: str) -> None:
        super().__init__(message)
        self.position = position

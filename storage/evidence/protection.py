"""Protects persons and free texts before anything is kept (design decisions 5 and 10)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache


@dataclass(frozen=True)
class ProtectedText:
    """What remains of a free text."""

    length: int
    """Characters without surrounding blanks; 0 for an empty text or a form default."""
    fingerprint: str | None
    """Equal for equal texts (case and blanks aside); None for an empty text."""


@dataclass(frozen=True)
class Protection:
    """Hashes persons and texts with a key; knows which identities are not persons.

    `automation` and `migration` are patterns as in a shell (`svc_*`), compared without case.
    """

    key: bytes
    automation: Sequence[str] = ()
    migration: Sequence[str] = ()

    def person(self, name: str | None) -> str | None:
        """Return a pseudonym such as `person:9f2c…`, prefixed by identity type; None for no name."""
        if name is None or not name.strip():
            return None
        return f"{self._identity_type(name)}:{self._digest(name)}"

    def text(self, words: str | None, *, defaults: Sequence[str] = ()) -> ProtectedText:
        """Return length and fingerprint of a text; one of `defaults` counts as empty."""
        stripped = (words or "").strip()
        if not stripped or stripped in defaults:
            return ProtectedText(0, None)
        return ProtectedText(len(stripped), self._digest(" ".join(stripped.casefold().split())))

    def _identity_type(self, name: str) -> str:
        lowered = name.casefold()
        for kind, patterns in (("automation", self.automation), ("migration", self.migration)):
            if any(fnmatchcase(lowered, pattern.casefold()) for pattern in patterns):
                return kind
        return "person"

    def _digest(self, value: str) -> str:
        return _keyed_digest(self.key, value)


@lru_cache(maxsize=65536)
def _keyed_digest(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:16]


def identity_type(pseudonym: str | None) -> str | None:
    """Return person, automation or migration of a pseudonym made by `Protection.person`."""
    return pseudonym.partition(":")[0] if pseudonym else None

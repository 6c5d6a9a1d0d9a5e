"""What is remembered of a kind between two syncs, as text in history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import orjson


@dataclass(frozen=True)
class Bookmark:
    """A platform's own bookmark derives from it; the bookmark of a window also says what the window is.

    `rules` is a digest of what decides how records look: after a change everything is read again.
    """

    rules: str

    @classmethod
    def parse(cls, text: str | None, rules: str) -> Self:
        """Return a remembered bookmark; a fresh one where there is none or the rules changed."""
        try:
            found = cls(**orjson.loads(text or ""))
        except (orjson.JSONDecodeError, TypeError):
            return cls(rules)
        return found if found.rules == rules else cls(rules)

    def text(self) -> str:
        """Return it as text."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS).decode()

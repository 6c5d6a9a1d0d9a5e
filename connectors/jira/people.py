"""Who is who on a site: one pseudonym per account, which says whether a person or a program acts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from storage.evidence.protection import Protection, identity_type

_PROGRAM = "app"


class People:
    """Accounts that were seen; names and mails are looked at for the identity lists and not kept."""

    def __init__(self, protection: Protection) -> None:
        self._protection = protection
        self._known: dict[str, str] = {}

    def account(self, user: Any) -> str:
        """Return the account of a user as issues show one; nothing for nobody."""
        if not isinstance(user, dict):
            return ""
        account = str(user.get("accountId") or user.get("key") or user.get("name") or "")
        if account and account not in self._known:
            names = [str(user.get(name) or "") for name in ("name", "displayName", "emailAddress")]
            self._note(account, names, program=user.get("accountType") == _PROGRAM)
        return account

    def strangers(self, accounts: Iterable[str]) -> list[str]:
        """Return those of some accounts that nothing is known of."""
        return sorted({one for one in accounts if one} - self._known.keys())

    def named(self, account: Any, display: Any) -> str:
        """Return an account that a history names, with the name that it shows."""
        if not account:
            return ""
        if str(account) not in self._known:
            self._note(str(account), [str(display or "")], program=False)
        return str(account)

    def pseudonym(self, account: str) -> str | None:
        """Return the pseudonym of an account."""
        if account and account not in self._known:
            self._note(account, [], program=False)
        return self._known.get(account)

    def _note(self, account: str, names: list[str], *, program: bool) -> None:
        found = self._protection.person(account)
        if found is None:
            return
        types = [identity_type(self._protection.person(name)) for name in (account, *names) if name.strip()]
        chosen = next((one for one in types if one not in (None, "person")), None)
        chosen = chosen or ("automation" if program else "person")
        self._known[account] = f"{chosen}:{found.partition(':')[2]}"

"""Derived columns: what only history, other records and the policy say, once per evidence version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import pyarrow as pa

from evaluators.derive.incident import derive_incidents
from evaluators.policy import Policy
from storage.evidence.store import EvidenceStore

RULES = "2"
"""Raised whenever a derivation changes, so that stored columns are derived again."""

DERIVATIONS: Mapping[str, Callable[[EvidenceStore, Policy], pa.Table]] = {"incident": derive_incidents}


def derive(store: EvidenceStore, policy: Policy) -> None:
    """Bring the derived columns of every kind up to the store's version and the policy."""
    version = store.version()
    inputs = f"{RULES}/{version.store}/{version.number}/{policy.fingerprint()}"
    fingerprint = hashlib.sha256(inputs.encode()).hexdigest()
    for kind, derivation in DERIVATIONS.items():
        if store.derived_fingerprint(kind) != fingerprint:
            store.store_derived(kind, derivation(store, policy), fingerprint)

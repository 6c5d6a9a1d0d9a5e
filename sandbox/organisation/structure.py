"""Who and what there is: departments, groups, people, callers, services, categories, codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sandbox.organisation.numbers import Floats, stream
from sandbox.organisation.vocabulary import FIRST_NAMES, LAST_NAMES, SERVICES
from storage.errors import UsageError

DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "Service Desk": (
        "First Line",
        "Second Line",
        "Walk-in",
        "Night Shift",
        "Voice",
        "Chat",
        "North",
        "South",
    ),
    "Infrastructure": ("Network", "Servers", "Storage", "Cloud", "DBA", "Backup", "Telephony", "Facilities"),
    "Applications": ("ERP", "CRM", "Payroll", "Web", "Integration", "Reporting", "Mobile", "Legacy"),
    "Workplace": (
        "Clients",
        "Printing",
        "Mail",
        "Collaboration",
        "Devices",
        "Packaging",
        "Kiosks",
        "Licences",
    ),
    "Security": ("Identity", "Perimeter", "Endpoint", "Forensics", "Awareness", "Keys", "Audit", "Privacy"),
}
CATEGORIES = ("Software", "Access", "Hardware", "Network", "Email", "Data")
CATEGORY_WEIGHTS = (0.26, 0.22, 0.18, 0.14, 0.11, 0.09)
CLOSE_CODES = (
    "Configuration corrected",
    "Component replaced",
    "Restarted",
    "Permission granted",
    "Data corrected",
    "Patch installed",
    "Workaround given",
    "User instructed",
    "Capacity added",
    "Vendor fixed",
)
CHANNELS = ("phone", "self-service", "email", "monitoring")
CHANNEL_WEIGHTS = (0.35, 0.28, 0.25, 0.12)
CREATORS = {"self-service": "svc_portal", "email": "svc_mail", "monitoring": "svc_monitor"}
HEALER, CLOSER, MIGRATION = "svc_autoheal", "svc_scheduler", "import.user"

SMALLEST, LARGEST = 5, 40


@dataclass(frozen=True)
class Structure:
    """The organisation's lasting parts; groups stand in order of volume."""

    groups: tuple[str, ...]
    departments: tuple[str, ...]
    """Department of each group."""
    weights: Floats
    """Share of the work of each group (Zipf)."""
    people: tuple[tuple[str, ...], ...]
    """Members of each group, at least four."""
    callers: tuple[str, ...]
    services: tuple[str, ...]


def build_structure(
    seed: int, groups: int, services: int, departments: Sequence[str] = tuple(DEPARTMENTS)
) -> Structure:
    """Build departments, groups, people and services; raises UsageError outside 5-40 groups.

    A department has 8 groups at most.
    """
    most = min(LARGEST, 8 * len(departments))
    if not SMALLEST <= groups <= most:
        raise UsageError(
            f"{groups} groups cannot be made.", hint=f"Ask for {SMALLEST} to {most} assignment groups."
        )
    pairs = [(name, DEPARTMENTS[name][rank]) for rank in range(8) for name in departments][:groups]
    weights = 1.0 / np.arange(1, groups + 1) ** 0.9
    weights = (weights / weights.sum()).astype(np.float64)
    names = _names(seed)
    sizes = [4 + round(8 * float(weight / weights[0])) for weight in weights]
    starts = [sum(sizes[:rank]) for rank in range(groups)]
    return Structure(
        tuple(f"{department} {part}" for department, part in pairs),
        tuple(department for department, _ in pairs),
        weights,
        tuple(tuple(names[start : start + size]) for start, size in zip(starts, sizes, strict=True)),
        tuple(names[sum(sizes) :]),
        tuple(_service(number) for number in range(services)),
    )


def _names(seed: int) -> list[str]:
    every = np.array([f"{first}.{last}" for first in FIRST_NAMES for last in LAST_NAMES], dtype=np.object_)
    return [str(name) for name in stream(seed, "people").permutation(every)]


def _service(number: int) -> str:
    round_, word = divmod(number, len(SERVICES))
    return SERVICES[word] if not round_ else f"{SERVICES[word]} {round_ + 1}"

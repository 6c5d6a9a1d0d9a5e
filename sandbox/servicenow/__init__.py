"""A simulated ServiceNow over real HTTP: everything that makes a reader lose rows, on request."""

from __future__ import annotations

from sandbox.servicenow.access import Access, only, run, scattered, tail
from sandbox.servicenow.fill.folder import tables_from_folder
from sandbox.servicenow.fill.fresh import fresh_instance
from sandbox.servicenow.fill.organisation import tables_of
from sandbox.servicenow.instance import SandboxServiceNow
from sandbox.servicenow.journal import Journal
from sandbox.servicenow.settings import Limits, Settings
from sandbox.servicenow.store import Tables, sys_id
from sandbox.serving.clock import Clock
from sandbox.serving.latency import Latency

__all__ = [
    "Access",
    "Clock",
    "Journal",
    "Latency",
    "Limits",
    "SandboxServiceNow",
    "Settings",
    "Tables",
    "fresh_instance",
    "only",
    "run",
    "scattered",
    "sys_id",
    "tables_from_folder",
    "tables_of",
    "tail",
]

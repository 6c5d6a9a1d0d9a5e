"""Reads ServiceNow: completely, or not silently short."""

from connectors.servicenow.connector import ServiceNowConnector
from connectors.servicenow.settings import ServiceNowSettings

__all__ = ["ServiceNowConnector", "ServiceNowSettings"]

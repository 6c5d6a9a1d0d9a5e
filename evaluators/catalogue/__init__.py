"""The model as data: the shipped catalogue, and a customer's own entries and overrides on top of it."""

from evaluators.catalogue.catalogue import Catalogue, Exclusion, Practice, shipped
from evaluators.catalogue.composition import ComponentView, Composition
from evaluators.catalogue.entry import ATTRIBUTES, Anchors, Indicator, Remediation
from evaluators.catalogue.own import with_own
from evaluators.catalogue.problems import CatalogueError

__all__ = [
    "ATTRIBUTES",
    "Anchors",
    "Catalogue",
    "CatalogueError",
    "ComponentView",
    "Composition",
    "Exclusion",
    "Indicator",
    "Practice",
    "Remediation",
    "shipped",
    "with_own",
]

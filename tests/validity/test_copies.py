"""A copy in a common store is the organisation itself: what is measured of both is equal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evaluators.derive import derive
from tests.validity.acceptance_single import Trial, Workshop, catalogue, smaller
from tests.validity.acceptance_world import Case, examination_of, organisation_of, policy_of
from tests.validity.copies import copies_of
from tests.validity.evidence import evidence_of

CASE = Case(3, 1, 1_000)
PRACTICES = ("incident", "change", "configuration", "knowledge")


def test_every_share_of_a_copy_is_that_of_the_organisation_alone(tmp_path: Path) -> None:
    organisation = smaller(organisation_of(CASE))
    shares = [
        each for each in catalogue().entries if each.measure.family == "share" and each.practice in PRACTICES
    ]
    for name in ("alone", "copied"):
        (tmp_path / name).mkdir()
    with evidence_of(organisation, tmp_path / "alone") as store:
        derive(store, policy_of(organisation))
        examination = replace(examination_of(store, organisation), catalogue=catalogue())
        alone = {each.id: examination.result(each).measurement.value for each in shares}
    with copies_of(organisation, tmp_path / "copied", 2) as copies:
        shop = Workshop(organisation, copies, Trial(CASE))
        shop.derive()
        found = shop.results({each.id: [0, 1] for each in shares})
    for copy in found.values():
        assert {name: each.measurement.value for name, each in copy.items()} == alone
    assert sum(value is not None for value in alone.values()) > 20

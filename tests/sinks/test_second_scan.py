"""A label that waits for the second scan, written back and amended when that scan arrives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hpd_etl.config import Criteria, Site, Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.library import chosen
from hpd_etl.sinks import open_sink
from hpd_etl.timeline import align
from tests.fhir import labelled
from tests.sinks.places import file_place
from tests.spec import notation

STUDY = Study(id="alpha", criteria=Criteria(use=("saada2017", "saada2017_confirmed")))
FIRST = "person | -66 | -10 | 46 | followup\n1 | 50 | 60 | 80 | -365..365"
GROWS = "person | -66 | -10 | 46 | 74 | followup\n1 | 50 | 60 | 80 | 90 | -365..365"
SHRINKS = "person | -66 | -10 | 46 | 74 | followup\n1 | 50 | 60 | 80 | 55 | -365..365"
State = dict[str, tuple[str, str, str]]
"""By definition: verdict, state of confirmation, life cycle."""


def run(site: Site, patients: str) -> None:
    """Records to labels to the sink, as a run does it."""
    definitions = chosen(STUDY)
    timeline = align(notation.records(notation.rows(patients)), STUDY, window_sets(definitions, STUDY))
    with open_sink(site) as sink:
        sink.writeback(label(timeline, definitions, STUDY), timeline, definitions, STUDY, "run", dry_run=False)


@pytest.fixture(params=["duckdb", "sqlite"])
def results(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Site, Callable[[], State]]:
    """A results schema, and what stands in it."""
    place = file_place(request.param, tmp_path / f"results.{request.param}")
    asked = "select definition_id, verdict, confirmation, lifecycle from @hpd_label"
    return place.site(), lambda: {name: tuple(said) for name, *said in place.query(asked)}


@pytest.mark.parametrize(("second", "literal", "confirmed"), [
    (GROWS, ("HPD", "confirmed"), ("HPD", "confirmed")),
    (SHRINKS, ("HPD", "refuted"), ("NOT_HPD", "not_applicable")),
])
def test_the_second_scan_amends_the_labels_in_a_results_schema(results, second, literal, confirmed):
    """The literal verdict stays and its state follows; that of `_confirmed` waits for the scan and follows it."""
    site, found = results
    run(site, FIRST)
    assert found() == {"saada2017": ("HPD", "provisional", "current"),
                       "saada2017_confirmed": ("NOT_EVALUABLE", "not_applicable", "current")}
    run(site, second)
    assert found() == {"saada2017": (*literal, "amended"), "saada2017_confirmed": (*confirmed, "amended")}


def test_the_second_scan_amends_the_labels_on_fhir(tmp_path):
    """As there: the Observation of a label says the new state, and that it was amended."""
    site = labelled.files_site(tmp_path)
    run(site, FIRST)
    assert _said(site) == {"saada2017": ("hpd", "provisional", "final"),
                           "saada2017_confirmed": (None, "not_applicable", "final")}
    run(site, SHRINKS)
    assert _said(site) == {"saada2017": ("hpd", "refuted", "amended"),
                           "saada2017_confirmed": ("not-hpd", "not_applicable", "amended")}


def _said(site: Site) -> dict[str, tuple[str | None, str | None, str]]:
    return {each["method"]["coding"][0]["code"]: (_code(each), _state(each), each["status"])
            for each in labelled.lines(site, "Observation")}


def _code(observation: dict) -> str | None:
    return observation.get("valueCodeableConcept", {"coding": [{"code": None}]})["coding"][0]["code"]


def _state(observation: dict) -> str | None:
    stated = (part for part in observation["component"] if part["code"]["coding"][0]["code"] == "confirmation")
    return next((part["valueCodeableConcept"]["coding"][0]["code"] for part in stated), None)

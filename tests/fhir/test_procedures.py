"""Radiation, surgery, local therapy and examinations that are Procedures."""

import pytest

from hpd_etl.errors import ConfigurationError
from tests.fhir.given import SYSTEMS, administration, concept, patient, procedure, read

LOCAL = SYSTEMS["local"]
MAPPING = {
    "procedures": {f"{LOCAL}|RT": "radiation", f"{LOCAL}|LIV": "surgery:liver", f"{LOCAL}|CT": "scan", "TACE": "local"},
    "organs": {f"{LOCAL}|PULM": "lung"}, "event_statuses": {"Procedure|final": "completed"}}


def done(*procedures):
    """What is read of the procedures of Ann, who was treated."""
    return read(patient(), administration(), *procedures, mapping=MAPPING)


def site(*codes, text=None):
    """A body site."""
    return concept(*codes, text=text)


THERAPIES = (
    (procedure("x0", concept("local RT")), ("radiation", None)),
    (procedure("x1", concept("local RT"), bodySite=[site("sct 10200004 Liver structure")]), ("radiation", "liver")),
    (procedure("x2", concept("local RT"), bodySite=[site("local PULM Lunge")]), ("radiation", "lung")),
    (procedure("x3", concept("local RT"), bodySite=[site(text="Pancreas")]), ("radiation", "pancreas")),
    (procedure("x4", concept("local LIV"), bodySite=[site(text="Pancreas")]), ("surgery", "liver")),
    (procedure("x5", concept(text="TACE ")), ("local", None)),
    (procedure("x6", concept("sct 1 other", "local RT"), status="final"), ("radiation", None)),
    (procedure("x7", concept("local RT"), status="in-progress"), ("radiation", None)),
)


def test_therapies():
    """A mapped procedure is a treatment of the organ that the mapping names, else of its body site; it has no agent."""
    found = done(*(given for given, _ in THERAPIES))
    assert found.rows("therapies", "source_id", "kind", "organ", "agent") \
        == [(f"Procedure:x{place}", *told, None) for place, (_, told) in enumerate(THERAPIES)]


def test_two_body_sites_are_two_rows():
    """Radiation of two organs leaves neither evaluable; one named twice is one."""
    sites = [site(text="Liver"), site(text="Lung"), site("sct 10200004 Liver structure")]
    found = done(procedure(code=concept("local RT"), bodySite=sites))
    assert found.rows("therapies", "organ") == [("liver",), ("lung",)]


@pytest.mark.parametrize(("on", "days"), [
    ("2020-03-05T10:00:00Z", ("2020-03-05", None, "2020-03-05", None)),
    (("2020-03-05", "2020-04"), ("2020-03-05", None, "2020-04-01", "month")),
    ("2020", ("2020-01-01", "year", None, None))])
def test_days(on, days):
    """A procedure lasts from its first to its last day; a partial date is an interval."""
    found = done(procedure(code=concept("local RT"), on=on))
    assert found.rows("therapies", "start_date", "date_precision", "end_date", "end_precision") == [days]


def test_examinations():
    """A procedure that the site maps to an examination is a scan, measured or not."""
    found = done(procedure(code=concept("local CT")))
    assert found.rows("scans", "scan_date", "date_from", "source_id") == [("2020-03-01", "study", "Procedure:x1")]


def test_what_is_not_read():
    """What did not happen, has no day or a status nobody knows is refused; what is not mapped is ignored."""
    found = done(procedure("x1", concept("local RT"), status="not-done"), procedure("x2", concept("local RT"), None),
                 procedure("x3", concept("local RT"), status="odd"), procedure("x4", concept("local RT"), "2020-2-1"),
                 procedure("x5", concept("local RT"), "2031-01-01"), procedure("x6", concept("sct RT")),
                 procedure("x7"))
    assert [(source, reason) for source, _, reason in found.refused] == [
        ("Procedure:x1", "not_realised"), ("Procedure:x2", "no_date"), ("Procedure:x3", "status_unknown"),
        ("Procedure:x4", "date_impossible"), ("Procedure:x5", "not_realised")]
    assert found.used["counts"]["Procedure"] == {"read": 7, "kept": 0, "refused": 5, "ignored": 2}


def test_kinds_are_checked():
    """A procedure can only be mapped to a kind that exists."""
    with pytest.raises(ConfigurationError, match="none of scan, radiation, surgery, local"):
        read(patient(), mapping={"procedures": {"x": "chemo"}})

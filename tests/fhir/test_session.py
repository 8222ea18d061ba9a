"""A session reads a search whole or says that it cannot; what passes by itself is waited for."""

from hpd_etl.fhir_http import connect


def test_basic(fhir_server, stored, quick, wire):
    """A."""
    stored(fhir_server, [{"resourceType": "Patient", "id": f"p{n}"} for n in range(45)])
    with connect(quick(wire.url), []) as session:
        assert len(list(session.pages("Patient", [("_count", "20")]))) == 3
        assert len(list(session.pages("Patient", [("_count", "20")], post=True))) == 3

def test_smart(smart, stored):
    """B."""
    with connect(smart.access(), ["system/Patient.read"]) as session:
        assert len(list(session.pages("Patient", [("_count", "20")]))) == 1
    with connect(smart.access(algorithm="ES384"), ["system/Patient.read"]) as session:
        assert len(list(session.pages("Patient", [("_count", "20")]))) == 1

"""Talking to a FHIR server: one session with its access and its retries, for sources and sinks alike."""

from hpd_etl.fhir_http.answers import GONE, ExpiredPageError, HttpError, LostError, Response
from hpd_etl.fhir_http.retries import PASSING, asked_to_wait
from hpd_etl.fhir_http.session import Session, connect

__all__ = ["GONE", "PASSING", "RELEASES", "ExpiredPageError", "HttpError", "LostError", "Response", "Session",
           "asked_to_wait", "connect"]

RELEASES = ("4.0", "4.3")
"""How the versions of FHIR begin that are read and written: R4 and R4B."""

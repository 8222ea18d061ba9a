"""Talking to a FHIR server: one session with its access and its retries, for sources and sinks alike."""

from hpd_etl.fhir_http.answers import GONE, ExpiredPageError, HttpError, LostError, Response
from hpd_etl.fhir_http.retries import PASSING, asked_to_wait
from hpd_etl.fhir_http.session import Session, connect

__all__ = ["GONE", "PASSING", "ExpiredPageError", "HttpError", "LostError", "Response", "Session", "asked_to_wait",
           "connect"]

"""Talking to a FHIR server: one session with its access and its retries, for sources and sinks alike."""

from hpd_etl.fhir_http.answers import ExpiredPageError, HttpError, LostError, Response
from hpd_etl.fhir_http.retries import PASSING
from hpd_etl.fhir_http.session import Session, connect

__all__ = ["PASSING", "ExpiredPageError", "HttpError", "LostError", "Response", "Session", "connect"]

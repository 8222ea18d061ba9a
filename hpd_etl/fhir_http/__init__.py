"""Talking to a FHIR server: one session with its access and its retries, for sources and sinks alike."""

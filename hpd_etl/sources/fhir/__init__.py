"""FHIR resources as a source: searched, exported or read from files, then understood the same way."""

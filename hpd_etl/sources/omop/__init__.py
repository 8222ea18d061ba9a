"""An OMOP CDM as a source: concept sets first, then each event table once, in columns."""

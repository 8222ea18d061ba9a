"""What the pipeline is held to; the methods are those of limits.py, peers.py, ours.py and their fhir_ twins.

A name followed by `@2` is the method on a warehouse with twice the treated persons.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """`ours` costs at most `target` times `reference`; or at least so many times less; or at most so many MB,
    or so many MB above it.

    A `reported` ratio has no target, nor have MB where it is 0. `seconds` and `page MB` stand for themselves."""

    text: str
    ours: str
    reference: str
    target: float
    kind: str = "at most"


GROUPS: dict[str, tuple[Goal, ...]] = {
    "duckdb": (
        Goal("DuckDB: extract, against a scan of the needed columns",
             "ours_duckdb_extract", "limit_duckdb_scan_wide", 1.5),
        Goal("DuckDB: extract, align, label, against that scan",
             "ours_duckdb_labels", "limit_duckdb_scan_wide", 3),
        Goal("DuckDB: extract, against a scan of person, concept, date, number, unit",
             "ours_duckdb_extract", "limit_duckdb_scan", 0, "reported"),
        Goal("DuckDB: the same, against the notebook",
             "ours_duckdb_labels", "peer_duckdb_apply", 5, "times faster"),
        Goal("DuckDB: peak memory of the process", "ours_duckdb_labels", "", 700, "MB"),
        Goal("twice the treated patients: extract, align, label", "ours_duckdb_labels@2", "ours_duckdb_labels", 2.1),
        Goal("twice the treated patients: align and label alone", "ours_stages@2", "ours_stages", 2.1),
    ),
    "postgresql": (
        Goal("PostgreSQL without indexes: extract, against the full scan",
             "ours_postgres_bare_extract", "limit_postgres_scan_bare", 1.6),
        Goal("PostgreSQL without indexes: extract, align, label",
             "ours_postgres_bare_labels", "limit_postgres_scan_bare", 3),
        Goal("PostgreSQL without indexes: the same, against the notebook",
             "ours_postgres_bare_labels", "peer_postgres_bare_apply", 5, "times faster"),
        Goal("PostgreSQL with indexes: extract, against fetching the rows",
             "ours_postgres_indexed_extract", "limit_postgres_rows_indexed", 2.5),
        Goal("PostgreSQL with indexes: extract, align, label",
             "ours_postgres_indexed_labels", "limit_postgres_rows_indexed", 3),
        Goal("PostgreSQL with indexes: the same, against the notebook",
             "ours_postgres_indexed_labels", "peer_postgres_indexed_apply", 5, "times faster"),
        Goal("PostgreSQL: peak memory of the client", "ours_postgres_indexed_labels", "", 400, "MB"),
    ),
    "sqlite": (
        Goal("SQLite with indexes: extract, against the filter-only scan",
             "ours_sqlite_indexed_extract", "limit_sqlite_filter", 2),
        Goal("SQLite with indexes: extract, align, label",
             "ours_sqlite_indexed_labels", "limit_sqlite_filter", 3),
        Goal("SQLite with indexes: the same, against the notebook",
             "ours_sqlite_indexed_labels", "peer_sqlite_indexed_apply", 5, "times faster"),
        Goal("SQLite: peak memory of the client", "ours_sqlite_indexed_labels", "", 400, "MB"),
    ),
    "fhir": (
        Goal("FHIR files: to Records, against a two-stage typed decode",
             "ours_fhir_records", "limit_fhir_two_stages", 1.5),
        Goal("FHIR files: to labels, against the same", "ours_fhir_labels", "limit_fhir_two_stages", 2),
        Goal("FHIR files: to Records, against json.loads", "ours_fhir_records", "peer_fhir_json", 5, "times faster"),
        Goal("FHIR files: to Records, against validating every resource with fhir.resources (a sample, scaled)",
             "ours_fhir_records", "peer_fhir_validated", 50, "times faster"),
        Goal("FHIR files, two workers: to Records, against DuckDB read_json with explicit columns, two threads",
             "ours_fhir_records_two", "limit_fhir_duckdb", 1.3),
        Goal("FHIR files, two workers: to labels, against the same", "ours_fhir_labels_two", "limit_fhir_duckdb", 2),
        Goal("FHIR files: two workers, against one", "ours_fhir_records", "ours_fhir_records_two", 0, "reported"),
        Goal("FHIR files: gzip, against plain", "ours_fhir_records_gzip", "ours_fhir_records", 1.4),
        Goal("FHIR files: memory above the imports and the kept rows",
             "ours_fhir_records", "limit_fhir_kept", 64, "MB above"),
        Goal("FHIR files: memory above the imports, kept rows included",
             "ours_fhir_records", "limit_fhir_imports", 0, "MB above"),
        Goal("FHIR files: memory when the files double, but for what is kept",
             "ours_fhir_records_doubled", "ours_fhir_records", 8, "MB above"),
    ),
    "fhir_writeback": (
        Goal("FHIR write-back: frames of 100 000 labels to the bytes of bundles, against orjson on ready dicts",
             "ours_fhir_bundles", "limit_fhir_orjson", 1.5),
        Goal("FHIR write-back: comparing with a store that holds them all, read and ready, against the same",
             "ours_fhir_unchanged", "limit_fhir_orjson", 0, "reported"),
        Goal("FHIR write-back: with every shape and one in a hundred validated, against without",
             "ours_fhir_bundles_validated", "ours_fhir_bundles", 0, "reported"),
    ),
    "criteria": (
        Goal("metrics to verdicts and reasons, five definitions", "ours_verdicts", "", 0.2, "s per million"),
        Goal("lesions to labels and reasons, every definition, against summing the diameters in DuckDB; CPU, one core",
             "ours_lesions_to_labels_one", "limit_lesion_sums_one", 15, "CPU"),
        Goal("the same by the clock, on all cores each",
             "ours_lesions_to_labels", "limit_lesion_sums", 0, "reported"),
        Goal("the same on one core, against a loop over patients and dictionaries (a sample, scaled)",
             "ours_lesions_to_labels_one", "peer_criteria_loop", 2, "times faster"),
        Goal("the same on one core, against groupby.apply (a sample, scaled)",
             "ours_lesions_to_labels_one", "peer_criteria_apply", 100, "times faster"),
        Goal("the same: peak memory of all its processes", "ours_lesions_to_labels", "", 6000, "MB"),
        Goal("perturbation, 1,000 draws of one patient in a hundred, against labelling all of them, on one core each",
             "ours_perturbation", "ours_lesions_to_labels_one", 10),
        Goal("any number of patients in buckets of 20 000, labels left as files: peak memory",
             "ours_in_buckets", "", 600, "MB"),
    ),
    "expectations": (
        Goal("suites over 100 000 lesion rows, against Great Expectations on frames that are ready",
             "ours_suites_100k", "limit_suites_100k", 0, "reported"),
        Goal("the same, against Great Expectations on the Timeline's frames as they are",
             "ours_suites_100k", "peer_suites_100k", 1.3),
        Goal("suites over 5 M lesion rows, against Great Expectations on frames that are ready",
             "ours_suites_5m", "limit_suites_5m", 0, "reported"),
        Goal("the same, against Great Expectations on the Timeline's frames as they are",
             "ours_suites_5m", "peer_suites_5m", 1.3),
        Goal("its import, paid once where the gate looks, against the suites over 100 000 rows",
             "limit_import", "ours_suites_100k", 0, "reported"),
    ),
    "writeback": (
        Goal("write-back of 100 000 labels, against COPY of the rows they become",
             "ours_writeback_first", "limit_copy", 0, "reported"),
        Goal("the same again, nothing changed, against staging and comparing them",
             "ours_writeback_again", "limit_stage_unchanged", 0, "reported"),
    ),
    "report": (
        Goal("report of 10,000 patients, all definitions, page and files", "ours_report", "", 20, "seconds"),
        Goal("the same: peak memory of all its processes", "ours_report", "", 1000, "MB"),
        Goal("the same: its page", "ours_report", "", 5, "page MB"),
        Goal("the same: until the page can be used in Chromium", "ours_report_opened", "", 2, "seconds"),
        Goal("report of 100,000 patients", "ours_report_100k", "", 0, "seconds"),
        Goal("the same: its page", "ours_report_100k", "", 5, "page MB"),
        Goal("the same: until the page can be used in Chromium", "ours_report_opened_100k", "", 2, "seconds"),
    ),
}  # fmt: skip

ALSO: dict[str, tuple[str, ...]] = {
    "duckdb": ("limit_duckdb_filter", "peer_duckdb_vectorised"),
    "postgresql": (
        "limit_postgres_scan_bare_wide", "limit_postgres_filter_bare", "limit_postgres_server_indexed",
        "peer_postgres_indexed_vectorised",
    ),
    "sqlite": ("limit_sqlite_rows_indexed", "peer_sqlite_indexed_vectorised"),
    "criteria": ("ours_metrics_and_verdicts", "ours_records_to_labels"),
}
"""Measured beside the goals, for the reader."""

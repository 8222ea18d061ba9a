"""The criteria without a database: metrics to verdicts, and lesions to labels, against DuckDB's grouping sum."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.methods import Counts, Place, Timed, method
from benchmarks.ours import labelled, study_and_definitions

if TYPE_CHECKING:
    from hpd_etl.config import Study
    from hpd_etl.criteria import Definition
    from hpd_etl.criteria.metrics import Measured, Observed
    from hpd_etl.schema import Records

BUCKET = 20_000
"""Patients labelled at a time where memory must stay flat."""


@method
def ours_verdicts(place: Place) -> Timed:
    """From metrics to verdicts and reason codes, under the five definitions."""
    from hpd_etl.criteria.metrics import measure

    study, definitions = study_and_definitions()
    measured = measure(_observed(place.patients), {}, study, study.criteria.month_days)
    return lambda: _decided(measured, study, definitions)


@method
def ours_metrics_and_verdicts(place: Place) -> Timed:
    """The same, the metrics from three sums and two intervals included."""
    from hpd_etl.criteria.metrics import measure

    study, definitions = study_and_definitions()
    seen = _observed(place.patients)
    return lambda: _decided(measure(seen, {}, study, study.criteria.month_days), study, definitions)


def _decided(measured: Measured, study: Study, definitions: list[Definition]) -> Counts:
    import numpy as np

    from hpd_etl.criteria.verdicts import decide

    patients = len(measured.response)
    nothing = np.zeros(patients, dtype=np.int64)
    unmet = dict.fromkeys(("index", "baseline", "first_evaluation", "pre_baseline"), nothing)
    verdicts = [decide(definition, measured, unmet, study) for definition in definitions]
    return {"persons": patients, "hpd": sum(int((each.verdict == 0).sum()) for each in verdicts)}


def _observed(patients: int) -> Observed:
    """Random sums at three scans, one in twenty without a pre-baseline sum."""
    import numpy as np

    from hpd_etl.criteria.known import Known
    from hpd_etl.criteria.observed import AtScans, Observed
    from hpd_etl.criteria.reasons import BIT
    from hpd_etl.schema import Reason

    draw = np.random.default_rng(3)
    s0 = draw.integers(20, 150, patients).astype(np.float64)
    s_pre = np.where(draw.random(patients) < 0.05, np.nan, np.round(s0 * draw.uniform(0.6, 1.05, patients)))
    nothing, nobody = np.zeros(patients, dtype=np.int64), np.zeros(patients, dtype=np.bool_)
    absent = np.where(np.isnan(s_pre), BIT[Reason.NO_PREBASELINE_SCAN], 0)
    burdens = AtScans(s_pre, s0, np.round(s0 * draw.uniform(0.7, 2.0, patients)), absent, nothing, nothing)
    days = draw.uniform(30, 400, patients)
    dt_pre, dt_post = (draw.integers(30, 90, patients).astype(np.float64) for _ in range(2))
    counts = {name: Known.exactly(np.zeros(patients), nothing) for name in ("new_lesions", "new_organs")}
    response = draw.integers(0, 4, patients)
    return Observed({"sld": burdens}, dt_pre, dt_post, response, nothing, (days, days), counts, nobody)


def everything() -> tuple[Study, list[Definition]]:
    """The same under every published definition."""
    return study_and_definitions("published")


@method
def ours_lesions_to_labels(place: Place) -> Timed:
    """Labels of every definition with reasons, metrics and evidence, from six scans of four lesions a patient."""
    from benchmarks.workers import labelled_side_by_side

    return lambda: labelled_side_by_side(place.patients, os.cpu_count() or 1)


@method
def ours_lesions_to_labels_one(place: Place) -> Timed:
    """The same in one process."""
    from benchmarks.workers import labelled_side_by_side

    return lambda: labelled_side_by_side(place.patients, 1)


@method
def ours_records_to_labels(place: Place) -> Timed:
    """The same, aligning included, in one process."""
    from benchmarks.patients import records

    study, definitions = everything()

    def run() -> Counts:
        counts: Counts = {"persons": place.patients, "labels": 0, "evidence": 0, "seconds": 0.0}
        for first in range(0, place.patients, BUCKET):
            given = records(min(BUCKET, place.patients - first), first)
            started = time.perf_counter()
            labels = labelled(given, study, definitions)
            counts["seconds"] += time.perf_counter() - started
            counts["labels"] += len(labels.labels)
            counts["evidence"] += len(labels.evidence)
        return counts

    return run


@method
def ours_perturbation(place: Place) -> Timed:
    """How often verdicts stand: of a million patients 1,000 draws of 10,000, and in proportion of fewer."""
    from benchmarks.patients import records
    from hpd_etl.criteria import label, window_sets
    from hpd_etl.robustness import perturb
    from hpd_etl.timeline import align

    study, definitions = everything()
    asked = study.sensitivity.model_copy(update={"draws": max(place.patients // 1000, 1)})
    study = study.model_copy(update={"sensitivity": asked})
    timeline = align(records(max(place.patients // 100, 1)), study, window_sets(definitions, study))
    labels = label(timeline, definitions, study)

    def run() -> Counts:
        found = perturb(timeline, labels, definitions, study)
        return {"persons": len(timeline.index), "draws": asked.draws, "fragile": int(found["fragile"].sum())}

    return run


@method
def ours_in_buckets(place: Place) -> Timed:
    """All patients, a bucket of them at a time (the law of person partition), each bucket left as Parquet."""
    from benchmarks.patients import records

    study, definitions = study_and_definitions()

    def run() -> Counts:
        counts: Counts = {"persons": place.patients, "labels": 0, "seconds": 0.0}
        for first in range(0, place.patients, BUCKET):
            given = records(min(BUCKET, place.patients - first), first)
            started = time.perf_counter()
            counts["labels"] += _left_as_files(given, study, definitions)
            counts["seconds"] += time.perf_counter() - started
        return counts

    return run


def _left_as_files(given: Records, study: Study, definitions: list[Definition]) -> int:
    """How many labels the patients get; the files are removed again."""
    from hpd_etl import artefacts

    labels = labelled(given, study, definitions)
    with tempfile.TemporaryDirectory() as folder:
        artefacts.write(labels, Path(folder) / "bucket")
    return len(labels.labels)


@method
def limit_lesion_sums(place: Place) -> Timed:
    """DuckDB sums the diameters of the same lesions per person and scan, from a table of its own, with all cores."""
    return _lesion_sums(place, os.cpu_count() or 1)


@method
def limit_lesion_sums_one(place: Place) -> Timed:
    """The same with one thread."""
    return _lesion_sums(place, 1)


def _lesion_sums(place: Place, threads: int) -> Timed:
    import duckdb

    from benchmarks.patients import lesion_sizes

    connection = duckdb.connect()
    lesion_sizes(connection, place.patients)
    connection.execute(f"set threads = {threads}")

    def run() -> Counts:
        started, worked = time.perf_counter(), time.process_time()
        sums = connection.sql("select person_id, scan_date, sum(diameter_mm) as sld_mm from sizes group by all")
        rows = sums.to_arrow_table().num_rows
        seconds, cpu = time.perf_counter() - started, time.process_time() - worked
        return {"persons": place.patients, "scans": rows, "seconds": seconds, "cpu": cpu}

    return run

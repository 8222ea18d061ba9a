"""The verb `responses`: recorded beside derived ones, counted."""

from __future__ import annotations

import re

import pandas as pd

from hpd_etl import artefacts
from hpd_etl.artefacts import LABELS
from hpd_etl.responses import discrepancies
from hpd_etl.schema import ASSESSMENTS, Labels


def test_it_counts_and_names_nobody(hpd_etl, place):
    """Who ran it sees the best responses by each of the study's criteria and where each visit stands; no patient."""
    assert hpd_etl("run", "--dry-run", *place.options).code == 0
    labels = artefacts.read(Labels, place.run / LABELS)
    done = hpd_etl("responses", *place.options)
    assert done.code == 0, done.err
    assert "Best overall response" in done.out
    assert "iRECIST" in done.out
    assert "assessments.csv" in done.out
    assert not any(person in done.out + done.err for person in labels.labels["person_id"].unique())
    assert set(labels.best_response["person_id"]) == set(labels.labels["person_id"])
    cohorts = labels.labels.drop_duplicates("person_id")["cohort"].value_counts()
    assert len(cohorts) == 2
    for cohort, persons in cohorts.items():
        [table] = re.findall(rf"Best overall response: {cohort} *\n.*\n((?:RECIST|iRECIST).*\n)+", done.out)
        assert sum(map(int, re.findall(r" (\d+)", table))) == persons
    assert len(pd.read_csv(place.run / LABELS / "assessments.csv")) == len(labels.assessments) > 0


def test_what_is_recorded_is_counted_beside_what_is_derived():
    """Each pair once; visits without a recorded response are none of it."""
    answers = [("PD", "PD"), ("PD", "SD"), ("PD", "SD"), (None, "SD"), ("SD", "NE")]
    visits = ASSESSMENTS.frame(pd.DataFrame([
        {"person_id": "a", "framework": "RECIST1.1", "recorded": recorded, "derived": derived}
        for recorded, derived in answers]))
    found = discrepancies(visits).to_dict("records")
    assert [(row["recorded"], row["derived"], row["n"]) for row in found] == [
        ("PD", "PD", 1), ("PD", "SD", 2), ("SD", "NE", 1)]

"""The verbs that look at labels from afar: what they leave, what they print, and that they change no label."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from hpd_etl import artefacts
from hpd_etl.artefacts import AGREEMENT, GROWTH, LABELS
from hpd_etl.schema import Agreement, Growth, Labels
from tests.cli.conftest import settled


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, cdm):
    """A place where everything ran once."""
    place = settled(tmp_path_factory.mktemp("compared") / "place", cdm)
    subprocess.run([sys.executable, "-m", "hpd_etl.cli", "run", "--dry-run", *place.options], check=True,
                   capture_output=True)
    return place


@pytest.mark.parametrize(("verb", "artefact", "kind", "told"), [
    ("agreement", AGREEMENT, Agreement, "Cohen's kappa"), ("growth", GROWTH, Growth, "Experimental"),
])
def test_a_verb_leaves_tables_and_csv_and_no_patient_on_the_screen(hpd_etl, labelled, verb, artefact, kind, told):
    """Its tables stand in the run folder as Parquet and CSV; what it prints names nobody; the labels are as before."""
    before = artefacts.read(Labels, labelled.run / LABELS).labels
    done = hpd_etl(verb, *labelled.options)
    assert done.code == 0, done.err
    assert told in done.out
    assert "chemotherapy" in done.out
    assert not any(person in done.out + done.err for person in before["person_id"].unique())
    for table, frame in artefacts.read(kind, labelled.run / artefact):
        assert len(frame)
        assert len(pd.read_csv(labelled.run / artefact / f"{table.name}.csv")) == len(frame)
    pd.testing.assert_frame_equal(artefacts.read(Labels, labelled.run / LABELS).labels, before)


def test_new_labels_take_away_what_was_found_out_about_the_old(hpd_etl, labelled):
    """What rests on labels goes when they are made again; a verb of a later stage says which one is missing."""
    assert hpd_etl("agreement", *labelled.options).code == 0
    assert hpd_etl("label", *labelled.options).code == 0
    assert not (labelled.run / AGREEMENT).exists()


@pytest.mark.parametrize("verb", ["agreement", "growth"])
def test_without_labels_the_verb_says_what_to_run(hpd_etl, place, verb):
    """A run that was only extracted has nothing to compare: exit 2, and the stage to run."""
    assert hpd_etl("extract", *place.options).code == 0
    done = hpd_etl(verb, *place.options)
    assert done.code == 2
    assert "hpd-etl label" in done.err or "hpd-etl align" in done.err

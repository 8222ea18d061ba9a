"""The verb `sensitivity`: what it leaves, what it shows, and that nothing of it outlives the labels."""

from __future__ import annotations

import pandas as pd
import pytest

from hpd_etl import artefacts, pipeline
from hpd_etl.artefacts import LABELS, SENSITIVITY
from hpd_etl.config import read_site, read_study
from hpd_etl.demo import hospital
from hpd_etl.schema import Labels, Sensitivity
from tests.cli.conftest import SHIFT

ASKED = "\n[sensitivity]\ndraws = 3\nmonth_days = [28]\nttf_gap_days = [60]\n"


@pytest.fixture
def ran(hpd_etl, place):
    """A place where everything ran, and what `sensitivity` said of it."""
    place.add("study.toml", ASKED)
    pipeline.run(read_study(place.folder / "study.toml"), read_site(place.folder / "site.toml"))
    said = hpd_etl("sensitivity", *place.options)
    assert said.code == 0, said.err
    return place, said


def test_everybody_is_in_the_artefact_and_nobody_on_the_screen(hpd_etl, ran):
    """Each label has a row of `perturbation`, as CSV too; what is printed holds counts and no identifier."""
    place, said = ran
    labels = artefacts.read(Labels, place.run / LABELS).labels
    found = artefacts.read(Sensitivity, place.run / SENSITIVITY)
    key = ["person_id", "definition_id", "verdict"]
    assert found.perturbation[key].astype(str).equals(labels[key].astype(str))
    assert found.perturbation["draws"].eq(3).all()
    assert (place.run / SENSITIVITY / "README.txt").exists()
    for name in ("flips", "flipped", "perturbation"):
        assert len(pd.read_csv(place.run / SENSITIVITY / f"{name}.csv")) == len(getattr(found, name))
    assert str(SHIFT)[:6] not in said.out + said.err
    assert "strictness" in said.out
    assert "fragile" in said.out


def test_explain_shows_how_surely_the_label_stands(hpd_etl, ran):
    """Two lesions that double stay HPD, whoever reads them; before `sensitivity` nothing is said about it."""
    place, _ = ran
    truth = hospital.truth(480).labels
    person = str(int(truth[truth["kind"] == "treated_on"]["person_id"].iloc[0]) + SHIFT)
    told = hpd_etl("explain", person, *place.options, "--definition", "saada2017").out
    assert "sizes read again, 3 times" in told
    assert "fragile" in told
    artefacts.discard(place.run, SENSITIVITY)
    assert "fragile" not in hpd_etl("explain", person, *place.options, "--definition", "saada2017").out


def test_new_labels_take_it_away(hpd_etl, ran):
    """What was found out about older labels does not stand beside new ones."""
    place, _ = ran
    assert (place.run / SENSITIVITY).is_dir()
    assert hpd_etl("label", *place.options).code == 0
    assert not (place.run / SENSITIVITY).exists()


def test_without_labels_it_says_what_to_do(hpd_etl, place):
    """Sensitivity of labels that are not there is a matter of configuration, and names the verb that makes them."""
    assert hpd_etl("extract", *place.options).code == 0
    said = hpd_etl("sensitivity", *place.options)
    assert said.code == 2
    assert "hpd-etl label" in said.err

"""The demonstration proves itself, twice."""

from __future__ import annotations

import io

import duckdb
import pytest
from rich.console import Console

from hpd_etl.demo import hospital
from hpd_etl.demo.kinds import PLANTED
from hpd_etl.demo.show import OMOP, compare, demonstrate
from hpd_etl.progress import silent


@pytest.mark.parametrize("source", ["omop", "fhir"])
def test_the_demonstration_agrees_with_the_truth_twice(hpd_etl, tmp_path, source):
    """It ends with 0, shows both denominators and its files; the second time the write-back changes nothing."""
    asked = ("demo", "--folder", tmp_path / "demo", "--persons", 480, "--source", source)
    first = hpd_etl(*asked)
    assert first.code == 0, first.err
    for told in ("of the evaluable", "of the treated", "are as the hospital was built", "labels.csv"):
        assert told in first.out
    again = hpd_etl(*asked)
    assert again.code == 0
    assert "writeback: 0 rows changed" in again.err


def test_a_hospital_too_small_is_refused(hpd_etl, tmp_path):
    """A hospital that cannot show every kind of patient is a wrong command line; the help says how many it takes."""
    done = hpd_etl("demo", "--folder", tmp_path / "demo", "--persons", hospital.FEWEST - 1)
    assert (done.code, f"equal to {hospital.FEWEST}" in done.err) == (2, True)
    assert f"fewer than {hospital.FEWEST} would not show" in " ".join(hpd_etl("demo", "--help").out.split())
    assert not (tmp_path / "demo").exists()


def test_a_difference_is_told(tmp_path):
    """Where labels are not what is true, the demonstration counts them and names kind, definition and truth."""
    demonstrate(tmp_path, 480, silent)
    with duckdb.connect(str(tmp_path / "hospital.duckdb")) as database:
        database.execute("delete from drug_exposure where person_id = (select min(person_id) from image_occurrence)")
    outcome = compare(tmp_path, hospital.truth(480), OMOP, silent)
    assert outcome.differences == len(PLANTED)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(outcome.report)
    assert "are none" in console.export_text()

"""Which sums the growth models look at, from records to the table."""

from __future__ import annotations

import io
from math import log

import pandas as pd
import pytest
from rich.console import Console

from hpd_etl import criteria, library
from hpd_etl.config import Study
from hpd_etl.errors import ConfigurationError
from hpd_etl.growth_models import model_growth, report
from hpd_etl.schema import Growth
from hpd_etl.timeline import align
from tests.spec import notation

STUDY = Study.model_validate({"id": "growth", "criteria": {"use": ["saada2017"], "month_days": 28},
                              "comparators": [{"cohort": "chemotherapy", "agents": {"docetaxel": {}}}]})
WARD = """
    person   | doses     | -63 | -7  | 49 | 105 | 161 | 217 | therapies                | read
    doubling | 0         | 10  | 20  | 40 | 80  | 160 | 320 |                          |
    two      | 0         | 30  | 36  | 48 |     |     |     |                          |
    switched | 0         | 30  | 36  | 40 | 44  | 20  | 10  | systemic docetaxel 120   |
    went_on  | 0         | 30  | 36  | 40 | 44  | 20  | 10  | systemic docetaxel -100, systemic docetaxel 120 |
    unseen   | 0         | 30  | 36  | NE | 44  | 48  | 52  |                          |
    no_base  | 0         | 30  |     | 40 | 44  | 48  | 52  |                          |
    blind    | 0         | 30  | NE, lung 20  | 40, lung 22 | 44, lung 24  | 48, lung 26  | 52, lung 28  |  |
    half     | 0         | 30  | 36  | 40 | 44  | 48  | 52  |                          | part
    control  | 0 docetaxel | 30 | 36 | 18 | 9   | 4.5 | 2.25 |                        |
"""


def grown(table: str, study: Study = STUDY) -> Growth:
    """The growth of the persons of this table."""
    definitions = library.chosen(study)
    timeline = align(notation.records(notation.rows(table)), study, criteria.window_sets(definitions, study))
    return model_growth(timeline, criteria.label(timeline, definitions, study), study)


@pytest.fixture(scope="module")
def ward() -> pd.DataFrame:
    """The growth of the ward, a person a line."""
    return grown(WARD).growth.set_index("person_id")


def test_everybody_treated_has_a_row(ward):
    """Nobody is left out of the table, whatever could be estimated."""
    assert sorted(ward.index) == sorted(line["person"] for line in notation.rows(WARD))
    assert ward["cohort"].value_counts().to_dict() == {"checkpoint_inhibitor": 8, "chemotherapy": 1}


def test_the_baseline_scan_stands_on_both_sides(ward):
    """Two scans up to baseline and five from it on: 10 mm in 2 months of 28 days before, and pure growth after."""
    one = ward.loc["doubling"]
    assert (one["n_before"], one["days_before"], one["n_after"], one["days_after"]) == (2, 56, 5, 224)
    assert one["slope_before"] == pytest.approx(5)
    assert (one["model"], one["g"]) == ("gx", pytest.approx(log(2) / 56, rel=1e-6))


def test_two_intervals_are_the_kinetics_of_the_papers(ward):
    """30, 36, 48: 3 then 6 mm/month, without intervals and without a model."""
    one = ward.loc["two"]
    assert (one["slope_before"], one["slope_after"]) == pytest.approx((3, 6))
    assert "model=fewer_than_two_scans_after_baseline" in one["missing"].split(";")
    assert pd.isna(one[["slope_after_low", "slope_after_high", "model", "g", "d", "phi"]]).all()


def test_scans_after_another_therapy_tell_nothing_of_this_one(ward):
    """Docetaxel from day 120 hides the two scans after it, unless it was given before treatment too."""
    assert (ward.loc["switched", "n_after"], ward.loc["switched", "n_left_out"]) == (3, 2)
    assert (ward.loc["went_on", "n_after"], ward.loc["went_on", "n_left_out"]) == (5, 0)


def test_a_scan_with_an_unknown_target_is_left_out(ward):
    """A target that was not assessed at a scan leaves that scan out, and no sum is made of the rest."""
    assert ward.loc["unseen", "n_after"] == 4
    assert ward.loc["unseen", "model"] == "gx"


@pytest.mark.parametrize(("person", "reason"), [
    ("no_base", "no_baseline_scan"), ("blind", "lesion_set_mismatch"), ("half", "extraction_incomplete"),
])
def test_without_a_beginning_nothing_is_estimated(ward, person, reason):
    """No baseline scan, an unknown sum at it, or a person of whom not everything was read: a reason and no number."""
    one = ward.loc[person]
    assert {f"{name}={reason}" for name in ("slope_before", "slope_after", "model")} <= set(one["missing"].split(";"))
    assert pd.isna(one[["slope_before", "theil_sen_after", "model", "g", "aic"]]).all()


def test_an_unknown_day_is_no_growth():
    """A scan known only to its month leaves no day to divide by."""
    one = grown("person | -63 | -7 | 49 | 2020-04 | 161\nvague | 30 | 36 | 40 | 44 | 48").growth.iloc[0]
    assert "model=imprecise_date" in one["missing"].split(";")
    assert pd.isna(one["slope_after"])


def test_a_comparator_is_modelled_too(ward):
    """Under docetaxel the sum halves every 56 days: d = ln 2 / 56."""
    one = ward.loc["control"]
    assert (one["model"], one["d"]) == ("dx", pytest.approx(log(2) / 56, rel=1e-6))


def test_every_missing_number_has_a_reason(ward):
    """Where a slope, a model or a parameter of it is <NA>, `missing` says why; where it is not, it says nothing."""
    for _, one in ward.iterrows():
        said = {text.partition("=")[0] for text in (one["missing"] or "").split(";")}
        for name in ("slope_before", "slope_after", "theil_sen_before", "theil_sen_after", "model"):
            assert pd.isna(one[name]) == (name in said)
        if not pd.isna(one["model"]):
            assert {name for name in ("g", "d", "phi", "nadir_day") if pd.isna(one[name])} <= said


def test_a_person_alone_has_the_growth_they_have_among_others(ward):
    """The growth of a person depends on that person's records alone."""
    head, *lines = WARD.strip().splitlines()
    alone = pd.concat([grown(f"{head}\n{line}").growth for line in lines]).set_index("person_id")
    pd.testing.assert_frame_equal(alone.sort_index(), ward.sort_index(), check_index_type=False)


def test_without_the_windows_of_the_study_there_are_no_sums():
    """Where every definition has windows of its own, the verb says what to add."""
    own = STUDY.model_copy(update={"criteria": STUDY.criteria.model_copy(update={"use": ("matos2020",)})})
    with pytest.raises(ConfigurationError, match="windows of the study"):
        grown("person | -63 | -7 | 49\none | 30 | 36 | 48", own)


def test_what_is_shown_holds_no_person_and_no_median_of_a_few():
    """The report counts, and gives no number that one of fewer than five persons has."""
    console = Console(width=140, file=io.StringIO(), record=True)
    found = grown(WARD)
    console.print(report.shown(found))
    told = console.export_text()
    assert "Experimental" in told
    assert not any(person in told for person in ("doubling", "switched", "went_on"))
    [line] = [line for line in told.splitlines() if line.startswith("d, per 100 days")]
    assert line.split()[-4:] == ["0", "-", "1", "-"]

"""Partial dates between the stages of a run: kept beside the timeline, told by `explain`, counted once."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from hpd_etl import artefacts, explain, explanation, quality
from hpd_etl.artefacts import RECORDS, TIMELINE
from hpd_etl.config import Gate, Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.library import chosen
from hpd_etl.schema import Timeline
from hpd_etl.timeline import align
from tests.spec import notation

STUDY = Study(id="partial", gate=Gate(expectations=False))
DEFINITIONS = chosen(STUDY)
GIVEN = notation.records(notation.rows("""
    person | -66 | -10 | 46 | 2020-02 | death   | read
    known  | 50  | 60  | 80 |         |         |
    month  | 50  | 60  |    | 80      | 2021-?? |
    part   | 50  | 60  | 80 |         |         | part
"""))


@pytest.fixture
def run(tmp_path):
    """The folder of a run with records and timeline."""
    artefacts.write(GIVEN, tmp_path / RECORDS)
    artefacts.write(align(GIVEN, STUDY, window_sets(DEFINITIONS, STUDY)), tmp_path / TIMELINE)
    return tmp_path


def test_courses_come_back_as_they_were_written(run):
    """The labels of a stored timeline are those of the timeline that was stored."""
    stored = artefacts.read_timeline(run / TIMELINE)
    direct = align(GIVEN, STUDY, window_sets(DEFINITIONS, STUDY))
    assert len(stored.courses.index) == len(direct.courses.index) > 1
    for (table, kept), (_, made) in zip(label(stored, DEFINITIONS, STUDY), label(direct, DEFINITIONS, STUDY),
                                        strict=True):
        pd.testing.assert_frame_equal(kept, made, obj=table.name, check_dtype=False, check_categorical=False)


def test_everybody_is_counted_once(run):
    """Neither the report nor the funnel knows of courses; both say why nothing can be said."""
    timeline = artefacts.read_timeline(run / TIMELINE)
    report = quality.validate(timeline, DEFINITIONS, STUDY)
    assert report.persons == {"checkpoint_inhibitor": 3}
    assert report.rows["lesions"] == 9
    funnel = quality.funnel(label(timeline, DEFINITIONS, STUDY)).query("definition_id == 'saada2017' and left > 0")
    assert dict(zip(funnel["reason"], funnel["left"], strict=True)) == {"extraction_incomplete": 1, "imprecise_date": 1}


def test_explain_names_the_dates_and_their_days(run):
    """29 days of February, 365 of a year; and how many combinations that makes where death only has to come after."""
    told = _told(run, "month")
    assert sorted(line.split()[-1] for line in told.splitlines() if "(" in line) == ["29", "365"]
    assert "29 combinations" in told
    assert _told(run, "known") == ""


def _told(run, person: str) -> str:
    console = Console(width=160, record=True, file=StringIO())
    for part in explain.blocks(explanation.partial_days(run, artefacts.read(Timeline, run / TIMELINE, person))):
        console.print(part)
    return console.export_text()

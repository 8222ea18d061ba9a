"""Five real trials without a scan before baseline: few rules can judge, and each person is told why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hpd_etl import artefacts, library, pipeline, quality
from hpd_etl.config import Access, Gate, Site, Study
from hpd_etl.database import connect
from hpd_etl.schema import Labels
from hpd_etl.sources import open_source
from tests.real import laleh

if TYPE_CHECKING:
    from pathlib import Path

TREATED, WITH_BASELINE, WITH_FIRST_EVALUATION, WITH_EARLIER_SCAN = 1472, 1457, 1454, 0
UNREAD = 2


@pytest.fixture(scope="module")
def cdm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trials as a DuckDB file."""
    path = tmp_path_factory.mktemp("laleh") / "cdm.duckdb"
    laleh.load(Access(url=f"duckdb:///{path}"))
    return path


def test_hand_count() -> None:
    """1,472 treated; 15 without a scan in the six weeks before, 3 without a readable one in the 120 days after."""
    assert laleh.funnel() == laleh.Funnel(TREATED, WITH_BASELINE, WITH_FIRST_EVALUATION, WITH_EARLIER_SCAN, UNREAD)


def test_identifiers_survive(cdm: Path) -> None:
    """Signed 64-bit identifiers that recur across studies stay apart, though floats would merge nine of them."""
    persons = {reading.person for reading in laleh.readings()}
    with connect(Access(url=f"duckdb:///{cdm}"), {"cdm": None}, read_only=True) as database:
        held = database.fetch("select person_id from @cdm.person").column("person_id").to_pylist()
    assert set(held) == persons
    assert len(held) == TREATED
    assert len({float(person) for person in persons}) == TREATED - 9


def test_every_row_arrives(cdm: Path) -> None:
    """Zeros, texts, empty sizes, duplicates and the row without a day are all in `measurement`."""
    with connect(Access(url=f"duckdb:///{cdm}"), {"cdm": None}, read_only=True) as database:
        rows = database.fetch("select value_as_number, value_source_value, measurement_date from @cdm.measurement")
    numbers, texts = rows.column("value_as_number").to_pylist(), rows.column("value_source_value").to_pylist()
    assert len(numbers) == 8560
    assert numbers.count(0) == 371
    assert Counter(text for text, number in zip(texts, numbers, strict=True) if number is None) == {
        "NOT EVALUABLE": 62, "TOO SMALL TO MEASURE": 54, "": 7}
    assert rows.column("measurement_date").null_count == 1


def test_run_tells_everybody_why(cdm: Path, tmp_path: Path) -> None:
    """Where an earlier scan is asked for nobody is judged; each is told the first reason, as a hand counts.

    The only dose is on day 0 and 1,000 days follow: whoever was not even scanned in time had stopped before.
    Two were scanned and nothing could be read; they did not drop out.
    """
    site = Site.model_validate({"source": {"access": {"url": f"duckdb:///{cdm}"}}, "runs": tmp_path / "runs"})
    study = Study(id="laleh")
    rules = [rule for rule in library.chosen(study) if "pre_baseline" in rule.requires]
    pipeline.run(study, site)
    [kept] = (tmp_path / "runs").glob("*/4-labels")
    labels = artefacts.read(Labels, kept)
    persons = {str(reading.person) for reading in laleh.readings()}
    told = labels.labels[labels.labels["definition_id"].isin([rule.id for rule in rules])]
    assert set(told["verdict"]) == {"NOT_EVALUABLE"}
    assert set(told["person_id"]) == persons
    assert len(told) == len(rules) * TREATED
    steps = quality.funnel(labels).set_index("definition_id")
    for rule in rules:
        if rule.windows:  # the days counted by hand are those of the study
            continue
        of_definition = steps.loc[rule.id]
        left = of_definition[of_definition["left"] > 0].set_index("reason")
        assert left["left"].to_dict() == {
            "no_baseline_scan": TREATED - WITH_BASELINE,
            "early_dropout_other": WITH_BASELINE - WITH_FIRST_EVALUATION - UNREAD, "no_post_scan": UNREAD,
            "no_prebaseline_scan": WITH_FIRST_EVALUATION - WITH_EARLIER_SCAN}
        assert left.loc["no_baseline_scan", "remaining"] == WITH_BASELINE
        assert left.loc["no_post_scan", "remaining"] == WITH_FIRST_EVALUATION
        assert of_definition["remaining"].iloc[-1] == WITH_EARLIER_SCAN


def test_rules_that_need_no_earlier_scan_judge(cdm: Path, tmp_path: Path) -> None:
    """A last dose on day 0 fails in less than two months: all who were scanned twice by one rule, all by another."""
    site = Site.model_validate({"source": {"access": {"url": f"duckdb:///{cdm}"}}, "runs": tmp_path / "runs"})
    _, labels, _ = pipeline.run(Study(id="laleh", gate=Gate(expectations=False)), site)
    told = labels.labels.groupby("definition_id")["verdict"].value_counts().to_dict()
    assert told["kimcg2019_ttf", "HPD"] == WITH_FIRST_EVALUATION
    assert told["kimcg2019_ttf", "NOT_EVALUABLE"] == TREATED - WITH_FIRST_EVALUATION
    assert told["wangx2023", "HPD"] == TREATED
    assert len(labels.labels) == len(library.chosen(Study(id="laleh"))) * TREATED


def test_nothing_is_lost_on_the_way(cdm: Path, tmp_path: Path) -> None:
    """The row without a day (a zero) is refused; zeros and texts become what they say."""
    site = Site.model_validate({"source": {"access": {"url": f"duckdb:///{cdm}"}}, "runs": tmp_path / "runs"})
    with open_source(site) as source:
        records, _ = source.extract(Study(id="laleh"))
    status = records.lesions["status"].value_counts().to_dict()
    assert len(records.lesions) == 8560 - 1
    assert (records.rejections["reason"] == "no_date").sum() == 1
    assert status["too_small"] == 54
    assert status["not_assessed"] == 62 + 7
    assert int((records.lesions["diameter_mm"] == 0).sum()) == 371 - 1

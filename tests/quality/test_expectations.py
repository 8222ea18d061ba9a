"""Each expectation is shown to pass and to fail, and its result to hold no patient's value."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl import assets, expectations
from hpd_etl.expectations import Outcome
from hpd_etl.schema import Timeline

if TYPE_CHECKING:
    from pathlib import Path

SUITES = {suite["name"]: suite for suite in expectations.read_suites(assets.expectation_files())}
TABLES = {table.name: table for table in Timeline.tables()}
PERSON = "person-4711"


def rows(table: str, **columns: list[object]) -> pd.DataFrame:
    """A frame of the table with these columns; every row is of one person."""
    frame = pd.DataFrame(columns)
    return TABLES[table].frame(frame.assign(person_id=PERSON))


def dose(agent: list[object], start: list[str]) -> pd.DataFrame:
    """Doses that start and end on one day."""
    return rows("doses", agent=agent, start_date=start, end_date=start)


EXAMPLES: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {
    "lesion_sizes_look_like_millimetres": (
        rows("lesions", diameter_mm=[12.0, 30.0, 45.0, None]), rows("lesions", diameter_mm=[1.2, 3.0, 4.5])),
    "few_giant_lesions": (
        rows("lesions", diameter_mm=[250.0] * 10), rows("lesions", diameter_mm=[20.0, 20.0, 250.1])),
    "longest_diameter_is_the_longer": (
        rows("lesions", diameter_mm=[20.0, 12.0, 9.0], perpendicular_mm=[20.0, 18.0, None],
             is_node=[False, True, False]),
        rows("lesions", diameter_mm=[12.0], perpendicular_mm=[18.0], is_node=[False])),
    "organs_are_recorded": (
        rows("lesions", organ=["liver", None]), rows("lesions", organ=["liver", None, None])),
    "every_dose_names_its_drug": (
        dose(["nivolumab"], ["2019-03-01"]), dose(["nivolumab", None], ["2019-03-01", "2019-03-15"])),
    "no_dose_before_the_drugs_existed": (
        dose(["nivolumab"], ["2000-01-01"]), dose(["nivolumab"] * 2, ["2019-03-01", "1900-01-01"])),
    "doses_are_recorded_once": (
        dose(["nivolumab", "ipilimumab"], ["2019-03-01"] * 2), dose(["nivolumab"] * 2, ["2019-03-01"] * 2)),
    "follow_up_is_longer_than_a_day": (
        rows("followup", start_date=["2019-01-01"], end_date=["2019-01-02"]),
        rows("followup", start_date=["2019-01-01"], end_date=["2019-01-01"])),
    "follow_up_periods_are_distinct": (
        rows("followup", start_date=["2018-01-01", "2019-01-01"]), rows("followup", start_date=["2019-01-01"] * 2)),
    "ecog_is_mostly_low": (
        rows("findings", finding=["ecog", "ecog", "ecog", "pdl1"], value_number=[0, 2, 4, 80]),
        rows("findings", finding=["ecog", "ecog", "ecog", "pdl1"], value_number=[0, 3, 4, 1])),
    "pdl1_is_0_to_100": (
        rows("findings", finding=["pdl1", "pdl1"], value_number=[0, 100]),
        rows("findings", finding=["pdl1"], value_number=[100.5])),
    "sums_look_like_millimetres": (
        rows("tumour_sums", kind=["SLD", "volume"], value=[80.0, 9.0]),
        rows("tumour_sums", kind=["SLD", "SLD", "SPD"], value=[6.1, 8.0, 2000.0])),
    "sums_hold_five_lesions": (
        rows("tumour_sums", kind=["SLD", "volume"], value=[2500.0, 9000.0]),
        rows("tumour_sums", kind=["SLD"], value=[2500.5])),
    "one_sum_of_a_kind_a_day": (
        rows("tumour_sums", kind=["SLD", "SPD"], scan_date=["2019-01-01"] * 2),
        rows("tumour_sums", kind=["SLD", "SLD"], scan_date=["2019-01-01"] * 2)),
}
CHECKS = {entry["meta"]["check"]: name for name, suite in SUITES.items() for entry in suite["expectations"]}


def outcome(check: str, frame: pd.DataFrame | None) -> expectations.CheckResult:
    """The result of one check on a Timeline that holds nothing but this frame."""
    table = CHECKS[check]
    found = expectations.check(Timeline.of({} if frame is None else {table: frame}), [SUITES[table]])
    return next(result for result in found if result.check == check)


def test_every_expectation_has_examples_and_a_name_of_its_own() -> None:
    """A new expectation without a passing and a failing example fails the build."""
    assert set(CHECKS) == set(EXAMPLES)
    assert len(CHECKS) == sum(len(suite["expectations"]) for suite in SUITES.values())


@pytest.mark.parametrize("check", EXAMPLES)
def test_expectation_passes_and_fails_where_it_should(check: str) -> None:
    """The first example passes, the second fails, and failures are counted."""
    good, bad = EXAMPLES[check]
    assert outcome(check, good).outcome is Outcome.PASSED
    failed = outcome(check, bad)
    assert failed.outcome is Outcome.FAILED
    assert failed.unexpected is None or failed.unexpected > 0


@pytest.mark.parametrize("check", EXAMPLES)
def test_nothing_to_look_at_is_neither_passed_nor_failed(check: str) -> None:
    """An empty table gives `not_applicable`."""
    assert outcome(check, None).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_expectations_say_how_grave_they_are_and_why(suite: expectations.Suite) -> None:
    """Severity, Kahn dimension, reason and reference stand on every expectation."""
    for entry in suite["expectations"]:
        assert entry["severity"] in {"critical", "warning", "info"}
        assert entry["meta"]["dimension"] in {"conformance", "completeness", "plausibility"}
        assert entry["meta"]["why"].endswith(".")
        assert entry["meta"]["reference"]


def test_rows_without_the_condition_are_not_applicable() -> None:
    """A check on ECOG says nothing where no ECOG was recorded, though other findings are there."""
    frame = rows("findings", finding=["pdl1"], value_number=[90])
    assert outcome("ecog_is_mostly_low", frame).outcome is Outcome.NOT_APPLICABLE


def test_a_missing_column_is_an_error() -> None:
    """A suite that names a column the table does not have has not looked at the data."""
    meta = {"check": "x", "dimension": "conformance", "why": "y", "reference": "z"}
    entry = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "colour"},
             "severity": "critical", "meta": meta}
    timeline = Timeline.of({"lesions": EXAMPLES["organs_are_recorded"][0]})
    (result,) = expectations.check(timeline, [{"name": "lesions", "expectations": [entry]}])
    assert result.outcome is Outcome.ERROR


def test_a_check_that_crashes_is_an_error() -> None:
    """An exception inside Great Expectations is not a failure of the data."""
    meta = {"check": "x", "dimension": "conformance", "why": "y", "reference": "z"}
    entry = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "organ", "min_value": 3},
             "severity": "critical", "meta": meta}
    timeline = Timeline.of({"lesions": EXAMPLES["organs_are_recorded"][0]})
    (result,) = expectations.check(timeline, [{"name": "lesions", "expectations": [entry]}])
    assert result.outcome is Outcome.ERROR


def test_results_hold_no_identifier_and_no_value() -> None:
    """What fails is counted; who failed, and with which value, is not said."""
    frame = rows("lesions", diameter_mm=[137.25, 481.125], perpendicular_mm=[483.5, 499.75], is_node=[False, False])
    found = json.dumps([asdict(result) for result in expectations.check(Timeline.of({"lesions": frame}),
                                                                        [SUITES["lesions"]])])
    assert PERSON not in found
    assert not any(value in found for value in ("137.25", "481.125", "483.5", "499.75"))


def test_no_log_line_holds_a_value(caplog: pytest.LogCaptureFixture) -> None:
    """Even where everything is logged, Great Expectations' own lines say nothing of a patient."""
    with caplog.at_level(logging.DEBUG):
        test_a_check_that_crashes_is_an_error()
    assert PERSON not in caplog.text
    assert "liver" not in caplog.text


def test_nothing_is_printed_or_left_behind(capfd: pytest.CaptureFixture[str], tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    """No progress bar, no log line and no file comes out of a check that fails or crashes."""
    monkeypatch.chdir(tmp_path)
    test_a_check_that_crashes_is_an_error()
    outcome("ecog_is_mostly_low", EXAMPLES["ecog_is_mostly_low"][1])
    written = capfd.readouterr()
    assert written.out + written.err == ""
    assert list(tmp_path.iterdir()) == []

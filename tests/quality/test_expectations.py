"""Each expectation is shown to pass and to fail, and its result to hold no patient's value."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import warnings
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl import assets, expectations
from hpd_etl.expectations import Outcome
from hpd_etl.quality import profile
from hpd_etl.schema import Timeline
from tests.quality.changes import CHANGES
from tests.quality.hospital import aligned

if TYPE_CHECKING:
    from pathlib import Path

SUITES = {suite["name"]: suite for suite in expectations.read_suites(assets.expectation_files())}
TABLES = {table.name: table for table in Timeline.tables()}
CHECKS = {entry["meta"]["check"]: (name, entry) for name, suite in SUITES.items() for entry in suite["expectations"]}
OF_COUNTS = {"drift", "windows", "refused"}
"""Frames whose rows count many persons."""


@cache
def good() -> Timeline:
    """The hospital as one would wish it."""
    return aligned()


def looked_at(check: str, timeline: Timeline) -> expectations.CheckResult:
    """The result of one check; drift is against the hospital as one would wish it."""
    name, entry = CHECKS[check]
    since = profile.changes(profile.of(good()), profile.of(timeline)) if name == "drift" else None
    (result,) = expectations.check(timeline, [{"name": name, "expectations": [entry]}], since)
    return result


@cache
def all_is_well() -> dict[str, expectations.CheckResult]:
    """The results of every suite on that hospital."""
    same = profile.changes(profile.of(good()), profile.of(good()))
    return {result.check: result for result in expectations.check(good(), list(SUITES.values()), same)}


# --- each expectation -------------------------------------------------------------------------


def test_every_table_has_its_suite() -> None:
    """A table of the Timeline about which nothing is expected fails the build; beside them stands the drift."""
    assert set(SUITES) == {*TABLES, "drift"}


def test_every_expectation_has_examples_and_a_name_of_its_own() -> None:
    """A new expectation without a change at which it fails fails the build."""
    assert set(CHECKS) == set(CHANGES) == set(all_is_well())
    assert len(CHECKS) == sum(len(suite["expectations"]) for suite in SUITES.values())


@pytest.mark.parametrize("check", CHECKS)
def test_expectation_passes_where_all_is_well(check: str) -> None:
    """It has something to look at in the good hospital, and nothing to say."""
    assert all_is_well()[check].outcome is Outcome.PASSED


@pytest.mark.parametrize("check", CHANGES)
def test_expectation_fails_at_its_change(check: str) -> None:
    """The change went through `align`, so neither it nor the schema guarantees what is expected."""
    failed = looked_at(check, aligned(CHANGES[check]))
    assert failed.outcome is Outcome.FAILED
    assert failed.unexpected is None or failed.unexpected > 0
    assert bool(failed.where) == (CHECKS[check][1]["meta"].get("frame", failed.table) in OF_COUNTS)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_expectations_say_how_grave_they_are_and_why(suite: expectations.Suite) -> None:
    """Severity, Kahn dimension, reason and reference stand on every expectation."""
    for entry in suite["expectations"]:
        assert entry["severity"] in {"critical", "warning", "info"}
        assert entry["meta"]["dimension"] in {"conformance", "completeness", "plausibility"}
        assert entry["meta"]["why"].endswith(".")
        assert entry["meta"]["reference"]


def test_no_two_expectations_say_the_same() -> None:
    """What is expected of a frame is expected once, never what the schema says by a type, key or closed list."""
    said = [json.dumps([entry["meta"].get("frame", name), entry["type"], entry["kwargs"]], sort_keys=True)
            for name, entry in CHECKS.values()]
    assert len(said) == len(set(said))
    for name, entry in CHECKS.values():
        assert not entry["type"].endswith(("_to_exist", "_of_type", "_in_type_list"))
        table = TABLES.get(entry["meta"].get("frame", name))
        if table is None:
            continue
        assert not table.key or not set(table.key) <= expectations.columns_of(entry)
        for column in expectations.columns_of(entry) & set(table.names):
            closed = set(table[column].values)
            assert not closed or not closed <= set(entry["kwargs"].get("value_set", ()))


# --- at the bounds ----------------------------------------------------------------------------


def rows(table: str, **columns: list[object]) -> pd.DataFrame:
    """A frame of the table with these columns; every row is of one person."""
    frame = pd.DataFrame(columns)
    return TABLES[table].frame(frame.assign(person_id="person-4711"))


def dose(agent: list[object], start: list[str]) -> pd.DataFrame:
    """Doses that start and end on one day."""
    return rows("doses", agent=agent, start_date=start, end_date=start)


AT_THE_BOUNDS: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {
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


@pytest.mark.parametrize("check", AT_THE_BOUNDS)
def test_bounds_are_where_they_are_said_to_be(check: str) -> None:
    """The first example lies at the bound and passes, the second just beyond it."""
    table = CHECKS[check][0]
    within, beyond = (looked_at(check, Timeline.of({table: frame})) for frame in AT_THE_BOUNDS[check])
    assert (within.outcome, beyond.outcome) == (Outcome.PASSED, Outcome.FAILED)


# --- the four results -------------------------------------------------------------------------

META = {"check": "x", "dimension": "conformance", "why": "y", "reference": "z"}
LESION = rows("lesions", organ=["liver", None], diameter_mm=[137.25, 481.125])


def found(kind: str, **kwargs: object) -> expectations.CheckResult:
    """What a made-up critical expectation finds in two lesions."""
    entry = {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": META}
    (result,) = expectations.check(Timeline.of({"lesions": LESION}), [{"name": "lesions", "expectations": [entry]}])
    return result


def test_nothing_to_look_at_is_neither_passed_nor_failed() -> None:
    """Empty tables, and a first run that has none before it, give `not_applicable` throughout."""
    nothing = expectations.check(Timeline.of({}), list(SUITES.values()))
    assert {result.outcome for result in nothing} == {Outcome.NOT_APPLICABLE}
    assert len(nothing) == len(CHECKS)


def test_rows_without_the_condition_are_not_applicable() -> None:
    """A check on ECOG says nothing where no ECOG was recorded, though other findings are there."""
    frame = rows("findings", finding=["pdl1"], value_number=[90])
    for check in ("ecog_is_mostly_low", "ecog_is_0_to_5"):
        assert looked_at(check, Timeline.of({"findings": frame})).outcome is Outcome.NOT_APPLICABLE


def test_a_missing_column_is_an_error() -> None:
    """A suite that names a column the table does not have has not looked at the data."""
    assert found("expect_column_values_to_not_be_null", column="colour").outcome is Outcome.ERROR


def test_a_check_that_crashes_is_an_error() -> None:
    """An exception inside Great Expectations is not a failure of the data."""
    assert found("expect_column_values_to_be_between", column="organ", min_value=3).outcome is Outcome.ERROR


def test_what_great_expectations_does_not_know_is_an_error() -> None:
    """It leaves such an expectation out without a word; nobody has looked at the data."""
    assert found("expect_column_values_to_be_nice", column="organ").outcome is Outcome.ERROR


# --- nothing of a patient, nothing left behind ------------------------------------------------

SECRETS = ("4711", "137.25", "481.125", "liver")


def test_results_hold_no_identifier_and_no_value() -> None:
    """What fails is counted; who failed, and with which value, is not said."""
    timeline = Timeline.of({"lesions": LESION.assign(part_of="liver-4711", perpendicular_mm=LESION["diameter_mm"] + 1)})
    results = expectations.check(timeline, list(SUITES.values()))
    assert any(result.outcome is Outcome.FAILED for result in results)
    assert not any(secret in json.dumps([asdict(result) for result in results]) for secret in SECRETS)


def test_no_log_line_and_no_warning_holds_a_value(caplog: pytest.LogCaptureFixture) -> None:
    """Even where everything is logged, Great Expectations' own lines and warnings say nothing of a patient."""
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        test_a_check_that_crashes_is_an_error()
        test_what_great_expectations_does_not_know_is_an_error()
    assert not any(secret in caplog.text + "".join(str(each.message) for each in warned) for secret in SECRETS)


def test_nothing_is_printed_sent_or_left_behind(capfd: pytest.CaptureFixture[str], tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    """No progress bar, no log line, no file and no packet comes out of a check that fails or crashes."""
    sent: list[object] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: sent.append(address))
    test_a_check_that_crashes_is_an_error()
    looked_at("few_giant_lesions", Timeline.of({"lesions": LESION}))
    written = capfd.readouterr()
    assert written.out + written.err == ""
    assert list(tmp_path.iterdir()) == []
    assert sent == []


def test_great_expectations_is_imported_where_the_gate_looks_and_nowhere_else() -> None:
    """A validation with expectations off, and reading the suites, do not pay for it."""
    code = """
import sys
from hpd_etl import assets, expectations, library, quality
from hpd_etl.config import Gate, Study
from hpd_etl.schema import Timeline
study = Study(id="s", gate=Gate(expectations=False))
expectations.read_suites(assets.expectation_files())
quality.validate(Timeline.of({}), library.chosen(study)[:1], study)
assert "great_expectations" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)

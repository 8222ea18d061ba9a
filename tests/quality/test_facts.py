"""The columns that expectations look at beside those of the tables, by hand."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from hpd_etl.expectations.frames import Frames
from hpd_etl.expectations.shares import refused, windows
from hpd_etl.schema import Timeline


def timeline(**tables: dict[str, Any]) -> Timeline:
    """These tables; everybody in them is in `persons`, in alphabetical order."""
    frames = {name: pd.DataFrame(columns) for name, columns in tables.items()}
    everybody = sorted({name for frame in frames.values() for name in frame["person_id"]})
    frames["persons"] = pd.DataFrame({"person_id": everybody}).merge(
        frames.get("persons", pd.DataFrame({"person_id": everybody})), "left", "person_id")
    return Timeline.of({name: next(table for table in Timeline.tables() if table.name == name).frame(frame)
                        for name, frame in frames.items()})


def values(given: Timeline, table: str, column: str) -> list[float | None]:
    """A column of the frame of a table; None where nothing can be said."""
    return [None if math.isnan(value) else value for value in Frames(given, None).columns(table, [column])[column]]


def test_age_is_from_the_earliest_day_of_birth_to_the_first_dose() -> None:
    """Born in 1950, whenever it was, and treated on the first of July 2020."""
    given = timeline(
        persons={"person_id": ["a", "b", "c"], "birth_date": ["1950-07-01", None, None],
                 "born_from": [None, "1950-01-01", None]},
        index={"person_id": ["a", "b", "c"], "index_date": ["2020-07-01"] * 3})
    assert values(given, "persons", "age_years") == [pytest.approx(70, abs=0.01), pytest.approx(70.5, abs=0.01), None]


def test_days_outside_follow_up_are_to_its_nearer_end() -> None:
    """Gaps between periods are not outside; who has no period lies nowhere; a date of a month lies anywhere."""
    given = timeline(
        followup={"person_id": ["a", "a"], "start_date": ["2019-01-10", "2020-01-01"],
                  "end_date": ["2019-02-01", "2020-12-31"]},
        doses={"person_id": ["a", "a", "a", "a", "b"], "agent": "nivolumab",
               "date_precision": [None, None, None, "month", None],
               "start_date": ["2019-01-01", "2019-06-01", "2021-01-03", "2022-01-01", "2019-01-01"]})
    assert values(given, "doses", "days_outside_followup") == [9, 0, 3, None, None]


def test_what_ends_after_death() -> None:
    """Days after an exact day of death; none can be said of a month."""
    given = timeline(
        persons={"person_id": ["a", "b"], "death_date": "2020-03-01", "death_precision": [None, "month"]},
        doses={"person_id": ["a", "a", "b"], "agent": "nivolumab", "start_date": "2020-01-01",
               "end_date": ["2020-03-04", "2020-02-29", "2020-03-04"]})
    assert values(given, "doses", "end_days_after_death") == [3, -1, None]
    assert values(given, "doses", "duration_days") == [64, 60, 64]


def test_days_to_the_nearest_scan_are_the_persons_own() -> None:
    """Before or after; of somebody whose scans are not recorded nothing is said."""
    given = timeline(
        scans={"person_id": ["a", "a", "c"], "scan_date": ["2020-01-01", "2020-01-31", "2020-01-10"]},
        lesions={"person_id": ["a", "a", "a", "b", "c"], "lesion_id": "x",
                 "scan_date": ["2020-01-03", "2020-01-28", "2021-01-31", "2020-01-01", "2020-01-10"]})
    assert values(given, "lesions", "days_to_scan") == [2, 3, 366, None, 0]


def test_parts_name_another_lesion_of_the_same_person() -> None:
    """Not itself, and not somebody else's."""
    given = timeline(lesions={"person_id": ["a", "a", "a", "b"], "lesion_id": ["x", "y", "z", "x"],
                              "part_of": [None, "x", "z", "y"], "scan_date": "2020-01-01"})
    assert values(given, "lesions", "part_is_known") == [None, 1, 0, 0]


def test_volumes_are_told_in_spheres() -> None:
    """A sphere of 10 mm holds 523.6 mm3."""
    given = timeline(lesions={"person_id": "a", "lesion_id": ["x", "y", "z"], "scan_date": "2020-01-01",
                              "diameter_mm": [10.0, 10.0, 0.0], "volume_mm3": [523.6, 1047.2, 1.0]})
    assert values(given, "lesions", "spheres") == [pytest.approx(1, abs=1e-4), pytest.approx(2, abs=1e-4), None]
    assert values(given, "lesions", "is_whole_cm") == [1, 1, None]


def test_targets_are_measured_at_their_own_baseline_scan() -> None:
    """Each window set has its own; 12 mm are less than measurable for a node and more for another lesion."""
    given = timeline(
        scan_choices={"person_id": "a", "window_set": ["w", "w", "v"], "role": ["baseline", "post", "baseline"],
                      "scan_date": ["2020-01-01", "2020-03-01", "2020-03-01"]},
        lesions={"person_id": "a", "lesion_id": ["x", "x", "n", "y"], "is_node": [False, False, True, False],
                 "diameter_mm": [20.0, 30.0, 12.0, 12.0],
                 "scan_date": ["2020-01-01", "2020-03-01", "2020-01-01", "2020-03-01"]},
        targets={"person_id": "a", "window_set": ["w", "v", "w", "v", "w", "u"],
                 "lesion_id": ["x", "x", "n", "y", "y", "x"]})
    assert values(given, "targets", "over_measurable") == pytest.approx([2, 3, 0.8, 1.2, None, None])


def test_ecog_counts_in_the_ninety_days_before_the_first_dose() -> None:
    """Day 0 counts and day 1 does not; a primary site counts from any time before."""
    given = timeline(
        index={"person_id": list("abcde"), "index_date": "2020-01-01"},
        findings={"person_id": list("abcde"), "finding": ["ecog"] * 4 + ["primary_site"],
                  "days_from_index": [0, -90, -91, 1, -900]})
    assert values(given, "index", "has_ecog") == [1, 1, 0, 0, 0]
    assert values(given, "index", "has_primary_site") == [0, 0, 0, 0, 1]


def test_progression_is_counted_among_overall_responses_on_treatment() -> None:
    """Not before the first dose, not of targets alone, not where nobody could tell."""
    given = timeline(responses={
        "person_id": "a", "response": ["PD", "iUPD", "PR", "NE", "PD", "PD"],
        "days_from_index": [50, 60, 70, 80, -3, 90],
        "scope": ["overall"] * 5 + ["target"]})
    assert values(given, "responses", "is_progression") == [1, 1, 0, None, None, None]


def test_shares_of_windows_are_of_everybody_treated() -> None:
    """Four were treated; one has all three scans, one a baseline scan alone; windows of a definition do not count."""
    given = timeline(
        index={"person_id": list("abcd")},
        scan_choices={"person_id": list("aaabbc"), "window_set": ["study"] * 5 + ["post_to_day=42"],
                      "role": ["pre", "baseline", "post", "baseline", "refused", "refused"]})
    assert windows(given).to_dict("records") == [
        {"name": "study", "pre": 0.25, "baseline": 0.5, "post": 0.25, "all_three": 0.25}]
    assert windows(timeline(index={"person_id": list("abcd")})).empty


def test_refusals_are_shares_of_what_was_read() -> None:
    """One of three doses, and the only scan; of tables without any row nothing is said."""
    given = timeline(doses={"person_id": "a", "agent": ["nivolumab"] * 2},
                     rejections={"person_id": "a", "table": ["doses", "scans"]})
    assert refused(given).to_dict("records") == [
        {"name": "persons", "refused": 0.0}, {"name": "doses", "refused": pytest.approx(1 / 3)},
        {"name": "scans", "refused": 1.0}]

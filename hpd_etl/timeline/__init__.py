"""Align: records around the first dose, every scan chosen or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.config import Study, Windows
from hpd_etl.grouping import (
    Bools,
    Ints,
    any_of,
    below,
    category,
    coded,
    dates,
    days,
    distinct,
    folded,
    integers,
    lookup,
    numbers,
    point_key,
    point_of,
    positions,
    text,
)
from hpd_etl.schema import DATE_OF, RESPONSES, SCAN_CHOICES, TARGETS, Records, Table, Timeline
from hpd_etl.timeline.courses import align_courses
from hpd_etl.timeline.index import Persons, Placed, absent, by_cohort, first_lines
from hpd_etl.timeline.lesions import LesionDays, lesion_days, merge_studies
from hpd_etl.timeline.parts import with_parts
from hpd_etl.timeline.refusals import Refusals, earlier_doses
from hpd_etl.timeline.targets import Sightings, owners, sightings, under
from hpd_etl.timeline.time_points import Choice, Points, choose, reasons_of

__all__ = ["align"]

_SCAN_ROLES = SCAN_CHOICES["role"].values
_JUDGED = [code for code in RESPONSES["response"].values if code != "NE"]
_ORIGINS = TARGETS["origin"].values


def align(records: Records, study: Study, window_sets: Mapping[str, Windows]) -> Timeline:
    """Every person's records around day 0, their time points, and the scans each window set uses.

    Pure, and additive over disjoint sets of persons. What cannot stand is in `rejections`. Who has dates that are
    known only to the month or the year is shown with possible days, and has every possible course in `courses`.
    """
    return align_courses(records, window_sets.values(), lambda known: _aligned(known, study, window_sets))


def _aligned(records: Records, study: Study, window_sets: Mapping[str, Windows]) -> Timeline:
    """The timeline of records whose dates are days."""
    refusals = Refusals()
    persons, index, tables = _treated(records, study, refusals)
    day_0 = days(index["index_date"])
    lesions, studies, point_day = merge_studies(
        lesion_days(tables.pop("lesions"), refusals), day_0, study.lesions.merge_days
    )
    lesions = with_parts(lesions)
    axis = _Axis(persons, day_0, studies, point_day, study.lesions.response_days)
    points = axis.points(lesions, tables, refusals)
    row_day = lesions.day - day_0[lesions.person]
    row_point = lookup(point_key(lesions.person, row_day), point_key(points.person, points.day))
    rows = sightings(
        lesions,
        np.where(points.has_lesion[row_point], row_point, -1) if len(points) else row_point,
        row_day,
        len(persons),
        study,
    )
    seen = {criteria: under(rows, lesions, criteria) for criteria in {each.targets_of for each in window_sets.values()}}
    chosen = {
        name: choose(points, seen[windows.targets_of], windows, len(persons)) for name, windows in window_sets.items()
    }
    rejections = refusals.frame(records.rejections)
    return Timeline.of(
        {
            **{
                table.name: axis.on_days(table, tables[table.name])
                for table in Timeline.tables()
                if table.name in tables
            },
            "persons": persons.frame,
            "lesions": lesions.frame(persons, day_0),
            "index": index.assign(earlier_dose=earlier_doses(index, rejections)),
            "scan_choices": below(
                [_choices_frame(axis, points, chosen[name], name, windows) for name, windows in window_sets.items()]
            ),
            "targets": below([_targets_frame(axis, rows, lesions, chosen[name], name) for name in window_sets]),
            "rejections": rejections,
        }
    )


def _treated(records: Records, study: Study, refusals: Refusals) -> tuple[Persons, pd.DataFrame, dict[str, Placed]]:
    """The persons with a usable dose, their first lines, and their rows that can be true."""
    everyone = Persons.of(records.persons)
    frames = {table.name: frame for table, frame in records}
    for name in ("lesions", "therapies"):
        frames[name] = frames[name].assign(organ=folded(frames[name]["organ"]))
    rows = {name: everyone.place(name, frames[name], date, refusals) for name, date in DATE_OF.items()}
    rows["lesions"] = rows["lesions"].kept("lesions", absent(rows["lesions"], "lesion_id"), "lesion_unnamed", refusals)
    rows["doses"] = rows["doses"].kept("doses", absent(rows["doses"], "agent"), "agent_unknown", refusals)
    cohort, rows["doses"], rows["therapies"], left_out = by_cohort(
        rows["doses"], rows["therapies"], len(everyone), study
    )
    sums = numbers(rows["tumour_sums"].frame["value"])
    rows["tumour_sums"] = rows["tumour_sums"].kept(
        "tumour_sums", ~(sums >= 0) | np.isinf(sums), "impossible_size", refusals
    )
    index = first_lines(everyone, cohort, rows["doses"], left_out, rows["followup"], rows["therapies"], study)
    if len(index) == len(everyone):
        return everyone, index, rows
    treated = positions(everyone.frame["person_id"], text(index["person_id"])) >= 0
    refusals.refuse("persons", everyone.frame, ~treated, "no_index_dose")
    persons = Persons.of(everyone.frame.loc[treated])
    code = np.cumsum(treated) - 1
    kept = {name: table.where(treated[table.person]) for name, table in rows.items()}
    return persons, index, {name: Placed(table.frame, code[table.person], table.day) for name, table in kept.items()}


@dataclass(frozen=True)
class _Axis:
    """The days on which something of a person was assessed, and how other dates map to them."""

    persons: Persons
    day_0: Ints
    studies: Ints
    """Keys of all study days."""
    point_of_study: Ints
    """The key of the time point that each study belongs to."""
    response_days: int

    def of_sums(self, sums: Placed) -> Ints:
        """The time point of each recorded sum: that of the study on its day, else its own."""
        return self._of_study(point_key(sums.person, sums.day))

    def _of_study(self, keys: Ints) -> Ints:
        at = lookup(keys, self.studies)
        return np.where(at >= 0, self.point_of_study[at], keys) if len(self.studies) else keys

    def of_responses(self, responses: Placed, sums: Ints) -> Ints:
        """The time point of each recorded response: the last one up to `response_days` before it, else its own."""
        keys = point_key(responses.person, responses.day)
        points = distinct(np.concatenate([self.point_of_study, sums]))
        if not len(points):
            return keys
        last = points[np.maximum(np.searchsorted(points, keys, side="right") - 1, 0)]
        person, day = point_of(keys)
        at_person, at_day = point_of(last)
        near = (at_person == person) & (at_day <= day) & (day - at_day <= self.response_days)
        zero = self.day_0[person]
        return np.where(near & ((day > zero) == (at_day > zero)), last, keys)

    def points(self, lesions: LesionDays, tables: dict[str, Placed], refusals: Refusals) -> Points:
        """All examinations; sums and responses are moved onto their time points in `tables`."""
        examined = self.of_sums(tables["tumour_sums"])
        differing = _differing(tables["tumour_sums"].frame, examined)
        tables["tumour_sums"] = tables["tumour_sums"].kept(
            "tumour_sums", differing, "conflicting_measurements", refusals
        )
        sums = examined[~differing]
        responses = self.of_responses(tables["responses"], sums)
        diameters = (tables["tumour_sums"].frame["kind"] == "SLD").to_numpy(np.bool_, na_value=False)
        judged = tables["responses"].frame["response"].isin(_JUDGED).to_numpy(np.bool_)
        tables["tumour_sums"] = _moved(tables["tumour_sums"], sums)
        tables["responses"] = _moved(tables["responses"], responses)
        scans = self._of_study(point_key(tables["scans"].person, tables["scans"].day))
        every = distinct(
            np.concatenate([self.point_of_study, examined, responses, scans, point_key(lesions.person, lesions.day)])
        )
        person, day = point_of(every)
        return Points(
            person,
            day - self.day_0[person] if len(every) else day,
            has_lesion=_marked(every, self.point_of_study),
            has_sum=_marked(every, sums[diameters]),
            has_response=_marked(every, responses[judged]),
            assessed=_marked(every, np.concatenate([self.point_of_study, sums, responses[judged]])),
        )

    def on_days(self, table: Table, rows: Placed) -> pd.DataFrame:
        """The rows of a dated table with their `days_from_index`."""
        frame = rows.frame.reset_index(drop=True)
        if "days_from_index" not in table.names:
            return frame
        return table.frame(
            frame.assign(
                days_from_index=pd.array(rows.day - self.day_0[rows.person], dtype="Int64"),
                **{DATE_OF[table.name]: dates(rows.day)},
            )
        )


def _differing(sums: pd.DataFrame, point: Ints) -> Bools:
    """Recorded sums of one kind and time point that do not agree."""
    values = pd.Series(numbers(sums["value"])).groupby([point, sums["kind"].cat.codes.to_numpy()])
    low, high = values.transform("min").to_numpy(), values.transform("max").to_numpy()
    return np.asarray(high - low > 1e-9 * high)


def _moved(rows: Placed, keys: Ints) -> Placed:
    return Placed(rows.frame, rows.person, point_of(keys)[1])


def _marked(every: Ints, keys: Ints) -> Bools:
    return any_of(lookup(keys, every), np.ones(len(keys), dtype=np.bool_), len(every))


def _choices_frame(axis: _Axis, points: Points, choice: Choice, name: str, windows: Windows) -> pd.DataFrame:
    role, texts, reason, out = reasons_of(points, choice, windows)
    return SCAN_CHOICES.frame(
        {
            "person_id": coded(points.person, axis.persons.names),
            "window_set": coded(np.zeros(len(points), dtype=np.int64), pa.array([name])),
            "scan_date": dates(points.day + axis.day_0[points.person]) if len(points) else None,
            "days_from_index": integers(points.day),
            "role": category(role, _SCAN_ROLES),
            "reason": coded(reason, pa.array(texts)),
            "days_out": integers(out.astype(np.int64)),
            "n_targets": integers(choice.n_targets),
        }
    )


def _targets_frame(axis: _Axis, rows: Sightings, lesions: LesionDays, choice: Choice, name: str) -> pd.DataFrame:
    lesion = choice.target_lesions
    owner = owners(rows)[lesion]
    baseline = choice.baseline[owner]
    uncapped = (baseline >= 0) & choice.uncapped[baseline] if len(choice.uncapped) else baseline >= 0
    return TARGETS.frame(
        {
            "person_id": coded(owner, axis.persons.names),
            "window_set": coded(np.zeros(len(lesion), dtype=np.int64), pa.array([name])),
            "lesion_id": coded(lesions.name_of[lesion], lesions.names["lesion_id"]),
            "uncapped": pd.array(uncapped, dtype="boolean"),
            "origin": category(np.where(rows.recorded[owner], 0, 1), _ORIGINS),
        }
    )

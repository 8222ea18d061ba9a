"""Align: records around the first dose, every scan chosen or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.config import Study, Windows
from hpd_etl.grouping import (
    NO_DAY,
    Bools,
    Ints,
    any_of,
    category,
    coded,
    dates,
    days,
    distinct,
    folded,
    integers,
    lookup,
    point_key,
    point_of,
)
from hpd_etl.schema import SCAN_CHOICES, TARGETS, Records, Table, Timeline, date_column
from hpd_etl.timeline.index import Persons, first_lines
from hpd_etl.timeline.lesions import LesionDays, lesion_days, merge_studies
from hpd_etl.timeline.refusals import Refusals
from hpd_etl.timeline.targets import Sightings, owners, sightings
from hpd_etl.timeline.time_points import Choice, Points, choose, explain

__all__ = ["align"]

_SCAN_ROLES = SCAN_CHOICES["role"].values
_ORIGINS = TARGETS["origin"].values


def align(records: Records, study: Study, window_sets: Mapping[str, Windows]) -> Timeline:
    """Every person's records around day 0, their time points, and the scans each window set uses.

    Pure, and additive over disjoint sets of persons. What cannot stand is in `rejections`.
    """
    refusals = Refusals()
    persons, index, frames = _treated(records, study, refusals)
    day_0 = days(index["index_date"])
    lesions, studies, point_day = merge_studies(
        lesion_days(frames["lesions"], persons, refusals), day_0, study.lesions.merge_days)
    axis = _Axis(persons, day_0, studies, point_day, study.lesions.response_days)
    points = axis.points(lesions, frames)
    row_day = lesions.day - day_0[lesions.person]
    row_point = lookup(point_key(lesions.person, row_day), point_key(points.person, points.day))
    rows = sightings(lesions, np.where(points.has_lesion[row_point], row_point, -1) if len(points) else row_point,
                     row_day, len(persons), study)
    chosen = {name: choose(points, rows, windows, len(persons)) for name, windows in window_sets.items()}
    return Timeline.of({
        **{name: axis.on_days(table, frames[name]) for name, table in _dated_tables()},
        "persons": frames["persons"],
        "followup": frames["followup"],
        "lesions": lesions.frame(persons, day_0),
        "index": index,
        "scan_choices": _stacked(SCAN_CHOICES, [
            _choices_frame(axis, points, chosen[name], name, windows) for name, windows in window_sets.items()]),
        "targets": _stacked(TARGETS, [_targets_frame(axis, rows, lesions, chosen[name], name) for name in window_sets]),
        "rejections": refusals.frame(records.rejections),
    })


def _dated_tables() -> list[tuple[str, Table]]:
    return [(table.name, table) for table in Timeline.tables()
            if date_column(table.name) is not None and table.name != "lesions"]


def _stacked(table: Table, frames: list[pd.DataFrame]) -> pd.DataFrame:
    if len(frames) == 1:
        return frames[0]
    plain = {column.name: column.dtype for column in table.columns}
    return pd.concat([frame.astype(plain) for frame in frames], ignore_index=True)


def _treated(records: Records, study: Study, refusals: Refusals) -> tuple[Persons, pd.DataFrame, dict[str, pd.DataFrame]]:
    """The persons with a usable dose, their first lines, and their rows that can be true."""
    everyone = Persons.of(records.persons)
    frames = {table.name: frame for table, frame in records if table.name != "rejections"}
    for name in ("doses", "therapies", "scans", "lesions", "tumour_sums", "responses", "findings"):
        frames[name] = everyone.within_life(name, frames[name], str(date_column(name)), refusals)
    for name in ("doses", "therapies", "followup"):
        ends = days(frames[name]["end_date"])
        backwards = (ends != NO_DAY) & (ends < days(frames[name]["start_date"]))
        frames[name] = refusals.kept(name, frames[name], backwards, "end_before_start")
    for name in ("lesions", "therapies"):
        frames[name] = frames[name].assign(organ=folded(frames[name]["organ"]))
    index = first_lines(everyone, frames["doses"], frames["followup"], frames["therapies"], study)
    if len(index) == len(everyone):
        frames["persons"] = frames["persons"].sort_values("person_id", ignore_index=True)
        return everyone, index, frames
    treated = frames["persons"]["person_id"].isin(index["person_id"]).to_numpy()
    frames["persons"] = refusals.kept("persons", frames["persons"], ~treated, "no_index_dose")
    frames["persons"] = frames["persons"].sort_values("person_id", ignore_index=True)
    persons = Persons.of(frames["persons"])
    return persons, index, {name: frame.loc[persons.of_rows(frame) >= 0] for name, frame in frames.items()}


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

    def keys(self, frame: pd.DataFrame, date: str) -> Ints:
        """Person and calendar day of each row as one key."""
        return point_key(self.persons.of_rows(frame), days(frame[date]))

    def of_sums(self, frame: pd.DataFrame) -> Ints:
        """The time point of each recorded sum: that of the study on its day, else its own."""
        keys = self.keys(frame, "scan_date")
        at = lookup(keys, self.studies)
        return np.where(at >= 0, self.point_of_study[at], keys) if len(self.studies) else keys

    def of_responses(self, frame: pd.DataFrame, sums: Ints) -> Ints:
        """The time point of each recorded response: the last one up to `response_days` before it, else its own."""
        keys = self.keys(frame, "assessed_on")
        points = distinct(np.concatenate([self.point_of_study, sums]))
        if not len(points):
            return keys
        last = points[np.maximum(np.searchsorted(points, keys, side="right") - 1, 0)]
        person, day = point_of(keys)
        at_person, at_day = point_of(last)
        near = (at_person == person) & (at_day <= day) & (day - at_day <= self.response_days)
        zero = self.day_0[person]
        return np.where(near & ((day > zero) == (at_day > zero)), last, keys)

    def points(self, lesions: LesionDays, frames: dict[str, pd.DataFrame]) -> Points:
        """All examinations; sums and responses are moved onto their time points in `frames`."""
        sums = self.of_sums(frames["tumour_sums"])
        responses = self.of_responses(frames["responses"], sums)
        frames["tumour_sums"] = _dated(frames["tumour_sums"], "scan_date", sums)
        frames["responses"] = _dated(frames["responses"], "assessed_on", responses)
        scans = self.keys(frames["scans"], "scan_date")
        at = lookup(scans, self.studies)
        if len(self.studies):
            scans = np.where(at >= 0, self.point_of_study[at], scans)
        judged = (frames["responses"]["response"] != "NE").to_numpy(np.bool_, na_value=False)
        every = distinct(np.concatenate([
            self.point_of_study, sums, responses, scans, point_key(lesions.person, lesions.day)]))
        person, day = point_of(every)
        return Points(
            person, day - self.day_0[person] if len(every) else day,
            has_lesion=_marked(every, self.point_of_study),
            has_sum=_marked(every, sums[(frames["tumour_sums"]["kind"] == "SLD").to_numpy(np.bool_, na_value=False)]),
            has_response=_marked(every, responses[judged]),
            assessed=_marked(every, np.concatenate([self.point_of_study, sums, responses[judged]])),
        )

    def on_days(self, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of a dated table with their `days_from_index`."""
        day = days(frame[str(date_column(table.name))]) - self.day_0[self.persons.of_rows(frame)]
        return table.frame(frame.reset_index(drop=True).assign(days_from_index=pd.array(day, dtype="Int64")))


def _dated(frame: pd.DataFrame, column: str, keys: Ints) -> pd.DataFrame:
    return frame.assign(**{column: dates(point_of(keys)[1]).set_axis(frame.index)})


def _marked(every: Ints, keys: Ints) -> Bools:
    return any_of(lookup(keys, every), np.ones(len(keys), dtype=np.bool_), len(every))


def _choices_frame(axis: _Axis, points: Points, choice: Choice, name: str, windows: Windows) -> pd.DataFrame:
    role, texts, reason, out = explain(points, choice, windows)
    return SCAN_CHOICES.frame({
        "person_id": coded(points.person, axis.persons.ids),
        "window_set": coded(np.zeros(len(points), dtype=np.int64), pa.array([name])),
        "scan_date": dates(points.day + axis.day_0[points.person]) if len(points) else None,
        "days_from_index": integers(points.day),
        "role": category(role, _SCAN_ROLES),
        "reason": coded(reason, pa.array(texts)),
        "days_out": integers(out.astype(np.int64)),
        "n_targets": integers(choice.n_targets),
    })


def _targets_frame(axis: _Axis, rows: Sightings, lesions: LesionDays, choice: Choice, name: str) -> pd.DataFrame:
    lesion = choice.target_lesions
    owner = owners(rows)[lesion]
    return TARGETS.frame({
        "person_id": coded(owner, axis.persons.ids),
        "window_set": coded(np.zeros(len(lesion), dtype=np.int64), pa.array([name])),
        "lesion_id": coded(lesions.name_of[lesion], lesions.names["lesion_id"]),
        "origin": category(np.where(rows.recorded[owner], 0, 1), _ORIGINS),
    })

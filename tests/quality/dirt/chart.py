"""The rows of one person of the synthetic hospital, as somebody who spoils them sees them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from hpd_etl.demo import vocabulary as codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpd_etl.demo.patients import Row

Rows = dict[str, list["Row"]]
_OWN = ("person", "death", "observation_period", "drug_exposure", "measurement", "image_occurrence", "image_feature",
        "condition_occurrence", "procedure_occurrence")
_DATES = {"drug_exposure": "drug_exposure_end_date", "measurement": "measurement_date",
          "image_occurrence": "image_occurrence_date"}


class Chart:
    """One person's rows; what is changed here is changed in the hospital."""

    def __init__(self, hospital: Rows, own: Mapping[str, list[Row]]) -> None:
        self._hospital = hospital
        self.own = own

    def one(self, table: str) -> Row:
        """The only row of a table."""
        [row] = self.own[table]
        return row

    def add(self, table: str, row: Mapping[str, Any]) -> int:
        """Write a row about this person; returns its number, which is the next of the table."""
        number = len(self._hospital[table]) + 1
        made: Row = {**row, "person_id": self.one("person")["person_id"]}
        if table != "death":
            made |= {f"{table}_id": number}
        self._hospital[table].append(made)
        self.own[table].append(made)
        return number

    def remove(self, table: str, row: Row) -> None:
        """Take a row out."""
        self._hospital[table].remove(row)
        self.own[table].remove(row)

    # --- what is there ------------------------------------------------------------------------

    @property
    def first_dose(self) -> date:
        """The day of the first dose."""
        return min(day_of(row["drug_exposure_start_date"]) for row in self.own["drug_exposure"])

    @property
    def last_day(self) -> date:
        """The last day on which anything was done."""
        return max(day_of(row[column]) for table, column in _DATES.items() for row in self.own[table])

    def feature_of(self, size: Row) -> Row:
        """What ties a size to its lesion and to its examination."""
        return next(row for row in self.own["image_feature"]
                    if row["image_feature_event_id"] == size["measurement_id"])

    def lesions(self) -> Sequence[Sequence[Row]]:
        """The longest diameters of each lesion in order of time."""
        found: dict[object, list[Row]] = defaultdict(list)
        sizes = {row["measurement_id"]: row for row in self.own["measurement"]}
        for feature in self.own["image_feature"]:
            size = sizes[feature["image_feature_event_id"]]
            if size["measurement_concept_id"] == codes.LONGEST:
                found[feature["image_finding_id"]].append(size)
        return [sorted(rows, key=lambda row: str(row["measurement_date"])) for rows in found.values()]

    def scan(self, place: int) -> Sequence[Row]:
        """The diameters of all lesions at a scan, by its place in time."""
        return [lesion[place] for lesion in self.lesions()]

    def sum_mm(self, place: int) -> float:
        """The sum of the diameters at a scan."""
        return sum(float(str(row["value_as_number"])) * (10 if row["unit_source_value"] == "cm" else 1)
                   for row in self.scan(place))

    # --- what is written ----------------------------------------------------------------------

    def copy_size(self, size: Row, **changes: Any) -> int:
        """Write a size once more, tied to the same lesion and examination unless told otherwise."""
        tied = ("image_finding_id", "image_occurrence_id")
        told: Row = {name: value for name, value in changes.items() if name in tied}
        number = self.add("measurement", {**size, **{name: changes[name] for name in changes if name not in tied}})
        self.add("image_feature", {**self.feature_of(size), **told, "image_feature_event_id": number})
        return number

    def dose(self, day: date, **changes: Any) -> int:
        """Write one more dose like the first, given on one day."""
        first = min(self.own["drug_exposure"], key=lambda row: str(row["drug_exposure_start_date"]))
        return self.add("drug_exposure", {**first, "drug_exposure_start_date": day, "drug_exposure_end_date": day,
                                          "stop_reason": None, **changes})

    def examination(self, day: date) -> int:
        """Write an examination without a measurement."""
        first = self.own["image_occurrence"][0]
        uid = f"2.25.9{len(self._hospital['image_occurrence'])}"
        return self.add("image_occurrence", {**first, "image_occurrence_date": day, "image_study_uid": uid,
                                             "image_series_uid": f"{uid}.1"})

    def said(self, day: date, concept: int, **row: Any) -> int:
        """Write a measurement that is no size."""
        return self.add("measurement", {"measurement_concept_id": concept, "measurement_date": day,
                                        "measurement_type_concept_id": codes.EHR, **row})

    def dies(self, **cause: Any) -> date:
        """Let the person die the day after the last one on which anything was done; observation ends then."""
        death = self.last_day + timedelta(days=1)
        self.add("death", {"death_date": death, "death_type_concept_id": codes.EHR, "cause_concept_id": 0,
                           "cause_source_value": None, **cause})
        return death

    def observed_until(self, day: date) -> None:
        """Let observation end on this day."""
        self.one("observation_period")["observation_period_end_date"] = day


def charts(hospital: Rows) -> dict[int, Chart]:
    """The chart of everybody."""
    own: dict[int, dict[str, list[Row]]] = defaultdict(lambda: {table: [] for table in _OWN})
    for table in _OWN:
        for row in hospital[table]:
            own[int(str(row["person_id"]))][table].append(row)
    return {number: Chart(hospital, rows) for number, rows in own.items()}


def day_of(cell: object) -> date:
    """A cell that holds a day."""
    return cast("date", cell)

"""Defects of dates and doses: after death, before birth, in the wrong order, never given."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from hpd_etl.demo import vocabulary as codes
from tests.quality.dirt.chart import day_of
from tests.quality.dirt.defect import COUNTED, SAME, Defect, refused, suspected

if TYPE_CHECKING:
    from tests.quality.dirt.chart import Chart

_EXPIRED = "C9453"
"""Billing code of nivolumab until the end of 2015; nobody here was treated so early."""
_NEVER = date(2061, 5, 4)
_BORN = "birth_datetime"


def _dead(chart: Chart) -> date:
    death = chart.dies()
    chart.observed_until(death)
    return death


def _dose_after_death(chart: Chart) -> None:
    chart.dose(_dead(chart) + timedelta(days=10), drug_type_concept_id=codes.ADMINISTRATION)


def _scan_after_death(chart: Chart) -> None:
    chart.examination(_dead(chart) + timedelta(days=10))


def _before_birth(chart: Chart) -> date:
    return date(int(str(chart.one("person")["year_of_birth"])) - 5, 3, 1)


def _dose_before_birth(chart: Chart) -> None:
    chart.dose(_before_birth(chart), drug_type_concept_id=codes.ADMINISTRATION)


def _scan_before_birth(chart: Chart) -> None:
    chart.examination(_before_birth(chart))


def _backwards(chart: Chart) -> None:
    start = chart.first_dose + timedelta(days=30)
    chart.dose(start, drug_exposure_end_date=start - timedelta(days=5), drug_type_concept_id=codes.ADMINISTRATION)


def _ordered(chart: Chart) -> None:
    chart.dose(chart.first_dose + timedelta(days=31), drug_type_concept_id=codes.ORDER)


def _expired(chart: Chart) -> None:
    chart.dose(chart.first_dose + timedelta(days=33), drug_concept_id=0, drug_source_value=_EXPIRED,
               drug_source_concept_id=0, drug_type_concept_id=codes.ADMINISTRATION)


def _named(chart: Chart) -> None:
    chart.dose(chart.first_dose + timedelta(days=34), drug_concept_id=0, drug_source_value="Nivolumab as always",
               drug_source_concept_id=0, drug_type_concept_id=codes.ADMINISTRATION)


def _branded(chart: Chart) -> None:
    chart.dose(chart.first_dose + timedelta(days=35), drug_concept_id=0, drug_source_value="OPDIVO 240 mg",
               drug_source_concept_id=0, drug_type_concept_id=codes.ADMINISTRATION)


def _unknown_drug(chart: Chart) -> None:
    chart.dose(chart.first_dose + timedelta(days=36), drug_concept_id=0, drug_source_value="Taxol",
               drug_source_concept_id=0, drug_type_concept_id=codes.ADMINISTRATION)


def _stopped(chart: Chart) -> None:
    chart.dose(chart.first_dose + timedelta(days=32), stop_reason="moved away",
               drug_type_concept_id=codes.MEDICATION_LIST)


def _late_baseline(chart: Chart) -> None:
    sizes, day = chart.scan(1), chart.first_dose + timedelta(days=7)
    [study] = {row["image_occurrence_id"] for row in map(chart.feature_of, sizes)}
    for size in sizes:
        size["measurement_date"] = day
    for row in chart.own["image_occurrence"]:
        if row["image_occurrence_id"] == study:
            row["image_occurrence_date"] = day


def _unobserved(chart: Chart) -> None:
    chart.observed_until(chart.last_day + timedelta(days=1))
    chart.dose(chart.last_day + timedelta(days=20), drug_type_concept_id=codes.ADMINISTRATION)


def _in_the_future(chart: Chart) -> None:
    chart.examination(_NEVER)


def _observed_on(chart: Chart) -> None:
    death = chart.dies()
    chart.observed_until(death + timedelta(days=31))


def _died_of_words(chart: Chart) -> None:
    chart.observed_until(chart.dies(cause_source_value="tumour"))


def _born_long_ago(chart: Chart) -> None:
    person = chart.one("person")
    person["year_of_birth"] = chart.first_dose.year - 120
    if person[_BORN] is not None:
        person[_BORN] = day_of(person[_BORN]).replace(year=chart.first_dose.year - 120, month=3, day=1)
        person["month_of_birth"], person["day_of_birth"] = 3, 1


def _born_on_no_day(chart: Chart) -> None:
    chart.one("person").update(month_of_birth=2, day_of_birth=31)


def _no_person(chart: Chart) -> None:
    chart.remove("person", chart.one("person"))


TIMES = (
    Defect("dose_after_death", "a dose ten days after death",
           suspected("dose_after_death") | refused("doses", "after_death"), _dose_after_death, SAME),
    Defect("scan_after_death", "an examination ten days after death",
           suspected("record_after_death") | refused("scans", "after_death"), _scan_after_death, SAME),
    Defect("dose_before_birth", "a dose five years before birth",
           suspected("dose_before_birth") | refused("doses", "before_birth"), _dose_before_birth, SAME),
    Defect("scan_before_birth", "an examination five years before birth",
           suspected("record_before_birth") | refused("scans", "before_birth"), _scan_before_birth, SAME),
    Defect("dose_backwards", "a dose ends before it starts", refused("doses", "end_before_start"), _backwards, SAME),
    Defect("ordered", "an order that was never given", refused("doses", "not_realised"), _ordered, SAME),
    Defect("code_expired", "a billing code that is out of force", refused("doses", "code_expired"), _expired, SAME),
    Defect("drug_named", "a dose of a drug that only its name tells", refused("doses", "drug_not_coded"), _named),
    Defect("drug_branded", "a dose of a drug that only a brand tells", refused("doses", "drug_not_coded"), _branded),
    Defect("drug_unknown", "a dose of a drug that nobody knows", COUNTED, _unknown_drug),
    Defect("stop_in_words", "a reason to stop that nobody knows", refused("doses", "stop_reason_unknown"), _stopped,
           SAME),
    Defect("late_baseline", "the scan before treatment is dated a week after the dose",
           suspected("baseline_after_dose"), _late_baseline, SAME),
    Defect("dose_unobserved", "a dose after the end of observation", suspected("dose_unobserved"), _unobserved),
    Defect("scan_in_the_future", "an examination in 2061", suspected("after_the_data_end"), _in_the_future, SAME),
    Defect("observed_after_death", "observed for a month after death", suspected("observed_after_death"),
           _observed_on),
    Defect("cause_in_words", "a cause of death that no rule can judge", refused("persons", "death_cause_unknown"),
           _died_of_words, SAME),
    Defect("aged_120", "treated at 120", suspected("age_impossible"), _born_long_ago, SAME),
    Defect("born_31_february", "a date of birth that is none", refused("persons", "birth_date_invalid"),
           _born_on_no_day),
    Defect("no_person", "treated, and no row in person", refused("persons", "person_row_missing"), _no_person),
)

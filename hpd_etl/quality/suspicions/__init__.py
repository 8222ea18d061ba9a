"""What a careful reviewer would look for in the records: rows that do not fit the others of their person.

A suspicion changes no label and refuses nothing. It is counted in the report; which rows it concerns stands in the
local artefact alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hpd_etl.quality.suspicions import answers, course, dates, identity, people, treatment, units
from hpd_etl.quality.suspicions.facts import Facts
from hpd_etl.schema import SUSPICIONS, Suspicions

if TYPE_CHECKING:
    from hpd_etl.config import Study
    from hpd_etl.schema import Timeline

_RECIST = "Eisenhauer EA et al., Eur J Cancer 2009;45:228-247 (RECIST 1.1)"
_KAHN = "Kahn MG et al., eGEMs 2016;4:1244, temporal plausibility"
_ATEMPORAL = "Kahn MG et al., eGEMs 2016;4:1244, atemporal plausibility"
_UNIQUE = "Kahn MG et al., eGEMs 2016;4:1244, uniqueness plausibility"
_DECISION = "docs/decisions.md, A8"


@dataclass(frozen=True)
class Suspicion:
    """One thing to look for: how bad it is, why it is looked for, what would mend it, and where that is written."""

    name: str
    severity: str
    """`warning`: it may change a label; `info`: it may be as it is."""
    why: str
    remedy: str
    reference: str
    find: Callable[[Facts], pd.DataFrame]


LOOKED_FOR = (
    Suspicion(
        "tenfold_lesion", "warning", "a lesion is some ten times what it was at the neighbouring scan: cm read as mm",
        "compare the unit of the row with the report", _ATEMPORAL, units.tenfold_lesion),
    Suspicion(
        "tenfold_scan", "warning", "all lesions of a scan are some ten times what they were: cm read as mm",
        "compare the unit of the scan with the report", _ATEMPORAL, units.tenfold_scan),
    Suspicion(
        "volume_unlike_diameter", "warning", "no lesion of this diameter has this volume: mL, cm3 and mm3 are mixed up",
        "compare the unit of the volume with the report", _ATEMPORAL, units.volume_unlike_diameter),
    Suspicion(
        "lesions_exchanged", "warning", "two lesions have exchanged their sizes: one is called by the other's name",
        "look up which lesion is which in the images", _RECIST, identity.exchanged),
    Suspicion(
        "study_twice", "warning", "two studies of a day give the same sizes: one examination under two ids",
        "keep one of the studies at the source", _UNIQUE, identity.study_twice),
    Suspicion(
        "lesions_twice", "warning", "every size of a day stands under two lesions of one organ: the burden is doubled",
        "give the lesion one name at the source", _UNIQUE, identity.lesions_twice),
    Suspicion(
        "sizes_copied_forward", "warning", "to the digit the sizes of a scan weeks before: the report was copied",
        "look up the sizes in the images", _ATEMPORAL, course.copied_forward),
    Suspicion(
        "seen_again", "info", "a lesion that was gone is measured again: it returned, or is another one",
        "look up which lesion it is", _RECIST, course.seen_again),
    Suspicion(
        "new_at_first_scan", "info", "nothing was seen before a lesion that is called new: the earlier scan is missing",
        "provide the scan before, or the role at baseline", _RECIST, course.new_at_first_scan),
    Suspicion(
        "sum_unlike_lesions", "warning", "a recorded sum is not the sum of the target lesions of its day",
        "find out whether the sum or a lesion is wrong", _RECIST, answers.sum_unlike_lesions),
    Suspicion(
        "response_unlike_lesions", "warning", "a recorded response is not the one that follows from the lesions",
        "find out what the reader knew: a non-target lesion, another nadir, other criteria", _RECIST,
        answers.response_unlike_lesions),
    Suspicion(
        "response_without_scan", "info", "a response is recorded, and no examination in the thirty days around it",
        "provide the examination, or the day of the assessment", _KAHN, answers.response_without_scan),
    Suspicion(
        "baseline_after_dose", "warning", "the only scan near the first dose lies after it: it is no baseline",
        "compare the dates of scan and dose; a study may set baseline_grace_days", _RECIST,
        treatment.baseline_after_dose),
    Suspicion(
        "dose_unobserved", "info", "a dose on a day on which nobody observed the person",
        "mend the period under observation, or the date of the dose", _KAHN, treatment.dose_unobserved),
    Suspicion(
        "scan_dated_by_report", "warning", "a scan has the day of its report, which is written later",
        "provide the ImagingStudy, or the day of the examination", _KAHN, dates.scan_dated_by_report),
    Suspicion(
        "dose_after_death", "warning", "a dose is dated after death; it is refused", "mend the date of either",
        _DECISION, dates.dose_after_death),
    Suspicion(
        "record_after_death", "warning", "something is dated after death; it is refused", "mend the date of either",
        _DECISION, dates.record_after_death),
    Suspicion(
        "dose_before_birth", "warning", "a dose is dated before birth; it is refused", "mend the date of either",
        _DECISION, dates.dose_before_birth),
    Suspicion(
        "record_before_birth", "warning", "something is dated before birth; it is refused", "mend the date of either",
        _DECISION, dates.record_before_birth),
    Suspicion(
        "observed_after_death", "info", "observed for more than thirty days after death",
        "mend the date of death, or the end of observation", _KAHN, dates.observed_after_death),
    Suspicion(
        "after_the_data_end", "warning", "dated after the last day on which anybody was observed: it has not come yet",
        "mend the date", _KAHN, dates.after_the_data_end),
    Suspicion(
        "age_impossible", "warning", "younger than a year or older than 110 at the first dose",
        "mend the date of birth", _ATEMPORAL, people.age_impossible),
    Suspicion(
        "organ_of_other_sex", "warning", "a lesion in an organ that a person of this sex does not have",
        "mend the sex or the organ; two persons may be one", _ATEMPORAL, people.organ_of_other_sex),
)
"""In the order of the report."""


def suspect(timeline: Timeline, study: Study) -> Suspicions:
    """Every row that does not fit; pure, and of a person by that person's records alone but for the end of the data."""
    facts = Facts(timeline, study)
    found = [each.find(facts).assign(suspicion=each.name) for each in LOOKED_FOR]
    return Suspicions(SUSPICIONS.frame(pd.concat([SUSPICIONS.frame(), *filter(len, found)], ignore_index=True)))


def counted(found: Suspicions) -> pd.DataFrame:
    """Rows and persons of each suspicion that was looked for, with what it means; counts only."""
    rows = found.suspicions.groupby("suspicion", observed=True)["person_id"].agg(rows="size", persons="nunique")
    told = pd.DataFrame([(each.name, each.severity, each.why, each.remedy, each.reference) for each in LOOKED_FOR],
                        columns=["suspicion", "severity", "why", "remedy", "reference"])
    both = told.join(rows.astype("Int64"), on="suspicion").fillna({"rows": 0, "persons": 0})
    return both[["suspicion", "severity", "rows", "persons", "why", "remedy", "reference"]]

"""Persons who cannot be as they are recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl.config import MONTH_DAYS
from hpd_etl.grouping import NO_DAY, days
from hpd_etl.quality.suspicions.facts import rows

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.quality.suspicions.facts import Facts

YEAR_DAYS = 12 * MONTH_DAYS
AGES = (1.0, 110.0)
"""A checkpoint inhibitor is given to nobody younger; and somebody older is rather not the person of the record."""
ORGANS_OF_ONE_SEX = {
    "female": ("ovary", "uterus", "cervix uteri", "uterine cervix", "endometrium", "vagina", "vulva", "fallopian tube"),
    "male": ("prostate", "testis", "penis", "seminal vesicle"),
}
"""Organs that only persons of this sex have."""


def age_impossible(facts: Facts) -> pd.DataFrame:
    """Whoever was younger than a year, or older than 110, at the first dose."""
    index, persons = facts.timeline.index, facts.timeline.persons
    born = np.full(len(facts.persons), NO_DAY)
    exact, earliest = days(persons["birth_date"]), days(persons["born_from"])
    born[facts.of_person(persons)] = np.where(exact == NO_DAY, earliest, exact)
    own = born[facts.of_person(index)]
    known = (own != NO_DAY) & index["index_date"].notna().to_numpy(np.bool_)
    age = (days(index["index_date"]) - np.where(known, own, 0)) / YEAR_DAYS
    return rows("index", index, known & ((age < AGES[0]) | (age > AGES[1])))


def organ_of_other_sex(facts: Facts) -> pd.DataFrame:
    """A lesion in an organ that a person of the recorded sex does not have; the first row of each person."""
    lesions, persons = facts.timeline.lesions, facts.timeline.persons
    sex = np.full(len(facts.persons), "", dtype=object)
    sex[facts.of_person(persons)] = persons["sex"].astype("string[pyarrow]").fillna("").to_numpy(object)
    organ = lesions["organ"].astype("string[pyarrow]").fillna("")
    own, marked = sex[facts.of_person(lesions)], np.zeros(len(lesions), dtype=np.bool_)
    for had_by, organs in ORGANS_OF_ONE_SEX.items():
        other = np.isin(own, [each for each in ORGANS_OF_ONE_SEX if each != had_by])
        marked |= other & organ.isin(organs).to_numpy(np.bool_)
    once = marked & ~lesions["person_id"].where(marked).duplicated().to_numpy(np.bool_)
    return rows("lesions", lesions, once)

"""Random cohorts.

A cohort is a list of numbers, one a patient, so that Hypothesis shrinks it to the patients that matter.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from hpd_etl.config import Study
from tests.reference.generator import Seeded, patient_of
from tests.reference.patient import records_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpd_etl.schema import Records

PERSONS = 24
"""At least so many patients a cohort: a run costs the same for one as for fifty."""

numbers = st.lists(st.integers(0, 10**6), min_size=PERSONS, max_size=2 * PERSONS, unique=True)
FIVE = ("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019")
"""Every metric of diameters; the other rulers, windows and variants come with one of the studies each."""
studies = st.sampled_from([Study.model_validate({"id": "laws", **asked}) for asked in (
    {"criteria": {"use": (*FIVE, "kimcg2019_tgr", "saada2017_confirmed")}},
    {"lesions": {"targets": "derived", "new_lesions": "first_seen"},
     "criteria": {"use": (*FIVE, "kato2017_irrc", "lorusso2019", "gandara2021_fp")}},
    {"comparators": [{"cohort": "chemotherapy", "agents": {"docetaxel": {}, "irinotecan": {}}}],
     "criteria": {"use": (*FIVE, "matos2020", "ji2019_intersection"),
                  "pre_growth_nonpositive": "positive_post_is_hpd", "irrecist_nontarget_pd": True}},
)])


def records(cohort: Iterable[int]) -> Records:
    """The records of the patients with these numbers."""
    return records_of(patient_of(Seeded(random.Random(number)), f"p{number}") for number in cohort)

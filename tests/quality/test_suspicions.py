"""What a careful reviewer would look for: each suspicion with patients who raise it, and with others who nearly do."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpd_etl.config import Study
from hpd_etl.criteria import window_sets
from hpd_etl.quality import suspect
from hpd_etl.quality.suspicions import LOOKED_FOR, counted
from hpd_etl.schema import Records, Timeline
from hpd_etl.timeline import align
from tests.spec import notation

STUDY = Study(id="s", responses={"frameworks": ("RECIST1.1",)})


def aligned(records: Records, study: Study = STUDY) -> Timeline:
    """The timeline of these records."""
    return align(records, study, window_sets((), study))


def found(records: Records) -> dict[str, str]:
    """By person what is suspected, as `name day`, sorted and joined by commas; without a day where none is told."""
    rows = suspect(aligned(records), STUDY).suspicions.astype(object)
    told: dict[str, list[str]] = {}
    for person, name, day in zip(rows["person_id"], rows["suspicion"], rows["days_from_index"], strict=True):
        told.setdefault(person, []).append(name if pd.isna(day) else f"{name} {day}")
    return {person: ", ".join(sorted(names)) for person, names in told.items()}


def check(table: str) -> None:
    """Compare the column `suspected` of a table of patients with what is suspected of them."""
    lines = notation.rows(table)
    told = found(notation.records(lines))
    assert {line["person"]: told.get(line["person"], "") for line in lines} == {
        line["person"]: line["suspected"] for line in lines}


def changed(records: Records, **tables: pd.DataFrame) -> Records:
    """The records with these tables instead."""
    return Records.of({**{table.name: frame for table, frame in records}, **tables})


# --- sizes ------------------------------------------------------------------------------------


def test_one_lesion_in_another_unit() -> None:
    """A size some ten times its neighbours is the odd one, once, in the middle or at an end; fivefold is the least."""
    check("""
        person   | -60             | -7              | 49              | 100             | suspected
        middle   | 30, lung 20     | 3.3, lung 22    | 36, lung 25     |                 | tenfold_lesion -7
        first    | 300, lung 20    | 33, lung 22     | 36, lung 25     |                 | tenfold_lesion -60
        last     | 30, lung 20     | 33, lung 22     | 3.6, lung 25    |                 | tenfold_lesion 49
        only_two |                 | 33, lung 22     | 360, lung 25    |                 | tenfold_lesion 49
        for_good | 30, lung 20     | 33, lung 22     | 360, lung 25    | 390, lung 26    | tenfold_lesion 49
        fivefold | 10, lung 20     | 50, lung 22     | 49, lung 25     |                 | tenfold_lesion -60
        fourfold | 10, lung 20     | 49.9, lung 22   | 49, lung 25     |                 |
        twenty   | 5, lung 20      | 100.1, lung 22  | 101, lung 25    |                 |
        gone     | 30, lung 20     | gone, lung 22   | 36, lung 25     |                 | seen_again 49
    """)


def test_a_whole_scan_in_another_unit() -> None:
    """Where every lesion seems to shrink tenfold and return, it is the scan, once, and no lesion is counted beside."""
    check("""
        person | -60             | -7              | 49              | suspected
        all    | 30, lung 20     | 3.3, lung 2.2   | 36, lung 25     | tenfold_scan -7
        some   | 30, lung 20     | 3.3, lung 22    | 36, lung 25     | tenfold_lesion -7
        one    | 30              | 3.3             | 36              | tenfold_lesion -7
        newly  | 30, lung 20     | 33, lung 22     | 360, lung 250, new bone 9 | tenfold_scan 49
    """)


def test_a_volume_fits_its_diameter() -> None:
    """A sphere of 30 mm has 14137 mm3: 14.1 (mL read as mm3) cannot be, half of it can, and more than twice cannot."""
    check("""
        person    | -7        | suspected
        sphere    | 30=14137  |
        flat      | 30=7000   |
        millilitre | 30=14.1  | volume_unlike_diameter -7
        too_large | 30=28300  | volume_unlike_diameter -7
    """)


def test_exchanged_lesions() -> None:
    """Two lesions have each other's size at the next scan; who merely grows or shrinks has not, nor alike lesions."""
    check("""
        person    | -60             | -7              | 49              | suspected
        after     | 30, lung 50     | 31, lung 50     | 51, lung 32     | lesions_exchanged 49
        one_scan  | 30, lung 50     | 50, lung 30     | 31, lung 51     | lesions_exchanged -7
        mixed     | 30, lung 50     | 31, lung 50     | 50, lung 60     |
        alike     | 30, lung 33     | 31, lung 33     | 33, lung 30     |
    """)


def test_sizes_copied_forward() -> None:
    """Two lesions or more with the same digits weeks later; one lesion, another digit or twenty days are not enough."""
    check("""
        person    | -60             | -7              | 49              | suspected
        copied    | 30, lung 20     | 30, lung 20     | 36, lung 25     | sizes_copied_forward -7
        one_digit | 30, lung 20     | 30, lung 20.1   | 36, lung 25     |
        one       | 30              | 30              | 36              |
        fewer     | 30, lung 20, bone 10 | 30, lung 20 | 36, lung 25     |
        not_next  | 30, lung 20     | 33, lung 22     | 30, lung 20     |
    """)
    check("""
        person    | -27             | -7              | suspected
        at_once   | 30, lung 20     | 30, lung 20     |
    """)


def test_lesions_that_return_and_new_ones_without_before() -> None:
    """A lesion seen again is told at its first return; new is told where no earlier scan shows anything."""
    check("""
        person  | -60         | -7              | 49              | 100         | suspected
        returns | 30          | gone            | gone            | 12          | seen_again 100
        twice   | 30          | gone            | 10              | 12          | seen_again 49
        new     |             | 30, new bone 12 | 36              |             | new_at_first_scan -7
        later   | 30          | 30              | 31, new bone 12 |             |
    """)


# --- what was recorded beside -----------------------------------------------------------------


def test_recorded_sums_beside_lesions() -> None:
    """A sum may differ by 1 mm a lesion, and is compared only where every target of the person was measured."""
    check("""
        person   | -60                    | -7                          | 49          | suspected
        rounded  | 30, lung 20            | 33, lung 22, SLD 57         | 36, lung 25 |
        wrong    | 30, lung 20            | 33, lung 22, SLD 58         | 36, lung 25 | sum_unlike_lesions -7
        other    | 30, lung 20            | 33, lung 22, other bone 9, SLD 55 | 36, lung 25 |
        partly   | 30, lung 20            | 33, SLD 55                  | 36, lung 25 |
        unread   | 30, lung 20            | 33, lung NE, SLD 55         | 36, lung 25 |
    """)


def test_recorded_responses_beside_lesions() -> None:
    """60 % above baseline is progression, whatever is recorded; with nothing derived nobody can differ."""
    check("""
        person   | -60 | -7  | 49              | suspected
        differs  | 30  | 33  | 53, RECIST SD   | response_unlike_lesions 49
        agrees   | 30  | 33  | 53, RECIST PD   |
        unknown  | 30  | 33  | NE, RECIST SD   |
        target   | 30  | 33  | 53, nontarget PD |
    """)


def test_a_response_belongs_to_an_examination() -> None:
    """Thirty days before or after an examination is near, thirty-one is not; NE answers nothing."""
    check("""
        person | -7 | 23         | 24         | suspected
        near   | 33 | RECIST SD  |            |
        far    | 33 |            | RECIST SD  | response_without_scan 24
        open   | 33 |            | RECIST NE  |
    """)


# --- order in time ----------------------------------------------------------------------------


def test_the_only_scan_near_the_dose_lies_after_it() -> None:
    """One within 14 days after, and none in the baseline window; an examination without sizes in it is a baseline."""
    check("""
        person   | -60 | -7   | 10 | 14 | 15 | suspected
        late     | 30  |      | 33 |    |    | baseline_after_dose 10
        on_14    | 30  |      |    | 33 |    | baseline_after_dose 14
        on_15    | 30  |      |    |    | 33 |
        before   | 30  | 31   | 33 |    |    |
        examined | 30  | scan | 33 |    |    |
    """)


def test_doses_on_days_that_nobody_observed() -> None:
    """A dose outside the period under observation; who was never observed raises no suspicion."""
    check("""
        person | doses     | followup  | -7 | suspected
        within | 0, 21     | -100..21  | 33 |
        beyond | 0, 22     | -100..21  | 33 | dose_unobserved 22
        never  | 0, 22     |           | 33 |
        last   | 0         | -100..22  | 33 |
    """)


def test_what_is_dated_outside_life() -> None:
    """A dose is told apart from everything else that is dated after death or before birth, all of it refused."""
    check("""
        person      | doses | death | birth | followup  | -7 | 40 | suspected
        dose_after  | 0, 50 | 45    |       | -365..45  | 33 | 36 | dose_after_death
        scan_after  | 0     | 39    |       | -365..39  | 33 | 36 | record_after_death
        dose_before | -20, 0 |      | -10   | -5..365   | 33 | 36 | age_impossible 0, dose_before_birth
        long_after  | 0     | 45    |       | -365..76  | 33 | 36 | observed_after_death
        month_end   | 0     | 45    |       | -365..75  | 33 | 36 |
    """.replace("age_impossible 0", "age_impossible"))


def test_a_day_that_has_not_come() -> None:
    """The last day on which anybody was observed ends the data, not an open period; a row after it is dated wrongly."""
    check("""
        person | doses | followup  | -7 | 365 | 366 | suspected
        last   | 0     | -365..365 | 33 | 36  |     |
        open   | 0     | -365..40000 | 33 | 36 |    |
        beyond | 0     | -365..100 | 33 |     | 36  | after_the_data_end 366
        within | 0     | -365..100 | 33 | 36  |     |
    """)


def test_a_scan_with_the_day_of_its_report() -> None:
    """The report's own day, or an Observation of that day; a study's day stands even if it is reported at once."""
    records = notation.records(notation.rows("""
        person | doses
        a      | 0
    """))
    day = notation.DAY_0 - timedelta(days=7)
    scans = pd.DataFrame({
        "person_id": "a", "scan_date": [day + timedelta(days=n) for n in range(4)],
        "date_from": ["report", "observation", "observation", "study"],
        "reported_on": [day, day + timedelta(days=1), day + timedelta(days=3), day + timedelta(days=3)],
        "source_id": [f"scan:{n}" for n in range(4)]})
    rows = suspect(aligned(changed(records, scans=scans)), STUDY).suspicions
    assert list(rows.loc[rows["suspicion"] == "scan_dated_by_report", "source_id"]) == ["scan:0", "scan:1"]


# --- identity ---------------------------------------------------------------------------------


def doubled(*, uids: tuple[str, str], modality: tuple[str, str] = ("CT", "CT"), again: tuple[float, float] = (33, 22),
            names: tuple[str, str] = ("liver", "lung"), organs: tuple[str, str] = ("liver", "lung")) -> Records:
    """A patient with two studies on day -7, the second of which gives these sizes under these names."""
    records = notation.records(notation.rows("""
        person | -60         | -7          | 49
        a      | 30, lung 20 | 33, lung 22 | 36, lung 25
    """))
    day = notation.DAY_0 - timedelta(days=7)
    scans = pd.DataFrame({"person_id": "a", "scan_date": day, "date_from": "study", "modality": modality,
                          "study_uid": uids, "source_id": ["scan:1", "scan:2"]})
    more = pd.DataFrame({"person_id": "a", "scan_date": day, "lesion_id": names, "organ": organs, "role": "target",
                         "is_node": False, "status": "measured", "diameter_mm": again,
                         "source_id": ["again:1", "again:2"]})
    return changed(records, scans=scans, lesions=pd.concat([records.lesions, more], ignore_index=True))


@pytest.mark.parametrize(("records", "expected"), [
    (doubled(uids=("1.1", "1.2")), "study_twice -7"),
    (doubled(uids=("1.1", "1.2"), names=("x", "y")), "study_twice -7"),
    (doubled(uids=("1.1", "1.1"), names=("x", "y")), "lesions_twice -7"),
    (doubled(uids=("1.1", "1.2"), modality=("CT", "MR")), ""),
    (doubled(uids=("1.1", "1.2"), names=("x", "y"), again=(33, 21)), ""),
    (doubled(uids=("1.1", "1.2"), names=("x", "y"), organs=("liver", "bone")), ""),
], ids=["same names", "other names", "one study", "two modalities", "other sizes", "other organ"])
def test_one_study_under_two_ids(records: Records, expected: str) -> None:
    """Two studies of one modality and day that give every size again are one; CT and MR of a day are two."""
    assert found(records).get("a", "") == expected


def test_persons_who_cannot_be() -> None:
    """Nobody is treated before the first birthday or after 110 years, and a man has no lesion in the uterus."""
    records = notation.records(notation.rows("""
        person | -7
        baby   | 33
        old    | 33
        aged   | 33
        man    | uterus 33, liver 20
        woman  | uterus 33
        nobody | uterus 33
    """))
    born = {"baby": 2019, "old": 1908, "aged": 1911}
    persons = records.persons.assign(
        birth_date=[datetime(born[name], 6, 1) if name in born else None for name in records.persons["person_id"]],
        sex=[{"man": "male", "woman": "female"}.get(name) for name in records.persons["person_id"]])
    assert found(changed(records, persons=persons)) == {
        "baby": "age_impossible", "old": "age_impossible", "man": "organ_of_other_sex -7"}


# --- laws -------------------------------------------------------------------------------------


def test_nothing_to_look_at_raises_nothing() -> None:
    """Without a person every suspicion is counted with zero rows."""
    told = counted(suspect(Timeline(), STUDY))
    assert list(told["suspicion"]) == [each.name for each in LOOKED_FOR]
    assert not told[["rows", "persons"]].to_numpy(np.int64).any()


def test_every_suspicion_says_what_it_is() -> None:
    """Each has a name of its own, a severity, a reason, a remedy and a reference."""
    assert len({each.name for each in LOOKED_FOR}) == len(LOOKED_FOR)
    assert {each.severity for each in LOOKED_FOR} == {"warning", "info"}
    assert all(each.why and each.remedy and each.reference for each in LOOKED_FOR)


SIZES = st.lists(st.sampled_from([3.0, 3.3, 20.0, 30.0, 33.0, 50.0, 330.0]), min_size=3, max_size=3)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=4))
def test_a_suspicion_rests_on_one_person(people: list[tuple[list[float], list[float]]]) -> None:
    """Whoever else is in the data, the same is suspected of a person, in whatever order the persons stand."""
    lines = [{"person": f"p{n}", "-60": f"{one[0]}, lung {two[0]}", "-7": f"{one[1]}, lung {two[1]}",
              "49": f"{one[2]}, lung {two[2]}"} for n, (one, two) in enumerate(people)]
    alone = {person: told for line in lines for person, told in found(notation.records([line])).items()}
    assert found(notation.records(lines[::-1])) == alone

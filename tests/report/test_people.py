"""What is known of the people before treatment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from hpd_etl.report.people import Characteristic, characteristics, people

if TYPE_CHECKING:
    from hpd_etl.report.facts import Facts


def _with_findings(facts: Facts, *rows: tuple[int, str, int, str | None, float | None, str | None]) -> pd.DataFrame:
    """The people if these were all findings: place of the person, finding, day, precision, number, code."""
    ids = facts.people.index
    findings = pd.DataFrame([
        {"person_id": ids[who], "finding": finding, "days_from_index": day, "date_precision": precision,
         "value_number": number, "value_code": code, "assessed_on": facts.people["index_date"].iloc[who]}
        for who, finding, day, precision, number, code in rows])
    return people(replace(facts, timeline=replace(facts.timeline, findings=findings)))


def test_each_person_of_the_cohort_has_one_row(facts: Facts) -> None:
    """The rows are the people of the cohort in their order, and each column says something of somebody."""
    made = people(facts)
    assert made.index.equals(facts.people.index)
    assert {"sex", "age", "ecog", "primary_site", "histology", "organs", "regimen", "msi", "egfr"} <= set(made)
    assert made.notna().any().all()
    assert [each.key for each in characteristics(made)] == [name for name in made if name != "organs"]


def test_the_age_is_that_of_the_last_birthday(facts: Facts) -> None:
    """A first dose the day before a birthday, on it, and on a day of which only the year of birth is known."""
    ids, persons = facts.people.index[:3], facts.timeline.persons.copy()
    rows = persons.set_index("person_id").index.get_indexer(ids)
    first = facts.people["index_date"].iloc[:3]
    births = [first.iloc[0] - pd.DateOffset(years=50, days=-1), first.iloc[1] - pd.DateOffset(years=50), pd.NaT]
    persons.loc[rows, "birth_date"] = births
    persons.loc[rows[2], "born_from"] = pd.Timestamp(year=first.iloc[2].year - 50, month=1, day=1)
    made = people(replace(facts, timeline=replace(facts.timeline, persons=persons)))
    assert made["age"].iloc[:3].tolist() == [49, 50, 50]


def test_the_last_finding_up_to_the_first_dose_counts(facts: Facts) -> None:
    """Neither an earlier one nor one after it does; of one day the worst; a month that may lie after it does not."""
    made = _with_findings(
        facts,
        (0, "ecog", -30, None, 2, None), (0, "ecog", 0, None, 1, None), (0, "ecog", 1, None, 3, None),
        (1, "ecog", -5, None, 0, None), (1, "ecog", -5, None, 2, None),
        (2, "ecog", -30, "month", 1, None), (3, "ecog", -29, "month", 1, None),
        (0, "pdl1", -9, None, None, "positive"), (1, "pdl1", -9, None, 50, None),
        (2, "pdl1", -9, None, None, "positive"), (2, "pdl1", -9, None, None, "negative"))
    assert made["ecog"].iloc[:4].tolist() == [1, 2, 1, pd.NA]
    assert made["pdl1"].iloc[:3].tolist() == ["positive", pd.NA, "several"]
    assert made["pdl1_number"].iloc[:2].tolist() == [pd.NA, 50]
    assert "msi" not in made


def test_ecog_is_a_grade(facts: Facts) -> None:
    """What is coded without a grade stands apart, and a grade between two counts as the lower one, as in the rules."""
    made = _with_findings(facts, (0, "ecog", -3, None, 1.5, None), (1, "ecog", -3, None, None, "good"))
    assert made["ecog"].iloc[:2].tolist() == [1, pd.NA]
    assert made["ecog_code"].iloc[:2].tolist() == [pd.NA, "good"]
    assert {each.key: each.levels for each in characteristics(made)}["ecog"] == ("1",)


def test_the_tumour_is_known_at_any_time_if_it_is_one(facts: Facts) -> None:
    """A histology found later is still that of the tumour; two of them are `several`."""
    made = _with_findings(facts, (0, "histology", 40, None, None, "melanoma"),
                          (1, "histology", -1, None, None, "nsclc"), (1, "histology", -1, None, None, "melanoma"))
    assert made["histology"].iloc[:3].tolist() == ["melanoma", "several", pd.NA]


def test_all_metastases_are_told(facts: Facts) -> None:
    """Those recorded up to the first dose, each once; one that comes later is not there yet."""
    made = _with_findings(facts, *((0, "metastasis", day, None, None, site) for day, site in (
        (-40, "liver"), (-9, "bone"), (-8, "liver"), (5, "brain"))), (1, "metastasis", 0, None, None, "lung"))
    assert made["metastasis"].iloc[:3].tolist() == ["bone + liver", "lung", pd.NA]


def test_organs_are_those_with_lesions_at_baseline(facts: Facts) -> None:
    """Nodes are one organ wherever they lie, a lesion without an organ is one, a vanished lesion is none."""
    choices, who = facts.timeline.scan_choices, facts.people.index[0]
    day = choices[(choices["person_id"] == who) & (choices["window_set"] == "study") & (choices["role"] == "baseline")]
    seen = [("liver", False, "measured", 0, 20.0), ("liver", False, "present", 0, None),
            ("axilla", True, "measured", 0, 18.0), ("groin", True, "measured", 0, 16.0),
            (None, False, "measured", 0, 12.0), ("lung", False, "disappeared", 0, None),
            ("bone", False, "measured", 30, 22.0)]
    lesions = pd.DataFrame([
        {"person_id": who, "lesion_id": f"l{number}", "organ": organ, "is_node": is_node, "status": status,
         "days_from_index": int(day["days_from_index"].iloc[0]) + later, "diameter_mm": size,
         "scan_date": day["scan_date"].iloc[0] + pd.Timedelta(days=later)}
        for number, (organ, is_node, status, later, size) in enumerate(seen)])
    made = people(replace(facts, timeline=replace(facts.timeline, lesions=lesions)))
    assert made["organs"].iloc[:2].tolist() == [3, pd.NA]
    assert made["organs_split"].iloc[:2].tolist() == ["more than 2", pd.NA]


def test_what_few_have_is_not_named() -> None:
    """Text of a finding that fewer than five have may be somebody's words: it stands as `other`; regimens are ours."""
    told = pd.array(["MSI-H"] * 5 + ["ask Jane"] * 4 + ["see note"])
    assert characteristics(pd.DataFrame({"msi": told}))[0].levels == ("MSI-H", "other")
    assert characteristics(pd.DataFrame({"regimen": told}))[0].levels == ("MSI-H", "ask Jane", "see note")


def test_rare_values_stand_together() -> None:
    """Of more than ten values the nine most frequent ones keep their names; who has none of them is `other`."""
    frame = pd.DataFrame({"histology": pd.array([f"kind{n:02}" for n in range(12) for _ in range(20 - n)])})
    [each] = characteristics(frame)
    assert each.levels == (*(f"kind{n:02}" for n in range(9)), "other")
    codes = each.codes(frame)
    assert [int((codes == code).sum()) for code in range(10)] == [*(20 - n for n in range(9)), 11 + 10 + 9]
    assert Characteristic("histology", "", ("kind00",)).codes(frame).min() == -1

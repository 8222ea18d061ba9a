"""Table 1: who is counted where, and what is tested."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from hpd_etl.report.compared import GROUPS, NOT_RECORDED
from hpd_etl.report.content import Listing
from hpd_etl.report.people import people
from hpd_etl.report.sections import table1
from hpd_etl.report.statistics import counts, several

if TYPE_CHECKING:
    from hpd_etl.report.facts import Facts


@pytest.fixture(scope="module")
def few(facts: Facts) -> Facts:
    """The same under two definitions alone."""
    return replace(facts, definitions=tuple(each for each in facts.definitions if each.id in ("ji2019", "kato2017")))


@pytest.fixture(scope="module")
def parts(few: Facts) -> dict[str, Listing]:
    """The tables by their key."""
    return {part.key: part for part in table1.section(few).parts if isinstance(part, Listing)}


def test_everybody_stands_once_in_each_characteristic(few: Facts, parts: dict[str, Listing]) -> None:
    """The levels and "not recorded" add up to the persons of each verdict, whoever has it."""
    for definition in few.definitions:
        verdicts = few.verdicts_of(definition).value_counts()
        groups = [int(verdicts.get(name, 0)) for name in ("HPD", "not HPD", "not evaluable")]
        assert sum(groups) == len(few.people)
        summed = parts[f"table1-{definition.id}"].frame.groupby("characteristic")[list(GROUPS)].sum()
        assert (summed == groups).all(axis=None)
        numbers = parts[f"table1-numbers-{definition.id}"].frame
        assert (numbers[list(GROUPS)] == groups).all(axis=None)


def test_the_rows_are_those_of_the_people(few: Facts, parts: dict[str, Listing]) -> None:
    """Counts, percentages of those with a record, medians and quartiles, counted here with pandas."""
    known, verdicts = people(few), few.verdicts_of(few.definitions[0])
    frame = parts[f"table1-{few.definitions[0].id}"].frame.set_index(["characteristic", "level"])
    crossed = pd.crosstab(known["msi"].astype(object), verdicts.astype(object).to_numpy())
    for level, row in crossed.iterrows():
        assert frame.loc[("Microsatellites", level), "hpd"] == row["HPD"]
        assert frame.loc[("Microsatellites", level), "not_hpd_share"] == pytest.approx(
            row["not HPD"] / crossed["not HPD"].sum())
    assert frame.loc[("Microsatellites", "not recorded"), "hpd"] == (
        known["msi"].isna().to_numpy() & (verdicts == "HPD").to_numpy()).sum()
    age = known["age"][(verdicts == "HPD").to_numpy()].astype(float)
    numbers = parts[f"table1-numbers-{few.definitions[0].id}"].frame.set_index("characteristic")
    told = numbers.loc["Age at first dose, years", ["hpd_q1", "hpd_median", "hpd_q3"]].astype(float)
    assert told.tolist() == age.quantile([0.25, 0.5, 0.75]).tolist()


def test_ji_s_table_through_the_whole_way(few: Facts) -> None:
    """People with the ECOG and the labels of Ji's Table 1 get its counts, its p of 0.341 and the name of the test."""
    ids, definition = few.people.index, few.definitions[0]
    grades = [*[0] * 10, *[1] * 10, *[0] * 4, 1]
    findings = pd.DataFrame({"person_id": ids[:25], "finding": "ecog", "value_number": grades, "days_from_index": 0,
                             "assessed_on": few.people["index_date"].iloc[:25].to_numpy()})
    verdicts = np.array([*["NOT_HPD"] * 20, *["HPD"] * 5, *["NOT_EVALUABLE"] * (len(ids) - 25)])
    labels = few.labels.labels[(few.labels.labels["definition_id"] == definition.id)].set_index("person_id").loc[ids]
    labels = labels.assign(verdict=verdicts).reset_index()
    given = replace(few, definitions=(definition,), timeline=replace(few.timeline, findings=findings),
                    labels=replace(few.labels, labels=labels))
    frame = table1.section(given).parts[0].frame
    ecog = frame[frame["characteristic"] == "ECOG"]
    assert ecog[["level", "not_hpd", "hpd"]].to_numpy().tolist()[:2] == [["0", 10, 4], ["1", 10, 1]]
    assert ecog["level"].iloc[2] == NOT_RECORDED
    assert ecog["test"].iloc[0] == counts.FISHER
    assert round(ecog["p"].iloc[0], 3) == 0.341
    assert ecog["p"].iloc[1:].isna().all()
    assert round(100 * ecog["hpd_share"].iloc[0]) == 80
    by_r = [28.4, 99.5]  # binom.test(4, 5)
    assert [round(100 * ecog[name].iloc[0], 1) for name in ("hpd_low", "hpd_high")] == by_r


def test_each_p_is_adjusted_for_all_of_its_definition(parts: dict[str, Listing]) -> None:
    """Categories and numbers of a definition are one family of tests."""
    both = pd.concat([parts["table1-ji2019"].frame, parts["table1-numbers-ji2019"].frame])
    p = both["p"].dropna().to_numpy(float)
    assert len(p) > 8
    np.testing.assert_allclose(both["p_holm"].dropna().to_numpy(float), several.adjusted(p, "holm"))
    np.testing.assert_allclose(both["p_fdr"].dropna().to_numpy(float), several.adjusted(p, "fdr_bh"))


def test_single_values_are_for_the_site_s_own_eyes(parts: dict[str, Listing]) -> None:
    """The lowest and the highest age are those of single patients; quartiles stand in the shareable table."""
    assert [key for key, part in parts.items() if part.patients] == ["table1-ranges-kato2017", "table1-ranges-ji2019"]


def test_small_groups_say_so(few: Facts) -> None:
    """Fewer than thirty in one of the groups is told beside the table, thirty is not."""
    small = {part.definition for part in table1.section(few).parts if table1.SMALL in part.notes}
    fewer = {each.id for each in few.definitions
             if min((few.verdicts_of(each) == name).sum() for name in ("HPD", "not HPD")) < 30}
    assert small == fewer != set()

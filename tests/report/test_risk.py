"""Risk factors: what enters the model, and that nothing hidden is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpd_etl.report.cells import hidden
from hpd_etl.report.compared import COUNTS, by_definition
from hpd_etl.report.content import Listing, Story
from hpd_etl.report.people import people
from hpd_etl.report.sections import risk, table1
from hpd_etl.report.statistics.odds import odds_ratio

if TYPE_CHECKING:
    from hpd_etl.report.compared import Compared
    from hpd_etl.report.facts import Facts


@pytest.fixture(scope="module")
def some(facts: Facts) -> Facts:
    """The same under a definition that finds many, one that finds few and one that finds nobody."""
    names = ("ji2019", "kato2017", "lorusso2019")
    return replace(facts, definitions=tuple(each for each in facts.definitions if each.id in names))


@pytest.fixture(scope="module")
def parts(some: Facts) -> dict[str, Listing | Story]:
    """The parts by key."""
    return {part.key: part for part in risk.section(some).parts if isinstance(part, Listing | Story)}


@pytest.fixture
def compared(some: Facts) -> Compared:
    """The people under the definition that finds many."""
    return next(each for each in by_definition(some) if each.definition.id == "ji2019")


def test_each_category_stands_against_the_rest(some: Facts, parts: dict[str, Listing | Story]) -> None:
    """The four counts are those of the people of whom it is recorded; of two categories the second is the reference."""
    definition = next(each for each in some.definitions if each.id == "ji2019")
    verdicts, site = some.verdicts_of(definition).to_numpy(), people(some)["primary_site"].fillna("").to_numpy()
    frame = parts["risk-ji2019"].frame.set_index(["characteristic", "level"])
    known = site != ""
    cells = [int(((verdicts == group) & known & ((site == "lung") == has)).sum())
             for has in (True, False) for group in ("HPD", "not HPD")]
    row = frame.loc[("Primary site", "lung")]
    found = odds_ratio(*cells)
    assert (row["odds_ratio"], row["low"], row["high"]) == (found.ratio, found.low, found.high)
    assert row["is_small"] == (min(cells) < 5)
    assert frame.loc["Sex", "how"].tolist()[1] == risk.REFERENCE
    assert frame.loc["Sex", "odds_ratio"].isna().tolist() == [False, True]


def test_what_table1_hides_is_not_told_here(some: Facts, parts: dict[str, Listing | Story]) -> None:
    """The same counts are hidden in both tables, and with a count the odds ratios of its characteristic."""
    for part in table1.section(some).parts:
        if part.key in ("table1-ji2019", "table1-kato2017"):
            other = parts[part.key.replace("table1", "risk")]
            one, two = hidden(part, 5), hidden(other, 5)
            assert one[list(COUNTS)].equals(two[list(COUNTS)])
            unseen = two.loc[two[list(COUNTS)].isna().any(axis=1), "characteristic"].unique()
            assert len(unseen)
            assert two.loc[two["characteristic"].isin(unseen), ["odds_ratio", "low", "high"]].isna().all(axis=None)


def test_factors_enter_in_their_order_as_far_as_events_allow(compared: Compared) -> None:
    """Five HPD and five others for each coefficient; who lacks a factor is in no model; labels choose none of them."""
    n = len(compared.group)
    age, ecog = np.arange(n) % 50 + 30.0, np.arange(n) % 3 + 0.0
    ecog[compared.group == 0] = np.nan
    ecog[np.flatnonzero(compared.group == 0)[:7]] = 1
    rare = np.zeros(n)
    rare[np.flatnonzero(compared.group < 2)[:4]] = 1
    chosen = risk.chosen_factors(compared, (("age", age), ("rare", rare), ("again", age % 7)))
    assert chosen.names == ("age", "again")
    assert len(chosen.rows) == (compared.group < 2).sum()
    assert chosen.why.startswith("rare")
    few = np.array([not np.isnan(each) for each in ecog])
    fewer = risk.chosen_factors(_among(compared, few), (("age", age[few]), ("ecog", ecog[few])))
    assert fewer.names == ("age",)
    assert fewer.why == "ecog (too few events)"
    assert risk.chosen_factors(compared, (("ecog", np.where(np.arange(n) % 2, np.nan, ecog)),)).names == ()


def _among(compared: Compared, kept: np.ndarray) -> Compared:
    """The same of some of the people."""
    made = replace(compared)
    made.__dict__["group"] = compared.group[kept]
    return made


def test_a_model_that_cannot_be_made_says_why(parts: dict[str, Listing | Story]) -> None:
    """Where nobody is HPD there is no model, and the reason tells no count below the limit."""
    left_out = parts["risk-model-lorusso2019"]
    assert isinstance(left_out, Story)
    assert left_out.paragraphs == (
        "No model of several factors: fewer than 5 are HPD, or not HPD, with the factors recorded.",)
    model = parts["risk-model-ji2019"]
    assert isinstance(model, Listing)
    assert model.frame["factor"].tolist()[0] == "Age, per 10 years"
    assert (model.frame["low"] < model.frame["odds_ratio"]).all()
    assert (model.frame["odds_ratio"] < model.frame["high"]).all()

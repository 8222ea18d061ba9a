"""Coefficients of agreement against tables of textbooks, and what is said where they are not defined."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.agreement.given import compared, definition, fourfold, pair

COEFFICIENTS = ("positive_agreement", "jaccard", "kappa")


@pytest.mark.parametrize(("cells", "kappa", "digits"), [
    ((20, 5, 10, 15), 0.4, 4),
    # Feinstein and Cicchetti 1990, as printed by Gerstman, Epidemiology Kept Simple, Table 10.6
    ((40, 9, 6, 45), 0.70, 2),
    ((80, 10, 5, 5), 0.32, 2),
    # Gerstman, Illustrative Example 10.1
    ((1467, 782, 1309, 16232), 0.524, 3),
])
def test_kappa_is_that_of_the_textbooks(cells, kappa, digits):
    """Fourfold tables with a printed kappa give that kappa, to the digits printed."""
    assert round(fourfold(*cells)["kappa"], digits) == pytest.approx(kappa)


def test_the_interval_of_kappa_is_that_of_another_program():
    """The example of `ci.kappa` in the R package statpsych, 31, 12, 4, 58, prints 0.6756757 (0.5317210, 0.8196303)."""
    row = fourfold(58, 4, 12, 31)
    assert [row[f"kappa{bound}"] for bound in ("", "_low", "_high")] == pytest.approx(
        [0.6756757, 0.5317210, 0.8196303], abs=1e-6)


def test_positive_agreement_and_jaccard_by_hand():
    """10 by both, 20 by the first alone, 30 by the second alone: 20 / 70 and 10 / 60."""
    row = fourfold(10, 20, 30, 40)
    assert row["positive_agreement"] == pytest.approx(20 / 70)
    assert row["jaccard"] == pytest.approx(10 / 60)


def test_the_interval_of_jaccard_is_exact():
    """0 of 3 has the upper bound 1 - 0.025 ** (1/3) and 3 of 3 the lower bound 0.025 ** (1/3), by arithmetic."""
    none, every = fourfold(0, 1, 2, 10), fourfold(3, 0, 0, 10)
    assert (none["jaccard_low"], none["jaccard_high"]) == pytest.approx((0, 1 - 0.025 ** (1 / 3)))
    assert (every["jaccard_low"], every["jaccard_high"]) == pytest.approx((0.025 ** (1 / 3), 1))


def test_the_interval_of_positive_agreement_follows_that_of_jaccard():
    """Positive agreement is 2J / (1 + J), so are its bounds: 3 of 3 has the lower bound 2j / (1 + j), j = 0.2924."""
    row, j = fourfold(3, 0, 0, 10), 0.025 ** (1 / 3)
    assert row["positive_agreement_low"] == pytest.approx(2 * j / (1 + j))
    assert row["positive_agreement_high"] == pytest.approx(1)


def test_only_who_is_evaluable_by_both_is_compared():
    """Of eight persons three are evaluable by both; the others are counted where they are, and agree with nobody."""
    row = pair(compared("""a b
        + +
        + -
        - -
        + .
        - .
        . +
        . .
        . ."""))
    assert [row[f"n_{name}"] for name in ("both", "first_only", "second_only", "neither")] == [3, 2, 1, 2]
    assert [row[name] for name in ("both_hpd", "first_hpd_only", "second_hpd_only", "neither_hpd")] == [1, 1, 0, 1]
    assert row["jaccard"] == pytest.approx(1 / 2)


@pytest.mark.parametrize(("cells", "absent", "reason"), [
    ((0, 0, 0, 0), COEFFICIENTS, "positive_agreement=nobody_evaluable_by_both;jaccard=nobody_evaluable_by_both;"
                                 "kappa=nobody_evaluable_by_both"),
    ((0, 0, 0, 9), COEFFICIENTS, "positive_agreement=nobody_hpd;jaccard=nobody_hpd;kappa=one_calls_all_alike"),
    ((9, 0, 0, 0), ("kappa",), "kappa=one_calls_all_alike"),
    ((0, 38, 0, 149), ("kappa",), "kappa=one_calls_all_alike"),
    ((4, 0, 9, 0), ("kappa",), "kappa=one_calls_all_alike"),
    ((4, 0, 0, 9), ("kappa_low", "kappa_high"), "kappa_interval=full_agreement"),
])
def test_what_is_not_defined_is_missing_with_a_reason(cells, absent, reason):
    """Nobody to compare, nobody HPD, everybody alike, no variance: <NA> and why, never 0 or 1."""
    row = pair(compared("a b\n. .")) if not any(cells) else fourfold(*cells)
    assert row["missing"] == reason
    for name in ("positive_agreement", "jaccard", "kappa", "kappa_low", "kappa_high"):
        missing = name in absent or name.removesuffix("_low").removesuffix("_high") in absent
        assert pd.isna(row[name]) == missing, name


def test_bounds_hold_the_estimate_and_stay_within_the_scale():
    """Every interval holds its estimate; kappa's is cut at -1 and 1."""
    for cells in ((1, 0, 1, 8), (0, 3, 4, 1), (5, 1, 0, 3), (30, 2, 3, 90)):
        row = fourfold(*cells)
        for name, least in zip(COEFFICIENTS, (0, 0, -1), strict=True):
            if not pd.isna(row[f"{name}_low"]):
                assert least <= row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] <= 1


@pytest.mark.parametrize(("cells", "small"), [
    ((10, 2, 3, 15), False), ((10, 2, 3, 14), True), ((3, 1, 2, 94), True), ((4, 1, 1, 94), False),
    ((94, 2, 2, 3), False), ((94, 1, 1, 3), True),
])
def test_small_numbers_are_marked(cells, small):
    """Fewer than 30 in all, or fewer than 5 HPD or not HPD by one of the two, are few for kappa's interval."""
    assert fourfold(*cells)["small"] == small


def test_a_rule_counts_once():
    """Two papers that state one rule are one row and column, under the first id in the study's order."""
    found = compared("a b c\n+ + -\n- - +", definition("a"), definition("b", rule="a"), definition("c"))
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [["a", "c"]]
    assert dict(zip(found.agreement_rates["definition_id"], found.agreement_rates["counted_as"], strict=True)) == {
        "a": "a", "b": "a", "c": "c"}


def test_a_rule_is_counted_under_the_id_that_the_study_names_first():
    """Where a study names the second paper alone, or before the first, the rule goes by that name, in that place."""
    found = compared("b a c\n+ + -\n- - +", definition("b", rule="a"), definition("a"), definition("c"))
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [["b", "c"]]


def test_a_comparator_that_is_no_hyperprogression_stands_apart():
    """Its pairs are marked, and it makes nobody hyperprogressive."""
    found = compared("a f\n+ +\n- +\n- -", definition("a"), definition("f", hpd=False))
    assert pair(found, "a", "f")["both_hyperprogression"] == False  # noqa: E712 (numpy's False)
    assert found.labelled["n_hpd"].tolist() == [1, 0, 0]
    assert found.labelled["n_evaluable"].tolist() == [1, 1, 1]


def test_one_definition_alone_has_no_pairs():
    """With nothing to compare with, the tables of pairs are empty and the rates stand."""
    found = compared("a\n+\n-")
    assert found.pairs.empty
    assert found.agreement_rates["hpd"].tolist() == [1]
    assert found.overlaps["persons"].tolist() == [1, 1]

"""Tests of categories: which is chosen, and that the exact one is exact."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpd_etl.report.statistics import counts

SMALL = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=4).filter(
    lambda rows: all(map(sum, zip(*rows, strict=True))))


def _tables(table):
    """Every first column with these margins, tried one by one."""
    totals, wanted = [sum(row) for row in table], sum(row[0] for row in table)
    return [column for column in itertools.product(*(range(total + 1) for total in totals)) if sum(column) == wanted]


def _slow(table):
    """The exact p in fractions: the share of choices of the first column that are no likelier than the one found."""
    totals = [sum(row) for row in table]
    ways = [prod(map(comb, totals, column)) for column in _tables(table)]
    seen = prod(map(comb, totals, (row[0] for row in table)))
    return Fraction(sum(way for way in ways if way <= seen), sum(ways))


@given(SMALL)
@settings(max_examples=60, deadline=None)
def test_the_exact_test_sums_the_tables_that_are_no_likelier(table):
    """The p of Freeman and Halton is what counting in whole numbers gives, and so is the number of tables."""
    found = np.array(table)
    assert counts.freeman_halton(found) == pytest.approx(float(_slow(table)), abs=1e-9)
    assert counts.tables(found) == len(_tables(table))


@pytest.mark.parametrize(("table", "test"), [
    ([[14, 3], [6, 2]], counts.FISHER),
    ([[14, 3], [0, 0], [6, 2]], counts.FISHER),
    ([[12, 2], [6, 0], [1, 3]], counts.FREEMAN_HALTON),
    ([[200, 100], [150, 120], [90, 40], [60, 33], [50, 20]], counts.CHI_SQUARE),
    ([[200, 100], [150, 120], [90, 40], [60, 33], [3, 1], [2, 1]], counts.SIMULATED),
    ([[14, 3], [0, 0]], "not tested: all are the same"),
    ([[14, 0], [3, 0]], "not tested: recorded of nobody in one of the groups"),
    ([[0, 0], [0, 0]], "not tested: recorded of nobody in one of the groups"),
])
def test_the_rule_names_the_test(table, test):
    """Two categories: Fisher; more: exact as long as there are few tables, then chi-square where it may be used."""
    found = counts.compared(np.array(table))
    assert found.test == test
    assert (found.p is None) == test.startswith(counts.UNTESTED)


def test_a_simulated_p_tells_its_error_and_is_the_same_again():
    """It lies within four of its standard errors of the exact p, another run gives the same, another seed another."""
    table = np.array([[9, 30], [8, 20], [7, 25], [5, 12], [3, 1]])
    first, again, other = (counts.compared(table[:, ::-1], exact_tables=10, seed=seed) for seed in (1, 1, 2))
    assert first.test == counts.SIMULATED
    assert first == again != other
    assert 0 < first.error < 0.006
    assert abs(first.p - counts.freeman_halton(table)) < 4 * first.error
    assert str(first).endswith(f"(standard error {first.error:.4f})")


def test_very_many_persons_can_be_simulated():
    """A hundred thousand persons with rare categories, of whom the common ones are far apart, and alike."""
    many = counts.compared(np.array([[12000, 30000], [13000, 45000], [5, 3], [1, 2], [0, 1]]))
    assert many.test == counts.SIMULATED
    assert many.p == 1 / (counts.DRAWN + 1)
    alike = counts.compared(np.array([[15000, 45000], [15000, 45000], [1, 3], [1, 2], [0, 1]]))
    assert alike.p > 0.5

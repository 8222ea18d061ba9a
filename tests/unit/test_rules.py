"""Comparisons and their joining, one truth at a time."""

from __future__ import annotations

import numpy as np
import pytest

from hpd_etl.criteria.rules import FALSE, TRUE, UNKNOWN, Leaf, Node, compare, evaluate, leaves, required_leaves

A, B, C = (Leaf(name, ">", 0.0) for name in "abc")
NAN = np.nan


@pytest.mark.parametrize(("sign", "truths"), [(">=", "2220"), (">", "2000"), ("<=", "0222"), ("<", "0002")])
@pytest.mark.parametrize("threshold", [20.0, -20.0])
def test_equality_has_a_tolerance(sign, truths, threshold):
    """A part in ten thousand million beside the threshold is the threshold; a part in a hundred million is not."""
    step = abs(threshold)
    values = threshold + np.array([step * 1e-8, step * 1e-10, -step * 1e-10, -step * 1e-8])
    assert "".join(map(str, compare(values, values, sign, threshold))) == truths


@pytest.mark.parametrize(("sign", "truth"), [(">=", TRUE), (">", FALSE), ("<=", TRUE), ("<", FALSE)])
def test_zero_is_zero(sign, truth):
    """At a threshold of zero there is no tolerance to lean on."""
    zero = np.zeros(1)
    assert compare(zero, zero, sign, 0.0).tolist() == [truth]


@pytest.mark.parametrize("sign", [">=", ">", "<=", "<"])
def test_missing_is_unknown(sign):
    """A missing value, or one missing end of an interval, leaves the comparison open."""
    missing = np.array([NAN])
    assert compare(missing, missing, sign, 2.0).tolist() == [UNKNOWN]
    assert compare(np.array([NAN, NAN, 1, 3]), np.array([1, 3, NAN, NAN]), sign, 2.0).tolist() == [UNKNOWN] * 4


@pytest.mark.parametrize(("sign", "truths"), [(">=", [0, 1, 2]), (">", [0, 1, 2]), ("<=", [2, 1, 0]), ("<", [2, 1, 0])])
def test_an_interval_on_both_sides_is_unknown(sign, truths):
    """Below the threshold, across it, above it."""
    found = compare(np.array([1.0, 1.0, 3.0]), np.array([1.5, 3.0, 4.0]), sign, 2.0)
    assert found.tolist() == truths
    assert found.dtype == np.int8


def test_a_leaf_reads_as_it_is_written():
    """Numbers without idle zeros, codes joined by `or`."""
    assert str(Leaf("tgk_ratio", ">=", 2.0)) == "tgk_ratio >= 2"
    assert str(Leaf("response_first", "in", ("PD", "SD"))) == "response_first in PD or SD"


def test_leaves_in_order_and_those_that_must_hold():
    """What stands below `any` or `at_least` need not hold."""
    rule = Node("all", (A, Node("any", (B, C)), Node("all", (C,)), Node("at_least", (A, B), 1)))
    assert list(leaves(rule)) == [A, B, C, C, A, B]
    assert list(required_leaves(rule)) == [A, C]
    assert list(leaves(A)) == list(required_leaves(A)) == [A]


TRUTHS = dict(zip((A, B, C), np.array([[0, 0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2, 2], [0, 2, 2, 1, 2, 0, 2]], np.int8),
                  strict=True))


@pytest.mark.parametrize(("rule", "truths"), [
    (Node("all", (A, B, C)), [0, 0, 0, 1, 1, 0, 2]),
    (Node("any", (A, B, C)), [0, 2, 2, 1, 2, 2, 2]),
    (Node("at_least", (A, B, C), 2), [0, 0, 1, 1, 2, 2, 2]),
    (Node("at_least", (A, B, C), 3), [0, 0, 0, 1, 1, 0, 2]),
    (Node("any", (Node("all", (A, B)), C)), [0, 2, 2, 1, 2, 2, 2]),
    (A, [0, 0, 0, 1, 1, 2, 2]),
])
def test_what_is_unknown_stays_unknown_until_it_is_settled(rule, truths):
    """Kleene: `all` is as true as its least true part, `any` as its truest; `at_least` counts the true and the open."""
    found = evaluate(rule, TRUTHS)
    assert found.tolist() == truths
    assert found.dtype == np.int8

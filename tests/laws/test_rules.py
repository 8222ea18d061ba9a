"""Laws of three-valued logic: learning what was unknown never turns a decided answer round."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpd_etl.criteria.rules import FALSE, TRUE, UNKNOWN, Leaf, Node, evaluate
from tests.laws.outcomes import thorough

LEAVES = [Leaf(f"metric_{number}", ">", 0.0) for number in range(5)]


def _node(join: str, parts: list[Leaf | Node], n: int) -> Node:
    return Node(join, tuple(parts), min(n, len(parts)) if join == "at_least" else 0)


trees = st.recursive(
    st.sampled_from(LEAVES),
    lambda parts: st.builds(_node, st.sampled_from(["all", "any", "at_least"]), st.lists(parts, min_size=1, max_size=4),
                            st.integers(1, 4)),
    max_leaves=12)
EVERY = np.array(np.meshgrid(*[[FALSE, UNKNOWN, TRUE]] * len(LEAVES))).reshape(len(LEAVES), -1).astype(np.int8)
"""Every truth of every leaf: one column each."""


def _answers(tree: Leaf | Node, truths: np.ndarray) -> np.ndarray:
    return evaluate(tree, dict(zip(LEAVES, truths, strict=True)))


@thorough
@given(trees, st.lists(st.sampled_from([FALSE, TRUE]), min_size=len(LEAVES), max_size=len(LEAVES)),
       st.sets(st.integers(0, len(LEAVES) - 1)))
def test_learning_more_never_flips_a_decided_answer(tree, learnt, which):
    """Whatever leaf turns out true or false, a rule that was decided stays as it was."""
    before, refined = _answers(tree, EVERY), EVERY.copy()
    for leaf in which:
        refined[leaf] = np.where(EVERY[leaf] == UNKNOWN, learnt[leaf], EVERY[leaf])
    after = _answers(tree, refined)
    decided = before != UNKNOWN
    assert (after[decided] == before[decided]).all()


@thorough
@given(trees)
def test_what_is_known_throughout_is_decided(tree):
    """Where no leaf is unknown, the rule is true or false."""
    known = EVERY[:, (EVERY != UNKNOWN).all(axis=0)]
    assert (_answers(tree, known) != UNKNOWN).all()


@thorough
@given(trees, st.integers(0, len(LEAVES) - 1))
def test_a_truer_leaf_never_makes_the_rule_less_true(tree, leaf):
    """Rules join without negation: from false to unknown to true the answer only rises."""
    raised = EVERY.copy()
    raised[leaf] = np.minimum(raised[leaf] + 1, TRUE)
    assert (_answers(tree, raised) >= _answers(tree, EVERY)).all()


@thorough
@given(st.lists(trees, min_size=1, max_size=5), st.integers(1, 5))
def test_at_least_lies_between_any_and_all(parts, n):
    """At least one is any, at least all is all, and asking for more is never easier."""
    def asking(number: int) -> np.ndarray:
        return _answers(Node("at_least", tuple(parts), number), EVERY)

    assert (asking(1) == _answers(Node("any", tuple(parts)), EVERY)).all()
    assert (asking(len(parts)) == _answers(Node("all", tuple(parts)), EVERY)).all()
    assert (asking(n + 1) <= asking(n)).all()

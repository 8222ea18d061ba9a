"""From metrics to verdicts and reason bits: requirements first, then the rule in three-valued logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpd_etl.config import Study
from hpd_etl.criteria.definition import Definition
from hpd_etl.criteria.metrics import METRIC_SOURCES, Measured
from hpd_etl.criteria.pseudoprogression import CONFIRMED, REFUTED
from hpd_etl.criteria.reasons import BIT
from hpd_etl.criteria.response import CODES, NE
from hpd_etl.criteria.rules import FALSE, TRUE, UNKNOWN, Leaf, Truths, compare, evaluate, leaves, required_leaves
from hpd_etl.grouping import Bools, Ints
from hpd_etl.schema import LABELS, Reason

VERDICTS = LABELS["verdict"].values
HPD, NOT_HPD, NOT_EVALUABLE = range(3)
_OF_TRUTH = np.array([NOT_HPD, NOT_EVALUABLE, HPD], dtype=np.int8)
_SUMS = (
    Reason.IMPRECISE_DATE,
    Reason.NODE_SHORT_AXIS_MISSING,
    Reason.LOCAL_THERAPY,
    Reason.LESION_SET_MISMATCH,
    Reason.ZERO_BASELINE,
    Reason.ZERO_PREBASELINE,
)
REQUIRED_SUMS = np.bitwise_or.reduce([BIT[reason] for reason in _SUMS])
"""Reasons that a growth or percentage leaf within `all` may not have, whatever the other leaves say."""


@dataclass(frozen=True)
class Verdicts:
    """One number a person: the verdict, why it cannot be given, and which leaves failed."""

    verdict: NDArray[np.int8]
    reasons: Ints
    """Reason bits of a NOT_EVALUABLE; 0 for the others."""
    failed: Ints
    """Bits of the rule's leaves, in their order, that are false; the bit after them: the progression was refuted."""


def decide(definition: Definition, measured: Measured, unmet: Mapping[str, Ints], study: Study) -> Verdicts:
    """The verdict of every person under one definition."""
    found = {leaf: truth(leaf, measured) for leaf in leaves(definition.rule)}
    result = evaluate(definition.rule, found)
    lacking = unmet["index"].copy()
    for requirement in definition.requires:
        lacking |= unmet[requirement]
    required = REQUIRED_SUMS
    if study.criteria.pre_growth_nonpositive == "exclude":
        required = required | BIT[Reason.PRE_GROWTH_NONPOSITIVE]
    for leaf in required_leaves(definition.rule):
        if not METRIC_SOURCES[leaf.metric].codes and leaf.metric != "ttf_months":
            lacking |= measured.missing[leaf.metric] & required
    undecided = (result == UNKNOWN) | (lacking != 0)
    failed = np.zeros(len(result), dtype=np.int64)
    for place, (leaf, value) in enumerate(found.items()):
        np.bitwise_or(lacking, measured.missing[leaf.metric], out=lacking, where=undecided & (value == UNKNOWN))
        failed |= (value == FALSE).astype(np.int64) << place
    verdict = _OF_TRUTH[result]
    verdict[undecided] = NOT_EVALUABLE
    return Verdicts(verdict, lacking, failed)


def confirmed(definition: Definition, verdicts: Verdicts, state: Ints) -> Verdicts:
    """What the next scan makes of an HPD where the definition waits for it (ambiguity D5); else the same verdicts."""
    if definition.variant != "confirmed":
        return verdicts
    met = verdicts.verdict == HPD
    denied, waiting = met & (state == REFUTED), met & (state != REFUTED) & (state != CONFIRMED)
    verdict = np.select([denied, waiting], [NOT_HPD, NOT_EVALUABLE], verdicts.verdict).astype(np.int8)
    return Verdicts(
        verdict,
        verdicts.reasons | np.where(waiting, BIT[Reason.UNCONFIRMED], 0),
        np.where(denied, _after_leaves(definition), verdicts.failed),
    )


def refuted(definition: Definition, verdicts: Verdicts) -> Bools:
    """Whose HPD the next scan refuted, where the definition waits for it."""
    return np.asarray(verdicts.failed & _after_leaves(definition) != 0)


def _after_leaves(definition: Definition) -> int:
    return 1 << len(set(leaves(definition.rule)))


def truth(leaf: Leaf, measured: Measured) -> Truths:
    """The truth of one leaf for every person."""
    if isinstance(leaf.value, tuple):
        truths = np.array([TRUE if code in leaf.value else FALSE for code in CODES], dtype=np.int8)
        truths[NE] = UNKNOWN
        found = truths[measured.response]
        found[measured.missing[leaf.metric] != 0] = UNKNOWN
        return found
    return compare(measured.low[leaf.metric], measured.high[leaf.metric], leaf.sign, leaf.value)

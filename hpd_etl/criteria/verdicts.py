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
from hpd_etl.grouping import Bools, Ints, bits
from hpd_etl.schema import LABELS, Reason

VERDICTS = LABELS["verdict"].values
HPD, NOT_HPD, NOT_EVALUABLE = range(3)
_OF_TRUTH = np.array([NOT_HPD, NOT_EVALUABLE, HPD], dtype=np.int8)
_LAST = np.int8(NOT_EVALUABLE)
"""The greatest code, so that the maximum of a verdict and this is this."""
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
    lacking = _lacking(definition, measured, unmet, study)
    verdict = _of_truths(definition, found, lacking)
    undecided = verdict == NOT_EVALUABLE
    failed = np.zeros(len(verdict), dtype=np.int64)
    for place, (leaf, value) in enumerate(found.items()):
        lacking |= measured.missing[leaf.metric] * (undecided & (value == UNKNOWN))
        failed |= bits(value == FALSE, np.int64(1 << place))
    return Verdicts(verdict, lacking, failed)


def decide_again(
    definition: Definition, measured: Measured, others: Measured, unmet: Mapping[str, Ints], study: Study
) -> NDArray[np.int8]:
    """The verdict alone where some metrics are `others`, for reasons that take none of them away."""
    found = {leaf: truth(leaf, others if leaf.metric in others.low else measured) for leaf in leaves(definition.rule)}
    return _of_truths(definition, found, _lacking(definition, measured, unmet, study))


def lacking_requirements(definition: Definition, unmet: Mapping[str, Ints]) -> Ints:
    """What each person lacks of what the definition requires, as reason bits."""
    lacking = unmet["index"].copy()
    for requirement in definition.requires:
        lacking |= unmet[requirement]
    return lacking


def _lacking(definition: Definition, measured: Measured, unmet: Mapping[str, Ints], study: Study) -> Ints:
    """What takes the verdict away whatever the rule says, as reason bits."""
    lacking = lacking_requirements(definition, unmet)
    required = REQUIRED_SUMS
    if study.criteria.pre_growth_nonpositive == "exclude":
        required = required | BIT[Reason.PRE_GROWTH_NONPOSITIVE]
    for leaf in required_leaves(definition.rule):
        if not METRIC_SOURCES[leaf.metric].codes and leaf.metric != "ttf_months":
            lacking |= measured.missing[leaf.metric] & required
    return lacking


def _of_truths(definition: Definition, truths: Mapping[Leaf, Truths], lacking: Ints) -> NDArray[np.int8]:
    verdict = _OF_TRUTH.take(evaluate(definition.rule, truths))
    return np.asarray(np.maximum(verdict, (lacking != 0).astype(np.int8) * _LAST))


def confirmed(definition: Definition, verdicts: Verdicts, state: Ints) -> Verdicts:
    """What the next scan makes of an HPD where the definition waits for it (ambiguity D5); else the same verdicts."""
    if definition.variant != "confirmed":
        return verdicts
    verdict = after_confirmation(definition, verdicts.verdict, state)
    changed = verdict != verdicts.verdict
    return Verdicts(
        verdict,
        verdicts.reasons | bits(changed & (verdict == NOT_EVALUABLE), BIT[Reason.UNCONFIRMED]),
        np.where(changed & (verdict == NOT_HPD), _after_leaves(definition), verdicts.failed),
    )


def after_confirmation(definition: Definition, verdict: NDArray[np.int8], state: Ints) -> NDArray[np.int8]:
    """These verdicts as they are after the next scan, where the definition waits for it."""
    if definition.variant != "confirmed":
        return verdict
    met = verdict == HPD
    denied, waiting = met & (state == REFUTED), met & (state != REFUTED) & (state != CONFIRMED)
    return np.select([denied, waiting], [NOT_HPD, NOT_EVALUABLE], verdict).astype(np.int8)


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

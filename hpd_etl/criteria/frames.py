"""The tables that label returns, from the arrays it computes with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpd_etl.config import Study
from hpd_etl.criteria.burden import Burden, Ruled
from hpd_etl.criteria.definition import Definition
from hpd_etl.criteria.flags import FLAGS
from hpd_etl.criteria.metrics import INTERVALS, METRIC_SOURCES, Measured, failed_reason
from hpd_etl.criteria.pseudoprogression import STATES, Confirmation
from hpd_etl.criteria.reasons import BIT, NAMES, PROGRESSION_REFUTED, lowest_bit
from hpd_etl.criteria.rules import leaves
from hpd_etl.criteria.verdicts import HPD, NOT_EVALUABLE, NOT_HPD, VERDICTS, Verdicts
from hpd_etl.grouping import (
    Bools,
    Floats,
    Ints,
    category,
    coded,
    dates,
    days,
    dictionary,
    floats,
    integers,
    repeated,
    sorted_codes,
    spelled,
    stacked,
    text,
    worded,
)
from hpd_etl.schema import BURDEN, LABELS, METRICS, RESPONSES, Kind, Reason, Timeline

_MASKS_IN_ONE = 62 // len(NAMES)
"""Sets of reasons that fit into one number."""
_SPAN = 1_000_000
T = TypeVar("T", bound=np.generic)
_NUMBERS = [name for name in METRIC_SOURCES if name in METRICS.names and METRICS[name].kind is Kind.NUMBER]
_COUNTS = [name for name in METRIC_SOURCES if name in METRICS.names and METRICS[name].kind is Kind.INTEGER]


@dataclass(frozen=True)
class Outcome:
    """What one definition made of every person."""

    definition: Definition
    verdicts: Verdicts
    measured: Measured
    confirmation: Confirmation
    decided: Ints
    """Day of the deciding assessment; `NO_DAY` where it is not known."""
    flags: Ints
    """As bits."""


def labels_frame(
    timeline: Timeline, people: pd.CategoricalDtype, outcomes: Sequence[Outcome], study: Study
) -> pd.DataFrame:
    """The `labels` table: a block of all persons for each definition."""
    n, definitions = len(timeline.index), [outcome.definition for outcome in outcomes]
    of_rule = {outcome.definition.rule_id: outcome for outcome in outcomes}
    flags = {rule: spelled(outcome.flags, list(FLAGS)) for rule, outcome in of_rule.items()}
    told = {rule: _reasons(outcome) for rule, outcome in of_rule.items()}
    reasons = [told[definition.rule_id] for definition in definitions]
    verdict = np.concatenate([outcome.verdicts.verdict for outcome in outcomes])
    state = np.concatenate([outcome.confirmation.state for outcome in outcomes])
    return LABELS.frame(
        {
            **_everybody(timeline, people, len(outcomes)),
            "definition_id": repeated([definition.id for definition in definitions], n),
            "definition_version": integers(np.repeat([definition.version for definition in definitions], n)),
            "measure_set": repeated([definition.measure_set for definition in definitions], n),
            "verdict": category(verdict, VERDICTS),
            "primary_reason": stacked([primary for primary, _ in reasons]),
            "reasons": stacked([every for _, every in reasons]),
            "flags": stacked([flags[definition.rule_id] for definition in definitions]),
            "assumed_fields": repeated([";".join(definition.assumed_fields) or None for definition in definitions], n),
            "value": floats(np.concatenate([_value(outcome) for outcome in outcomes])),
            "value_unit": repeated([METRIC_SOURCES[definition.value].unit for definition in definitions], n),
            "decided_on": dates(np.concatenate([outcome.decided for outcome in outcomes])),
            "index_date": pd.Series(np.tile(timeline.index["index_date"].to_numpy(), len(outcomes)), copy=False),
            "confirmation": category(np.where(verdict == HPD, state, 0), STATES),
            "lifecycle": category(np.zeros(len(verdict), dtype=np.int8), LABELS["lifecycle"].values),
            "params_sha256": repeated([parameters_sha256(definition, study) for definition in definitions], n),
        }
    )


def _everybody(timeline: Timeline, people: pd.CategoricalDtype, times: int) -> dict[str, pd.Series[str]]:
    """All persons and their cohorts, so many times."""
    [cohort], cohorts = sorted_codes(timeline.index["cohort"])
    everyone = np.arange(len(timeline.index), dtype=np.int32)
    return {
        "person_id": coded(np.tile(everyone, times), people),
        "cohort": coded(np.tile(cohort.astype(np.int16), times), cohorts),
    }


def _value(outcome: Outcome) -> Floats:
    """The principal metric; a time to treatment failure is at least that."""
    name = outcome.definition.value
    return outcome.measured.low[name] if name == "ttf_months" else exactly(outcome.measured, name)


def exactly(measured: Measured, name: str) -> Floats:
    """The metric where it is known exactly; NaN where it is missing, or known only to lie between two numbers."""
    low, high = measured.low[name], measured.high[name]
    return low if low is high else np.where(low == high, low, np.nan)


def parameters_sha256(definition: Definition, study: Study) -> str:
    """Hash of all that decides a label besides the data: the definition and the study's parameters."""
    asked = study.model_dump(mode="json", include={"index", "comparators", "windows", "lesions", "criteria"})
    asked["criteria"] = {key: value for key, value in asked["criteria"].items() if key not in ("use", "folder")}
    return hashlib.sha256(json.dumps([definition.sha256, asked], sort_keys=True).encode()).hexdigest()


def _reasons(outcome: Outcome) -> tuple[tuple[Ints, list[str | None]], tuple[Ints, list[str | None]]]:
    """Primary reason and all reasons: what is missing, else which leaves failed, else that the rule is met."""
    verdicts = outcome.verdicts
    failures = [failed_reason(leaf) for leaf in dict.fromkeys(leaves(outcome.definition.rule))]
    names = [*NAMES, *failures, PROGRESSION_REFUTED]
    failed = verdicts.failed * (verdicts.verdict == NOT_HPD) << len(NAMES)
    codes, found = pd.factorize(failed | verdicts.reasons * (verdicts.verdict == NOT_EVALUABLE))
    return (codes, worded(lowest_bit(found), names, "rule_met")), (codes, worded(found, names, "rule_met"))


def metrics_frame(timeline: Timeline, people: pd.CategoricalDtype, measured: Mapping[str, Measured]) -> pd.DataFrame:
    """The `metrics` table: a block of all persons for each measure set."""
    n, sets = len(timeline.index), list(measured.values())
    examined = [one.missing["response_first"] & ~BIT[Reason.RESPONSE_UNKNOWN] == 0 for one in sets]
    response = [np.where(there, one.response, -1) for there, one in zip(examined, sets, strict=True)]

    def each(name: str) -> Floats:
        return np.concatenate([one.sums[name] if name in one.sums else exactly(one, name) for one in sets])

    return METRICS.frame(
        {
            "person_id": coded(np.tile(np.arange(n, dtype=np.int32), len(sets)), people),
            "measure_set": repeated(list(measured), n),
            **{name: floats(each(name)) for name in sets[0].sums},
            "dt_pre_days": _whole(np.concatenate([one.dt_pre for one in sets])),
            "dt_post_days": _whole(np.concatenate([one.dt_post for one in sets])),
            **{name: floats(each(name)) for name in _NUMBERS},
            "ttf_min_days": pd.concat([timeline.index["ttf_min_days"]] * len(sets), ignore_index=True),
            "ttf_max_days": pd.concat([timeline.index["ttf_max_days"]] * len(sets), ignore_index=True),
            **{name: _whole(each(name)) for name in _COUNTS},
            "response_first": category(np.concatenate(response), RESPONSES["response"].values),
            "missing": stacked([_missing(one) for one in sets]),
            "bounds": stacked([_bounds(one) for one in sets]),
        }
    )


def _whole(values: Floats) -> pd.Series[int]:
    with np.errstate(invalid="ignore"):  # whatever stands where a number is missing
        return integers(values.astype(np.int64), ~np.isnan(values))


def _missing(measured: Measured) -> tuple[Ints, list[str | None]]:
    """`metric=reason` of every missing metric, written once for each distinct combination."""
    masks = {name: why for name, why in sorted(measured.missing.items()) if why.any()}
    for name in masks.keys() & measured.low.keys():
        if measured.low[name] is not measured.high[name]:
            least = measured.low[name] if name == "ttf_months" else exactly(measured, name)
            masks[name] = np.where(np.isnan(least), masks[name], 0)
    rows = np.flatnonzero(reduce(np.bitwise_or, masks.values(), np.zeros(len(measured.response), dtype=np.int64)))
    whys = [why[rows] for why in masks.values()]
    distinct = list({why.tobytes(): why for why in whys}.values())
    packed = [
        reduce(lambda together, why: together << len(NAMES) | why, distinct[place : place + _MASKS_IN_ONE])
        for place in range(0, len(distinct), _MASKS_IN_ONE)
    ]
    combination, example = _combined(packed, len(rows))
    codes = np.zeros(len(measured.response), dtype=np.int64)
    codes[rows] = combination + 1
    words = (
        (f"{name}={reason}" for name, why in zip(masks, whys, strict=True) for reason in _named(int(why[row])))
        for row in example
    )
    return codes, [None, *map(";".join, words)]


@cache
def _named(mask: int) -> tuple[str, ...]:
    return tuple(name for place, name in enumerate(NAMES) if mask >> place & 1)


def _bounds(measured: Measured) -> tuple[Ints, list[str | None]]:
    """`metric=least..most` of every number that is known only to lie between two."""
    pairs = {name: (measured.low[name], measured.high[name]) for name in INTERVALS}
    wide = {name: (low, high) for name, (low, high) in pairs.items() if low is not high}
    codes = np.zeros(len(measured.response), dtype=np.int64)
    rows = np.flatnonzero(reduce(np.bitwise_or, (low < high for low, high in wide.values()), codes != 0))
    wide = {name: (low[rows], high[rows]) for name, (low, high) in wide.items()}
    spread = [np.where(low < high, low * _SPAN + high, np.nan) for low, high in wide.values()]
    combination, example = _combined(spread, len(rows))
    codes[rows] = combination + 1
    words = (
        (f"{name}={low[row]:g}..{high[row]:g}" for name, (low, high) in wide.items() if low[row] < high[row])
        for row in example
    )
    return codes, [None, *map(";".join, words)]


def _combined(columns: Sequence[Ints | Floats], n: int) -> tuple[Ints, Ints]:
    """A code for each distinct combination of values, and a row that has it."""
    combination = np.zeros(n, dtype=np.int64)
    for values in columns:
        code, found = pd.factorize(values)
        combination = pd.factorize(combination * (len(found) + 1) + code + 1)[0].astype(np.int64)
    return combination, np.flatnonzero(~pd.Series(combination).duplicated().to_numpy())


def burden_frame(
    timeline: Timeline, people: pd.CategoricalDtype, sums: Mapping[str, Burden], rulers: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """The `burden` table: the time points that were assessed, by window set; by its rulers beside diameters."""
    every = list(sums.values())
    shown = [_marked((each.n_targets > 0) | (each.n_new > 0) | each.recorded) for each in every]

    def below(values: Iterable[NDArray[T]]) -> NDArray[T]:
        return np.concatenate([each[at] for each, at in zip(values, shown, strict=True)])

    def summed(ruler: str) -> pd.Series[float]:
        nothing = (np.full(each.line.points, np.nan) for each in every)
        ruled = (_summed(getattr(one, ruler)) if ruler in rulers[name] else next(nothing) for name, one in sums.items())
        return floats(below(ruled))

    person, day = below(each.line.person for each in every), below(each.line.scans.day for each in every)
    return BURDEN.frame(
        {
            "person_id": coded(person, people),
            "window_set": repeated(
                list(sums), [len(each.line.person[at]) for each, at in zip(every, shown, strict=True)]
            ),
            "scan_date": dates(days(timeline.index["index_date"])[person] + day),
            "days_from_index": integers(day),
            "n_targets": integers(below(each.n_targets for each in every)),
            "sld_mm": summed("sld"),
            "new_mm": floats(below(each.new_mm for each in every)),
            "spd_mm2": summed("spd"),
            "volume_mm3": summed("volume"),
            "n_new": integers(below(each.n_new for each in every)),
            "n_new_organs": integers(below(each.n_new_organs for each in every)),
            "lesion_set": integers(below(each.set_size[each.line.person] for each in every)),
        }
    )


def _marked(shown: Bools) -> Ints | slice:
    """Where it is so; a slice where it is so everywhere, which spares a copy."""
    return slice(None) if shown.all() else np.flatnonzero(shown)


def _summed(ruled: Ruled) -> Floats:
    return np.where(ruled.complete, ruled.targets, np.nan)


def unmet_frame(timeline: Timeline, lacking: Mapping[str, Ints]) -> pd.DataFrame:
    """What each person lacks of each definition's requirements."""
    return pd.DataFrame(
        {
            **_everybody(timeline, dictionary(text(timeline.index["person_id"])), len(lacking)),
            "definition_id": repeated(list(lacking), len(timeline.index)),
            "primary_reason": stacked([spelled(lowest_bit(mask), NAMES) for mask in lacking.values()]),
            "reasons": stacked([spelled(mask, NAMES) for mask in lacking.values()]),
        }
    )

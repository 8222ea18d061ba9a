"""The tables that label returns, from the arrays it computes with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.config import Study
from hpd_etl.criteria.burden import Burden, Ruled
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.definition import Definition
from hpd_etl.criteria.metrics import INTERVALS, METRIC_SOURCES, Measured, failed_reason
from hpd_etl.criteria.pseudoprogression import STATES, Confirmation
from hpd_etl.criteria.reasons import BIT, NAMES, PROGRESSION_REFUTED, lowest_bit
from hpd_etl.criteria.response import Response
from hpd_etl.criteria.rules import leaves
from hpd_etl.criteria.verdicts import HPD, NOT_EVALUABLE, VERDICTS, Verdicts
from hpd_etl.grouping import (
    NO_DAY,
    Bools,
    Floats,
    Ints,
    any_of,
    category,
    coded,
    dates,
    days,
    floats,
    highest,
    integers,
    lookup,
    lowest,
    point_key,
    positions,
    repeated,
    sorted_codes,
    spelled,
    stacked,
    strings,
    text,
)
from hpd_etl.schema import BURDEN, EVIDENCE, LABELS, METRICS, RESPONSES, Kind, Reason, Timeline

_EARLY_EVALUATION_DAY = 14
_MASKS_IN_ONE = 62 // len(NAMES)
"""Sets of reasons that fit into one number."""
_SPAN = 1_000_000
_OLD_BASELINE_DAY = -28
_NUMBERS = [name for name in METRIC_SOURCES if name in METRICS.names and METRICS[name].kind is Kind.NUMBER]
_COUNTS = [name for name in METRIC_SOURCES if name in METRICS.names and METRICS[name].kind is Kind.INTEGER]
_ROLES = EVIDENCE["role"].values


@dataclass(frozen=True)
class Outcome:
    """What one definition made of every person."""

    definition: Definition
    verdicts: Verdicts
    measured: Measured
    confirmation: Confirmation
    decided: Ints
    """Day of the deciding assessment; `NO_DAY` where it is not known."""
    flags: Mapping[str, Bools]


def labels_frame(timeline: Timeline, outcomes: Sequence[Outcome], study: Study) -> pd.DataFrame:
    """The `labels` table: a block of all persons for each definition."""
    n, definitions = len(timeline.index), [outcome.definition for outcome in outcomes]
    reasons = [_reasons(outcome) for outcome in outcomes]
    flags = [spelled(_mask(outcome.flags), sorted(outcome.flags)) for outcome in outcomes]
    verdict = np.concatenate([outcome.verdicts.verdict for outcome in outcomes])
    state = np.concatenate([outcome.confirmation.state for outcome in outcomes])
    index_day = np.tile(days(timeline.index["index_date"]), len(outcomes))
    decided = np.concatenate([outcome.decided for outcome in outcomes])
    everyone = np.tile(np.arange(n), len(outcomes))
    [cohort], cohorts = sorted_codes(timeline.index["cohort"])
    return LABELS.frame(
        {
            "person_id": coded(everyone, text(timeline.index["person_id"])),
            "cohort": coded(cohort[everyone], cohorts),
            "definition_id": repeated([definition.id for definition in definitions], n),
            "definition_version": np.repeat([definition.version for definition in definitions], n),
            "measure_set": repeated([definition.measure_set for definition in definitions], n),
            "verdict": category(verdict, VERDICTS),
            "primary_reason": stacked([primary for primary, _ in reasons]),
            "reasons": stacked([every for _, every in reasons]),
            "flags": stacked(flags),
            "assumed_fields": repeated([";".join(definition.assumed_fields) or None for definition in definitions], n),
            "value": floats(np.concatenate([_value(outcome) for outcome in outcomes])),
            "value_unit": repeated([METRIC_SOURCES[definition.value].unit for definition in definitions], n),
            "decided_on": dates(decided),
            "index_date": dates(index_day),
            "confirmation": category(np.where(verdict == HPD, state, 0), STATES),
            "lifecycle": category(np.zeros(len(verdict), dtype=np.int64), LABELS["lifecycle"].values),
            "params_sha256": repeated([parameters_sha256(definition, study) for definition in definitions], n),
        }
    )


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
    failed = np.where(verdicts.verdict == HPD, 0, verdicts.failed) << len(NAMES)
    mask = np.where(verdicts.verdict == NOT_EVALUABLE, verdicts.reasons, failed)
    return spelled(lowest_bit(mask), names, "rule_met"), spelled(mask, names, "rule_met")


def _mask(flags: Mapping[str, Bools]) -> Ints:
    masks = [flags[name].astype(np.int64) << place for place, name in enumerate(sorted(flags))]
    return np.asarray(np.bitwise_or.reduce(masks), dtype=np.int64)


def flags_of(
    timeline: Timeline,
    line: Course,
    sums: Burden,
    response: Response,
    confirmation: Confirmation,
    study: Study,
) -> dict[str, Bools]:
    """What a careful reader should know of each label."""
    scans, n = line.scans, line.persons
    base, post = scans.day_of(scans.baseline), scans.day_of(scans.post)
    rows_at_post = (
        line.row_point == scans.post[line.row_person] if len(line.row_person) else np.zeros(0, dtype=np.bool_)
    )
    no_new = (scans.post >= 0) & ~any_of(line.row_person, rows_at_post & (line.is_new | line.may_be_new), n)
    has_rows = any_of(line.row_person, rows_at_post & (line.row_point >= 0), n)
    return {
        "same_day_baseline": base == 0,
        "baseline_older_than_28_days": (base != NO_DAY) & (base < _OLD_BASELINE_DAY),
        "early_first_evaluation": (post != NO_DAY) & (post < _EARLY_EVALUATION_DAY),
        "targets_recorded": line.targets_recorded,
        "uncapped_source": line.targets_uncapped & line.targets_recorded,
        "targets_derived": (sums.set_size > 0) & ~line.targets_recorded,
        "sum_recorded": _at_scan(sums.recorded, scans.baseline),
        "response_recorded": _at_scan(response.recorded, scans.post),
        "imprecise_date": timeline.index["courses"].notna().to_numpy(np.bool_),
        "earlier_dose_refused": timeline.index["earlier_dose"].notna().to_numpy(np.bool_),
        "lesions_complete": no_new & has_rows & study.lesions.no_row_means_no_new_lesion,
        "first_seen_late": any_of(line.row_person, rows_at_post & line.seen_late & (line.row_point >= 0), n),
        "pseudoprogression": confirmation.pseudoprogression,
        "local_therapy_organ_unknown": line.organ_unknown,
        "local_therapy_elsewhere": line.local_elsewhere,
        "prior_checkpoint_inhibitor": timeline.index["prior_checkpoint_day"].notna().to_numpy(np.bool_),
        "reference_on_treatment": _on_treatment(timeline, line),
        "modality_changed": _changed(timeline, line, "modality"),
        "reader_changed": _changed(timeline, line, "reader"),
    }


def _at_scan(marked: Bools, scan: Ints) -> Bools:
    return (scan >= 0) & marked[scan] if len(marked) else np.zeros(len(scan), dtype=np.bool_)


def _on_treatment(timeline: Timeline, line: Course) -> Bools:
    """Another systemic therapy was going on between the pre-baseline and the baseline scan (ambiguity B9)."""
    therapies = timeline.therapies
    person, start = positions(therapies["person_id"], line.ids), therapies["days_from_index"].to_numpy(np.int64)
    length = days(therapies["end_date"]) - days(therapies["start_date"])
    end = start + np.where(days(therapies["end_date"]) == NO_DAY, 0, length)
    first, last = line.scans.day_of(line.scans.pre)[person], line.scans.day_of(line.scans.baseline)[person]
    systemic = (therapies["kind"] == "systemic").to_numpy(np.bool_, na_value=False)
    return any_of(person, systemic & (first != NO_DAY) & (start <= last) & (end >= first), line.persons)


def _changed(timeline: Timeline, line: Course, column: str) -> Bools:
    """Target lesions were examined differently at the three scans (ambiguity C10)."""
    [code], _ = sorted_codes(timeline.lesions[column])
    person, scans = line.row_person, line.scans
    if not len(person):
        return np.zeros(line.persons, dtype=np.bool_)
    used = line.is_target & (code >= 0) & (line.row_point >= 0)
    used &= np.any([line.row_point == scan[person] for scan in (scans.pre, scans.baseline, scans.post)], axis=0)
    return np.asarray(
        lowest(person[used], code[used], line.persons, -1) != highest(person[used], code[used], line.persons, -1)
    )


def metrics_frame(timeline: Timeline, measured: Mapping[str, Measured]) -> pd.DataFrame:
    """The `metrics` table: a block of all persons for each measure set."""
    n, sets = len(timeline.index), list(measured.values())
    examined = [one.missing["response_first"] & ~BIT[Reason.RESPONSE_UNKNOWN] == 0 for one in sets]
    response = [np.where(there, one.response, -1) for there, one in zip(examined, sets, strict=True)]

    def each(name: str) -> Floats:
        return np.concatenate([one.sums[name] if name in one.sums else exactly(one, name) for one in sets])

    return METRICS.frame(
        {
            "person_id": coded(np.tile(np.arange(n), len(sets)), text(timeline.index["person_id"])),
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
    return integers(np.nan_to_num(values).astype(np.int64), ~np.isnan(values))


def _missing(measured: Measured) -> tuple[Ints, list[str | None]]:
    """`metric=reason` of every missing metric, written once for each distinct combination."""
    masks = {name: why for name, why in sorted(measured.missing.items()) if why.any()}
    for name in masks.keys() & measured.low.keys():
        least = measured.low[name] if name == "ttf_months" else exactly(measured, name)
        masks[name] = np.where(np.isnan(least), masks[name], 0)
    masks_of = list(masks.values())
    packed = []
    for place in range(0, len(masks_of), _MASKS_IN_ONE):
        together = np.zeros(len(measured.response), dtype=np.int64)
        for why in masks_of[place : place + _MASKS_IN_ONE]:
            together = together << len(NAMES) | why
        packed.append(together)
    combination, example = _combined(packed, len(measured.response))
    words = [
        ";".join(
            f"{name}={NAMES[place]}"
            for name, why in masks.items()
            for place in range(len(NAMES))
            if int(why[row]) >> place & 1
        )
        or None
        for row in example
    ]
    return combination, words


def _bounds(measured: Measured) -> tuple[Ints, list[str | None]]:
    """`metric=least..most` of every number that is known only to lie between two."""
    pairs = {name: (measured.low[name], measured.high[name]) for name in INTERVALS}
    wide = {name: (low, high) for name, (low, high) in pairs.items() if low is not high}
    spread = [np.where(low < high, low * _SPAN + high, np.nan) for low, high in wide.values()]
    combination, example = _combined(spread, len(measured.response))
    words = [
        ";".join(f"{name}={low[row]:g}..{high[row]:g}" for name, (low, high) in wide.items() if low[row] < high[row])
        or None
        for row in example
    ]
    return combination, words


def _combined(columns: Sequence[Ints | Floats], n: int) -> tuple[Ints, Ints]:
    """A code for each distinct combination of values, and a row that has it."""
    combination = np.zeros(n, dtype=np.int64)
    for values in columns:
        code, found = pd.factorize(values)
        combination = pd.factorize(combination * (len(found) + 1) + code + 1)[0].astype(np.int64)
    return combination, np.flatnonzero(~pd.Series(combination).duplicated().to_numpy())


def burden_frame(timeline: Timeline, sums: Burden, window_set: str, rulers: Collection[str]) -> pd.DataFrame:
    """The `burden` rows of one window set, at the time points that were assessed; by these rulers beside diameters."""
    line = sums.line
    shown = np.flatnonzero((sums.n_targets > 0) | (sums.n_new > 0) | sums.recorded)

    def summed(ruled: Ruled) -> pd.Series[float]:
        return floats(np.where(ruled.complete, ruled.targets, np.nan)[shown])

    return BURDEN.frame(
        {
            "person_id": coded(line.person[shown], line.ids),
            "window_set": repeated([window_set], len(shown)),
            "scan_date": dates(days(timeline.index["index_date"])[line.person[shown]] + line.scans.day[shown]),
            "days_from_index": integers(line.scans.day[shown]),
            "n_targets": integers(sums.n_targets[shown]),
            "sld_mm": summed(sums.sld),
            "new_mm": floats(sums.new_mm[shown]),
            **({"spd_mm2": summed(sums.spd)} if "spd" in rulers else {}),
            **({"volume_mm3": summed(sums.volume)} if "volume" in rulers else {}),
            "n_new": integers(sums.n_new[shown]),
            "n_new_organs": integers(sums.n_new_organs[shown]),
            "lesion_set": integers(sums.set_size[line.person[shown]]),
        }
    )


Rested: TypeAlias = list[tuple[pa.Array, Ints, Ints]]
"""Source ids, persons and roles of rows, table by table."""


def rested(timeline: Timeline, line: Course, sums: Burden, response: Response, confirmation: Confirmation) -> Rested:
    """The source rows that the labels of one framework and window set rest on."""
    scans = [line.scans.pre, line.scans.baseline, line.scans.post, confirmation.point]
    everyone = np.arange(line.persons)
    parts = [
        (text(timeline.index[column]), everyone, np.full(line.persons, _ROLES.index(role)))
        for column, role in (("source_id", "index_dose"), ("end_source_id", "treatment_end"))
    ]
    used = (line.is_target | line.is_new | line.may_be_new) & (line.row_point >= 0)
    parts.append(_used_rows(timeline.lesions, line.row_person, np.where(used, line.row_point, -1), scans, line.points))
    for table, relied_on in ((timeline.tumour_sums, sums.recorded), (timeline.responses, response.recorded)):
        person = positions(table["person_id"], line.ids)
        at = lookup(
            point_key(person, table["days_from_index"].to_numpy(np.int64)), point_key(line.person, line.scans.day)
        )
        parts.append(_used_rows(table, person, np.where(_at_scan(relied_on, at), at, -1), scans, line.points))
    return [_singly(*part) for part in parts]


def looked_at(table: pd.DataFrame, rows: Ints, line: Course) -> Rested:
    """These rows of findings as what labels rest on."""
    found = table.iloc[rows]
    person = positions(found["person_id"], line.ids)
    return [_singly(text(found["source_id"]), person, np.full(len(rows), _ROLES.index("finding")))]


def evidence_frame(measure_sets: Mapping[str, Rested], ids: pa.Array) -> pd.DataFrame:
    """The `evidence` table: the source rows that the labels of each measure set rest on."""
    parts = [part for rows in measure_sets.values() for part in rows]
    lengths = [sum(len(person) for _, person, _ in rows) for rows in measure_sets.values()]
    return EVIDENCE.frame(
        {
            "person_id": coded(np.concatenate([person for _, person, _ in parts]), ids),
            "measure_set": coded(np.repeat(np.arange(len(lengths)), lengths), pa.array(list(measure_sets))),
            "source_id": strings(pa.chunked_array([source for source, _, _ in parts])),
            "role": category(np.concatenate([role for _, _, role in parts]), _ROLES),
        }
    )


def _used_rows(
    table: pd.DataFrame, person: Ints, point: Ints, scans: Sequence[Ints], points: int
) -> tuple[pa.Array, Ints, Ints]:
    """Source ids, persons and roles of the rows that stand at one of the scans (role 1, 2 ... in their order)."""
    of_point = np.zeros(points + 1, dtype=np.int64)
    for place, scan in enumerate(scans, start=1):
        of_point[scan[scan >= 0]] = place
    of_point[-1] = 0
    role = of_point[point]
    rows = np.flatnonzero(role)
    return text(table["source_id"]).take(pa.array(rows)), person[rows], role[rows]


def _singly(source: pa.Array, person: Ints, role: Ints) -> tuple[pa.Array, Ints, Ints]:
    """One row a source row, where several were joined."""
    source = source.cast(pa.large_string())
    if not pc.any(pc.match_substring(source, ";")).as_py():
        return source, person, role
    several = pc.split_pattern(source, ";")
    row = pc.list_parent_indices(several).to_numpy()
    return pc.list_flatten(several), person[row], role[row]


def unmet_frame(timeline: Timeline, lacking: Mapping[str, Ints]) -> pd.DataFrame:
    """What each person lacks of each definition's requirements."""
    n = len(timeline.index)
    everyone = np.tile(np.arange(n), len(lacking))
    [cohort], cohorts = sorted_codes(timeline.index["cohort"])
    return pd.DataFrame(
        {
            "person_id": coded(everyone, text(timeline.index["person_id"])),
            "cohort": coded(cohort[everyone], cohorts),
            "definition_id": repeated(list(lacking), n),
            "primary_reason": stacked([spelled(lowest_bit(mask), NAMES) for mask in lacking.values()]),
            "reasons": stacked([spelled(mask, NAMES) for mask in lacking.values()]),
        }
    )

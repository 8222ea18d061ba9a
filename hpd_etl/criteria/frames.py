"""The tables that label returns, from the arrays it computes with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.config import Study
from hpd_etl.criteria.burden import Burden, Course
from hpd_etl.criteria.definition import Definition
from hpd_etl.criteria.metrics import METRIC_SOURCES, Measured
from hpd_etl.criteria.pseudoprogression import STATES, Confirmation
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
    named,
    point_key,
    positions,
    sorted_codes,
    spelled,
    strings,
    text,
)
from hpd_etl.schema import BURDEN, EVIDENCE, LABELS, METRICS, RESPONSES, Reason, Timeline

_REASONS = [str(reason) for reason in Reason]
_EARLY_EVALUATION_DAY = 14
_OLD_BASELINE_DAY = -28
_ROLES = ("index_dose", "pre", "baseline", "post", "confirmation")


def labels_frame(timeline: Timeline, line: Course, measured: Measured, confirmation: Confirmation, definition: Definition,
                 verdicts: Verdicts, flags: Mapping[str, Bools], study: Study) -> pd.DataFrame:
    """The `labels` rows of one definition."""
    n = line.persons
    index_day = days(timeline.index["index_date"])
    evaluable = verdicts.verdict != NOT_EVALUABLE
    post = line.scans.day_of(line.scans.post)
    primary, reasons = _reasons(definition, verdicts)
    state = np.where(verdicts.verdict == HPD, confirmation.state, 0)
    return LABELS.frame({
        "person_id": timeline.index["person_id"],
        "cohort": timeline.index["cohort"],
        "definition_id": _constant(definition.id, n),
        "definition_version": np.full(n, definition.version),
        "measure_set": _constant(definition.measure_set, n),
        "verdict": category(verdicts.verdict, VERDICTS),
        "primary_reason": primary,
        "reasons": reasons,
        "flags": spelled(_mask(flags), sorted(flags)),
        "assumed_fields": _constant(";".join(definition.assumed_fields) or None, n),
        "value": floats(measured.low[definition.value]),
        "value_unit": _constant(METRIC_SOURCES[definition.value].unit, n),
        "decided_on": dates(np.where(evaluable & (post != NO_DAY), index_day + post, index_day)),
        "index_date": timeline.index["index_date"],
        "confirmation": category(state, STATES),
        "lifecycle": category(np.zeros(n, dtype=np.int64), LABELS["lifecycle"].values),
        "params_sha256": _constant(parameters_sha256(definition, study), n),
    })


def parameters_sha256(definition: Definition, study: Study) -> str:
    """Hash of all that decides a label besides the data: the definition and the study's parameters."""
    asked = study.model_dump(mode="json", include={"index", "comparators", "windows", "lesions", "criteria"})
    asked["criteria"] = {key: value for key, value in asked["criteria"].items() if key not in ("use", "folder")}
    return hashlib.sha256(json.dumps([definition.sha256, asked], sort_keys=True).encode()).hexdigest()


def _reasons(definition: Definition, verdicts: Verdicts) -> tuple[pd.Series[str], pd.Series[str]]:
    """Primary reason and all reasons: what is missing, else which leaves failed, else that the rule is met."""
    failures = [METRIC_SOURCES[leaf.metric].failed for leaf in leaves(definition.rule)]
    names = [*_REASONS, *failures]
    failed = np.where(verdicts.verdict == HPD, 0, verdicts.failed) << len(_REASONS)
    mask = np.where(verdicts.verdict == NOT_EVALUABLE, verdicts.reasons, failed)
    return spelled(mask & -mask, names, "rule_met"), spelled(mask, names, "rule_met")


def _mask(flags: Mapping[str, Bools]) -> Ints:
    masks = [flags[name].astype(np.int64) << place for place, name in enumerate(sorted(flags))]
    return np.bitwise_or.reduce(masks)


def _constant(value: str | None, n: int) -> pd.Series[str]:
    return named(np.zeros(n, dtype=np.int64), [value])


def flags_of(timeline: Timeline, line: Course, sums: Burden, response: Response, confirmation: Confirmation, measured: Measured,
             study: Study) -> dict[str, Bools]:
    """What a careful reader should know of each label."""
    scans, n = line.scans, line.persons
    base, post = scans.day_of(scans.baseline), scans.day_of(scans.post)
    rows_at_post = line.row_point == scans.post[line.row_person] if len(line.row_person) else np.zeros(0, dtype=np.bool_)
    no_new = (scans.post >= 0) & ~any_of(line.row_person, rows_at_post & line.is_new, n)
    has_rows = any_of(line.row_person, rows_at_post & (line.row_point >= 0), n)
    return {
        "same_day_baseline": base == 0,
        "baseline_older_than_28_days": (base != NO_DAY) & (base < _OLD_BASELINE_DAY),
        "early_first_evaluation": (post != NO_DAY) & (post < _EARLY_EVALUATION_DAY),
        "targets_recorded": line.targets_recorded,
        "targets_derived": (sums.set_size > 0) & ~line.targets_recorded,
        "sum_recorded": _at_scan(sums.recorded, scans.baseline),
        "response_recorded": _at_scan(response.recorded, scans.post),
        "lesions_complete": no_new & has_rows & study.lesions.no_row_means_no_new_lesion,
        "first_seen_late": any_of(line.row_person, rows_at_post & line.seen_late & (line.row_point >= 0), n),
        "pseudoprogression": confirmation.pseudoprogression,
        "local_therapy_organ_unknown": line.organ_unknown,
        "reference_on_treatment": _on_treatment(timeline, line),
        "modality_changed": _changed(timeline, line, "modality"),
        "reader_changed": _changed(timeline, line, "reader"),
        **measured.flags,
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
    return lowest(person[used], code[used], line.persons, -1) != highest(person[used], code[used], line.persons, -1)


def metrics_frame(line: Course, measured: Measured, timeline: Timeline, measure_set: str) -> pd.DataFrame:
    """The `metrics` rows of one measure set."""
    n = line.persons
    numeric = ("tgk_pre", "tgk_post", "tgk_ratio", "tgr_pre", "tgr_post", "tgr_ratio", "tgr_delta", "pace_ratio", "sld_change_pct")
    return METRICS.frame({
        "person_id": timeline.index["person_id"],
        "measure_set": _constant(measure_set, n),
        **{name: floats(values) for name, values in measured.sums.items()},
        "dt_pre_days": _whole(measured.dt_pre), "dt_post_days": _whole(measured.dt_post),
        **{name: floats(measured.low[name]) for name in numeric},
        "ttf_min_days": timeline.index["ttf_min_days"], "ttf_max_days": timeline.index["ttf_max_days"],
        "new_lesions": _whole(measured.low["new_lesions"]), "new_organs": _whole(measured.low["new_organs"]),
        "response_first": category(np.where(line.scans.post >= 0, measured.response, -1), RESPONSES["response"].values),
        "missing": _missing(measured),
    })


def _whole(values: Floats) -> pd.Series[int]:
    return integers(np.nan_to_num(values).astype(np.int64), ~np.isnan(values))


def _missing(measured: Measured) -> pd.Series[str]:
    """`metric=reason` of every missing metric, written once for each distinct combination."""
    masks = {name: np.where(np.isnan(measured.low[name]), why, 0) if name in measured.low else why
             for name, why in sorted(measured.missing.items())}
    combination = np.zeros(len(measured.response), dtype=np.int64)
    for why in masks.values():
        _, code = np.unique(why, return_inverse=True)
        _, combination = np.unique(combination * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
    _, example, combination = np.unique(combination, return_index=True, return_inverse=True)
    words = [";".join(f"{name}={_REASONS[place]}" for name, why in masks.items()
                      for place in range(len(_REASONS)) if int(why[row]) >> place & 1) or None for row in example]
    return named(combination.astype(np.int64), words)


def burden_frame(timeline: Timeline, line: Course, sums: Burden, window_set: str) -> pd.DataFrame:
    """The `burden` rows of one window set, at the time points that were assessed."""
    shown = np.flatnonzero((sums.n_targets > 0) | (sums.n_new > 0) | sums.recorded)
    return BURDEN.frame({
        "person_id": named(line.person[shown], line.ids),
        "window_set": _constant(window_set, len(shown)),
        "scan_date": dates(days(timeline.index["index_date"])[line.person[shown]] + line.scans.day[shown]),
        "days_from_index": integers(line.scans.day[shown]),
        "n_targets": integers(sums.n_targets[shown]),
        "sld_mm": floats(np.where(sums.complete, sums.targets_mm, np.nan)[shown]),
        "new_mm": floats(sums.new_mm[shown]),
        "n_new": integers(sums.n_new[shown]),
        "n_new_organs": integers(sums.n_new_organs[shown]),
        "lesion_set": integers(sums.set_size[line.person[shown]]),
    })


def evidence_frame(timeline: Timeline, line: Course, sums: Burden, response: Response, confirmation: Confirmation,
                   measure_set: str) -> pd.DataFrame:
    """The source rows that the labels of one measure set rest on."""
    scans = {"pre": line.scans.pre, "baseline": line.scans.baseline, "post": line.scans.post, "confirmation": confirmation.point}
    doses = timeline.index["source_id"].notna().to_numpy(np.bool_)
    parts = [(text(timeline.index["source_id"]).filter(pa.array(doses)), np.flatnonzero(doses), 0)]
    keys = point_key(line.person, line.scans.day)
    used = (line.is_target | line.is_new) & (line.row_point >= 0)
    others = [(timeline.tumour_sums, sums.recorded), (timeline.responses, response.recorded)]
    for place, (_, scan) in enumerate(scans.items(), start=1):
        rows = np.flatnonzero(used & (line.row_point == scan[line.row_person])) if len(used) else np.zeros(0, dtype=np.int64)
        parts.append((text(timeline.lesions["source_id"]).take(pa.array(rows)), line.row_person[rows], place))
        for table, relied_on in others:
            person = positions(table["person_id"], line.ids)
            at = lookup(point_key(person, table["days_from_index"].to_numpy(np.int64)), keys)
            rows = np.flatnonzero((at >= 0) & (at == scan[person]) & relied_on[at]) if len(keys) else np.zeros(0, dtype=np.int64)
            parts.append((text(table["source_id"]).take(pa.array(rows)), person[rows], place))
    source = pa.concat_arrays([part.cast(pa.string()) for part, _, _ in parts])
    person = np.concatenate([owner for _, owner, _ in parts])
    role = np.concatenate([np.full(len(owner), place) for _, owner, place in parts])
    single = pc.split_pattern(source, ";") if pc.any(pc.match_substring(source, ";")).as_py() else None
    row = np.arange(len(source)) if single is None else pc.list_parent_indices(single).to_numpy()
    return EVIDENCE.frame({
        "person_id": coded(person[row], line.ids),
        "measure_set": coded(np.zeros(len(row), dtype=np.int64), pa.array([measure_set])),
        "source_id": strings(source if single is None else pc.list_flatten(single)),
        "role": category(role[row], _ROLES),
    })


def unmet_frame(timeline: Timeline, definition_id: str, lacking: Ints) -> pd.DataFrame:
    """What each person lacks of one definition's requirements."""
    return pd.DataFrame({
        "person_id": timeline.index["person_id"],
        "cohort": timeline.index["cohort"],
        "definition_id": _constant(definition_id, len(lacking)),
        "primary_reason": spelled(lacking & -lacking, _REASONS),
        "reasons": spelled(lacking, _REASONS),
    })


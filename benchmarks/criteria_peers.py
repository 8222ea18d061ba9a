"""The criteria as a notebook computes them: a loop over patients and dictionaries, and groupby.apply.

Both do less than `label`: RECIST 1.1 by the called targets, the study's windows for every definition, no flags, no
evidence, no confirmation, no other length of a month, no volumes, no dates known in part.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.kernels import everything
from benchmarks.methods import Counts, Place, Timed, method
from benchmarks.patients import records
from benchmarks.peers import MONTH
from hpd_etl.criteria.rules import Leaf, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hpd_etl.criteria import Definition
    from hpd_etl.criteria.rules import Rule

_VERDICTS = {True: "HPD", False: "NOT_HPD", None: "NOT_EVALUABLE"}
SAMPLE = 20_000
"""So many patients are looped over, and a twentieth of them applied; the time is that of all, in proportion."""


@method
def peer_criteria_loop(place: Place) -> Timed:
    """Verdict and reason under every definition whose metrics it has, a patient at a time, from dictionaries."""
    patients = min(SAMPLE, place.patients)
    lesions, treated = _lesions(patients)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in lesions.to_dict("records"):
        rows.setdefault(row["person_id"], []).append(row)
    definitions = _definitions()

    def label() -> int:
        return sum(
            len(_verdicts(definitions, _metrics(*_summed(own), treated[person]))) for person, own in rows.items()
        )

    return _scaled(label, patients, place)


@method
def peer_criteria_apply(place: Place) -> Timed:
    """The same by groupby.apply."""
    patients = max(min(SAMPLE, place.patients) // 20, 1)
    lesions, treated = _lesions(patients)
    definitions = _definitions()

    def person(rows: pd.DataFrame) -> pd.Series[str]:
        is_new = rows["role"] == "new"
        sums = rows[~is_new].groupby("day")["size"].sum(skipna=False).to_dict()
        return pd.Series(_verdicts(definitions, _metrics(sums, set(rows.loc[is_new, "day"]), treated[rows.name])))

    return _scaled(lambda: lesions.groupby("person_id").apply(person).size, patients, place)


def _scaled(label: Callable[[], int], patients: int, place: Place) -> Timed:
    def run() -> Counts:
        started, worked = time.perf_counter(), time.process_time()
        labels = label()
        seconds, cpu = time.perf_counter() - started, time.process_time() - worked
        scale = place.patients / patients
        return {"persons": patients, "labels": labels, "seconds": seconds * scale, "cpu": cpu * scale}

    return run


def _lesions(patients: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Lesions by day from the first dose, as a notebook would hold them; days of treatment."""
    given = records(patients)
    doses = given.doses.groupby("person_id")["start_date"]
    first, last = doses.min(), doses.max()
    lesions = given.lesions
    frame = pd.DataFrame({
        "person_id": lesions["person_id"].astype(object),
        "day": (lesions["scan_date"] - lesions["person_id"].map(first)).dt.days,
        "size": lesions["diameter_mm"].to_numpy(float, na_value=math.nan),
        "role": lesions["role"].astype(object),
    })  # fmt: skip
    return frame, (last - first).dt.days.to_dict()


def _definitions() -> list[Definition]:
    known = _metrics({}, set(), 0).keys()
    return [each for each in everything()[1] if {leaf.metric for leaf in leaves(each.rule)} <= known]


def _summed(rows: list[dict[str, Any]]) -> tuple[dict[int, float], set[int]]:
    """The sum of the targets by day, and the days with a new lesion."""
    sums: dict[int, float] = {}
    for row in rows:
        if row["role"] != "new":
            sums[row["day"]] = sums.get(row["day"], 0.0) + row["size"]
    return sums, {row["day"] for row in rows if row["role"] == "new"}


def _metrics(sums: dict[int, float], new: set[int], treated_days: int) -> dict[str, float | str | None]:
    """What the rules ask for, of one patient; None where it is missing."""
    base_day = max((day for day in sums if -42 <= day <= 0), default=None)
    post_day = min((day for day in sums if 1 <= day <= 120), default=None)
    pre_day = max((day for day in sums if base_day is not None and 14 <= base_day - day <= 180), default=None)
    found = (sums.get(day, math.nan) for day in (pre_day, base_day, post_day))
    pre, base, post = (None if math.isnan(value) else value for value in found)
    before, since = _rates(pre, base, pre_day, base_day), _rates(base, post, base_day, post_day)
    change = None if not base or post is None else 100 * (post - base) / base
    appeared = post_day is not None and post_day in new
    progressed = appeared or (change is not None and change >= 20 and post - base >= 5)
    return {
        "tgk_pre": before["tgk"], "tgk_post": since["tgk"], "tgk_ratio": _ratio(since["tgk"], before["tgk"]),
        "tgr_pre": before["tgr"], "tgr_post": since["tgr"], "tgr_ratio": _ratio(since["tgr"], before["tgr"]),
        "tgr_delta": None if None in (since["tgr"], before["tgr"]) else since["tgr"] - before["tgr"],
        "pace_ratio": _ratio(since["pace"], before["pace"]),
        "sld_change_pct": change, "sld_change_mm": None if None in (post, base) else post - base,
        "sld_change_from_pre_pct": None if not pre or post is None else 100 * (post - pre) / pre,
        "new_lesions": float(appeared), "new_organs": float(appeared), "ttf_months": treated_days / MONTH,
        "response_first": "PD" if progressed else None if change is None else "SD",
    }  # fmt: skip


def _rates(first: float | None, last: float | None, start: int | None, end: int | None) -> dict[str, float | None]:
    if not first or last is None or start is None or end is None:
        return {"tgk": None, "tgr": None, "pace": None}
    months = (end - start) / MONTH
    growth = -100.0 if last <= 0 else 100 * (math.exp(3 * math.log(last / first) / months) - 1)
    return {"tgk": (last - first) / months, "tgr": growth, "pace": (last - first) / first / months}


def _ratio(since: float | None, before: float | None) -> float | None:
    return None if since is None or before is None or before <= 0 else since / before


def _verdicts(definitions: Sequence[Definition], metrics: Mapping[str, float | str | None]) -> dict[str, str]:
    """Verdict and reason by definition."""
    found = {each.id: _truth(each.rule, metrics) for each in definitions}
    return {name: f"{_VERDICTS[truth]} {reason}" for name, (truth, reason) in found.items()}


def _truth(rule: Rule, metrics: Mapping[str, float | str | None]) -> tuple[bool | None, str]:
    """Kleene logic, with what decided."""
    if isinstance(rule, Leaf):
        return _holds(rule, metrics[rule.metric]), rule.metric
    parts = [_truth(part, metrics) for part in rule.parts]
    needed = {"all": len(parts), "any": 1}.get(rule.join, rule.n)
    sure, perhaps = sum(truth is True for truth, _ in parts), sum(truth is not False for truth, _ in parts)
    truth = True if sure >= needed else None if perhaps >= needed else False
    return truth, next((reason for each, reason in parts if each is truth), "")


def _holds(leaf: Leaf, value: float | str | None) -> bool | None:
    if value is None:
        return None
    if isinstance(leaf.value, tuple):
        return value in leaf.value
    tolerance = 1e-9 * abs(leaf.value)
    match leaf.sign:
        case ">=":
            return value >= leaf.value - tolerance
        case ">":
            return value > leaf.value + tolerance
        case "<=":
            return value <= leaf.value + tolerance
        case _:
            return value < leaf.value - tolerance

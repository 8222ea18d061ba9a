"""The two fixtures of the executable specification: `spec` for the rule of a definition, `course` for a patient."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import Definition, label, window_sets
from hpd_etl.criteria.burden import BIT
from hpd_etl.criteria.definition import REQUIREMENTS
from hpd_etl.criteria.metrics import METRIC_SOURCES, Measured
from hpd_etl.criteria.response import CODES
from hpd_etl.criteria.verdicts import NOT_EVALUABLE, VERDICTS, decide
from hpd_etl.library import published, variants
from hpd_etl.schema import Reason
from hpd_etl.timeline import align

from . import assessing, notation

DEFINITIONS = {each.id: each for one in published() for each in (one, *variants(one))}
NUMBERS = [name for name, source in METRIC_SOURCES.items() if not source.codes]
ANSWERING = {"index", "scan_choices", "targets", "rejections", "metrics", "labels"}
LACKING = {"no_baseline_scan": "baseline", "no_post_scan": "first_evaluation", "no_prebaseline_scan": "pre_baseline"}


# --- spec: from metrics to a verdict ----------------------------------------------------------


@pytest.fixture
def spec() -> Callable[[str, str], None]:
    """Asserts the verdicts (and primary reasons) of a definition for lines of metrics; an empty cell is missing.

    A ratio or difference without a column of its own is taken from `..._pre` and `..._post`; `lacking` names the
    scan that is missing, `ttf_months` may be an interval as `1..3`.
    """
    def check(definition_id: str, table: str) -> None:
        definition, lines = DEFINITIONS[definition_id], notation.rows(table)
        unmet = {name: _bits([LACKING.get(line.get("lacking", "")) == name for line in lines], lines)
                 for name in (*REQUIREMENTS, "index")}
        found = decide(definition, _measured(lines), unmet, Study(id="spec"))
        answers = [{"verdict": VERDICTS[verdict], "reason": _primary(reasons) if verdict == NOT_EVALUABLE else ""}
                   for verdict, reasons in zip(found.verdict, found.reasons, strict=True)]
        _compare(lines, answers, [name for name in ("verdict", "reason") if name in lines[0]])
    return check


def _bits(marked: list[bool], lines: list[dict[str, str]]) -> np.ndarray:
    return np.array([BIT[Reason(line["lacking"])] if mark else 0 for mark, line in zip(marked, lines, strict=True)])


def _primary(reasons: int) -> str:
    return next(str(reason) for reason in Reason if reasons & BIT[reason])


def _measured(lines: list[dict[str, str]]) -> Measured:
    bounds = [{name: _interval(line.get(name, "")) for name in NUMBERS} for line in lines]
    for each in bounds:
        _complete(each)
    low, high = ({name: np.array([each[name][side] for each in bounds]) for name in NUMBERS} for side in (0, 1))
    missing = {name: np.array([_why(name, each, line) for each, line in zip(bounds, lines, strict=True)])
               for name in NUMBERS}
    response = np.array([CODES.index(line.get("response_first") or "NE") for line in lines])
    missing["response_first"] = np.where(response == CODES.index("NE"), BIT[Reason.RESPONSE_UNKNOWN], 0)
    nothing = np.full(len(lines), np.nan)
    return Measured(low, {**low, "ttf_months": high["ttf_months"]}, missing, response, {}, nothing, nothing, {})


def _interval(text: str) -> tuple[float, float]:
    if not text:
        return np.nan, np.nan
    first, dots, last = text.partition("..")
    return float(first), float(last or "inf") if dots else float(first)


def _complete(each: dict[str, tuple[float, float]]) -> None:
    for rate in ("tgk", "tgr"):
        before, after = each[f"{rate}_pre"][0], each[f"{rate}_post"][0]
        if before > 0 and np.isnan(each[f"{rate}_ratio"][0]):
            each[f"{rate}_ratio"] = (after / before,) * 2
    if np.isnan(each["tgr_delta"][0]):
        each["tgr_delta"] = (each["tgr_post"][0] - each["tgr_pre"][0],) * 2


def _why(name: str, each: Mapping[str, tuple[float, float]], line: Mapping[str, str]) -> int:
    low, high = each[name]
    if name == "ttf_months":
        return 0 if low == high else BIT[Reason.TTF_UNKNOWN]
    if not np.isnan(low):
        return 0
    if line.get("lacking"):
        return BIT[Reason(line["lacking"])]
    rate = name.partition("_")[0]
    no_growth = name.endswith("_ratio") and each.get(f"{rate}_pre", (np.nan,))[0] <= 0
    return BIT[Reason.PRE_GROWTH_NONPOSITIVE if no_growth else Reason.LESION_SET_MISMATCH]


# --- course: from a patient's records to labels -----------------------------------------------


@pytest.fixture
def course() -> Callable[..., None]:
    """Asserts what becomes of the patients of a table; columns are explained in `notation`.

    Columns that say what must come out: `pre`, `baseline`, `post`, `decided` (days), `refused` (day, reason, days out),
    `targets`, `ttf` (days, as `40` or `40..60` or `40..`), `rejected` (how many, table, reason), a definition (its
    verdict), and of `definition`: `verdict`, `reason`, `confirmation`, any metric, any flag (`yes` or empty). An empty
    cell says that there is none.
    """
    def check(table: str, definition: str = "saada2017", study: Mapping[str, object] | None = None) -> None:
        asked = Study.model_validate({"id": "spec", **(study or {})})
        patients = notation.rows(table)
        definitions = [each for name, each in DEFINITIONS.items() if name == definition or name in patients[0]]
        timeline = align(notation.records(patients), asked, window_sets(definitions, asked))
        made = {one.name: _by_person(frame) for one, frame in (*timeline, *label(timeline, definitions, asked))
                if one.name in ANSWERING}
        answers = [_answers(DEFINITIONS[definition], {name: rows[patient["person"]] for name, rows in made.items()})
                   for patient in patients]
        given = notation.GIVEN | {"person", *filter(notation.is_day, patients[0])}
        _compare(patients, answers, [name for name in patients[0] if name not in given])
    return check


@pytest.fixture
def assess() -> Callable[..., None]:
    """Asserts the responses by some criteria of the patients of a table; columns as in `assessing.EACH_VISIT`.

    Besides: `best`, `best_confirmed` and their days, `burdens`, `nadirs`, and the `windows` to confirm an iUPD in.
    """
    return assessing.checker(_compare)


Rows: TypeAlias = list[dict[str, object]]


def _by_person(frame: pd.DataFrame) -> dict[str, Rows]:
    held: dict[str, Rows] = defaultdict(list)
    for row in pa.Table.from_pandas(frame).to_pylist():
        held[row["person_id"]].append(row)
    return held


def _answers(definition: Definition, made: Mapping[str, Rows]) -> dict[str, object]:
    """What became of one patient under one definition, by the names that a table may use."""
    labels = {row["definition_id"]: row for row in made["labels"]}
    measures = (row for row in made["metrics"] if row["measure_set"] == definition.measure_set)
    answers = next(iter(made["index"]), {}) | next(measures, {}) | labels.get(definition.id, {})
    choices = [row for row in made["scan_choices"] if row["window_set"] == definition.window_set]
    targets = [str(row["lesion_id"]) for row in made["targets"] if row["window_set"] == definition.window_set]
    rejected = Counter(f"{row['table']} {row['reason']}" for row in made["rejections"])
    refused = [f"{row['days_from_index']} {row['reason']}" + f" {row['days_out']}" * bool(row["days_out"])
               for row in choices if row["role"] == "refused"]
    first, last = answers.get("ttf_min_days"), answers.get("ttf_max_days")
    return answers | dict.fromkeys(str(answers.get("flags") or "").split(";"), "yes") | {
        **{each: row["verdict"] for each, row in labels.items()},
        **{row["role"]: row["days_from_index"] for row in choices},
        "reason": answers.get("primary_reason"),
        "decided": (answers["decided_on"] - notation.DAY_0).days if answers.get("decided_on") else None,
        "refused": ", ".join(refused),
        "rejected": ", ".join(f"{times} {why}" for why, times in sorted(rejected.items())),
        "targets": " ".join(sorted(targets)),
        "ttf": str(first) if first == last else f"{first}..{'' if last is None else last}",
    }


# --- comparing --------------------------------------------------------------------------------


def _compare(lines: list[dict[str, str]], answers: list[dict[str, object]], columns: list[str]) -> None:
    known = {name for answer in answers for name in answer} | {"pre", "baseline", "post"}
    assert set(columns) <= known, f"nobody has {set(columns) - known}"
    wrong = [f"{line['person']}: {name} is {answer.get(name)}, not {line[name] or 'empty'}"
             for line, answer in zip(lines, answers, strict=True) for name in columns
             if not _same(line[name], answer.get(name))]
    assert not wrong, "\n".join(wrong)


def _same(expected: str, found: object) -> bool:
    """Text as text; a number to the digits that are written, a whole one exactly."""
    if isinstance(found, str) or not expected or found is None:
        return expected == (found or "")
    digits = len(expected.partition(".")[2])
    return float(found) == pytest.approx(float(expected), abs=0.5000001 * 10.0**-digits if digits else 1e-9)

"""The funnel: who is left after each step, and why the others are not; ambiguity D3.

Each person leaves at one step, that of the first of their reasons; the others are counted beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import pandas as pd
import pyarrow as pa

from hpd_etl.grouping import named, positions, sorted_codes, text
from hpd_etl.schema import FUNNEL, STRATA, Labels, Reason, Verdict

STEPS: dict[str, tuple[Reason, ...]] = {
    "treated": (),
    "enough look-back": (Reason.EXTRACTION_INCOMPLETE, Reason.SHORT_LOOKBACK),
    "baseline, measurable disease": (Reason.NO_BASELINE_SCAN, Reason.NO_MEASURABLE_DISEASE),
    "first evaluation": (
        Reason.EARLY_DROPOUT_DEATH, Reason.EARLY_DROPOUT_PROGRESSION, Reason.EARLY_DROPOUT_TOXICITY,
        Reason.EARLY_DROPOUT_OTHER, Reason.NO_POST_SCAN,
    ),
    "pre-baseline": (Reason.NO_PREBASELINE_SCAN, Reason.IMPRECISE_DATE),
    "same lesions": (Reason.NODE_SHORT_AXIS_MISSING, Reason.LOCAL_THERAPY, Reason.LESION_SET_MISMATCH),
    "metrics defined": (
        Reason.ZERO_BASELINE, Reason.ZERO_PREBASELINE, Reason.PRE_GROWTH_NONPOSITIVE, Reason.RESPONSE_UNKNOWN,
        Reason.TTF_UNKNOWN, Reason.FINDING_UNKNOWN,
    ),
    "evaluable": (Reason.UNCONFIRMED,),
}
"""The steps of the funnel and the reasons for leaving at each; together they hold every reason, in its order."""

EVERYBODY = "all"
"""The one stratum of the run."""
_KEYS = ("cohort", "definition_id")
_REASONS = frozenset(map(str, Reason))
_WITHIN_COHORTS = STRATA[2:]

_Row: TypeAlias = tuple[str, str | None, str | None, str, str, str | None, int, int, int]


def funnel(labels: Labels) -> pd.DataFrame:
    """Who is left after each step, per cohort and definition.

    Columns cohort, definition_id, step, reason, left, having, remaining. A step has one row a reason that somebody
    has, or one without; `remaining` is what is left after the row. Per cohort and definition `left` and the last
    `remaining` add up to all who were treated; `having` also counts those who left before for another reason.
    """
    return by_cohort(by_stratum(open_labels(labels)))


def by_cohort(told: pd.DataFrame) -> pd.DataFrame:
    """The funnels of the cohorts."""
    own = told[told["by"] == "cohort"]
    return own[["cohort", *FUNNEL.names[3:]]].reset_index(drop=True)


def open_labels(labels: Labels) -> pd.DataFrame:
    """The labels with the reasons of those alone that cannot be given."""
    frame = labels.labels
    cannot = frame["verdict"].eq(Verdict.NOT_EVALUABLE)
    told = frame["reasons"].astype("string[pyarrow]").fillna(frame["primary_reason"].astype("string[pyarrow]"))
    return frame[["person_id", *_KEYS]].assign(reasons=told.where(cannot))


def by_stratum(people: pd.DataFrame, strata: pd.DataFrame | None = None,
               shown: Mapping[str, Collection[Reason]] | None = None) -> pd.DataFrame:
    """The funnel of the run and of every stratum, as the table `funnel`.

    `people` has the columns person_id, cohort, definition_id and reasons (<NA> for whom nothing is lacking), `strata`
    is what `strata_of` gives; without it there are the run and its cohorts. `shown` names, by definition, the reasons
    that are settled: a step with another one is left out.
    """
    counted = _counted(people, strata)
    kinds = [kind for kind in STRATA if kind in ("run", *counted.column_names)]
    rows = [row for kind in kinds for row in _rows(kind, counted, shown)]
    return FUNNEL.frame(pd.DataFrame(rows, columns=FUNNEL.names))


def _counted(people: pd.DataFrame, strata: pd.DataFrame | None) -> pa.Table:
    """How many persons have the same cohort, definition, reasons and strata, in the order of their appearance."""
    columns = {name: people[name] for name in (*_KEYS, "reasons")}
    if strata is not None:
        at = positions(people["person_id"], text(strata["person_id"]))
        for name in _WITHIN_COHORTS:
            [codes], names = sorted_codes(strata[name])
            columns[name] = named(codes[at], names)
    table = pa.table({name: pa.array(column.array) for name, column in columns.items()})
    return _grouped(table, list(columns), ([], "count_all")).rename_columns({"count_all": "persons"})


def _grouped(table: pa.Table, keys: list[str], what: tuple[str | list[str], str]) -> pa.Table:
    return table.group_by(keys, use_threads=False).aggregate([what])


def _rows(kind: str, counted: pa.Table, shown: Mapping[str, Collection[Reason]] | None) -> Iterator[_Row]:
    """The funnels of one kind of strata: the cohorts in the order of the labels, the strata in that of their names."""
    splits = {"run": [], "cohort": ["cohort"]}.get(kind, ["cohort", kind])
    keys = [*splits, "definition_id"]
    found = _grouped(counted, [*keys, "reasons"], ("persons", "sum"))
    tally: dict[tuple[str | None, ...], Counter[str]] = {}
    for *parts, reasons, n in zip(*(column.to_pylist() for column in found.columns), strict=True):
        tally.setdefault(tuple(parts), Counter())[reasons or ""] += n
    order = {name: place for key in _KEYS for place, name in enumerate(counted[key].unique().to_pylist())}
    for key in sorted(tally, key=lambda parts: _place(parts, order)):
        *split, definition = key
        cohort, stratum = (split[0], split[-1]) if split else (None, EVERYBODY)
        settled = None if shown is None else set(shown[str(definition)])
        steps = [step for step, reasons in STEPS.items() if settled is None or settled.issuperset(reasons)]
        yield from ((kind, stratum, cohort, str(definition), *row) for row in _steps(tally[key], steps))


def _place(key: Sequence[str | None], order: Mapping[str | None, int]) -> tuple[int, bool, str, int]:
    """Cohorts and definitions as they came, a stratum by its name, the one that is not recorded last."""
    *split, definition = key
    return order[split[0]] if split else 0, split[-1:] == [None], str(split[-1:]), order[definition]


def _steps(tally: Mapping[str, int], steps: Sequence[str]) -> Iterator[tuple[str, str | None, int, int, int]]:
    """Step, reason, how many leave, have it and are left, for one funnel."""
    left: Counter[str] = Counter()
    having: Counter[str] = Counter()
    for reasons, n in tally.items():
        named_ones = reasons.split(";") if reasons else []
        if unknown := set(named_ones) - _REASONS:
            raise ValueError(f"reasons without a step in the funnel: {sorted(unknown)}")
        left.update(dict.fromkeys(named_ones[:1], n))
        having.update(dict.fromkeys(named_ones, n))
    remaining = sum(tally.values())
    for step in steps:
        there: list[str | None] = [str(reason) for reason in STEPS[step] if having[reason]]
        for reason in there or [None]:
            remaining -= left[reason or ""]
            yield step, reason, left[reason or ""], having[reason or ""], remaining

"""What was there before treatment more often in whoever became HPD: odds ratios, one factor at a time and together."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from hpd_etl.grouping import numbers
from hpd_etl.report.compared import ALL, COUNTS, GROUPS, NOT_RECORDED, by_definition, shared
from hpd_etl.report.content import Listing, Method, Part, Section, Story, slug
from hpd_etl.report.people import METHOD, people
from hpd_etl.report.statistics.odds import EVENTS, FIRTH, SINGLE, firth, odds_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.grouping import Bools, Floats
    from hpd_etl.report.compared import Compared
    from hpd_etl.report.facts import Facts

    Factors: TypeAlias = tuple[tuple[str, Floats], ...]
    """What may enter a model, in order: numbers by person, NaN where not recorded."""

FEW: Final = 5
"""Below so many persons in one of its four cells an odds ratio is rough."""
RECORDED: Final = 0.8
"""A factor enters the model where it is recorded of at least this share of the evaluable."""
REFERENCE: Final = "the reference"
_FACTORS: Final = ("Age, per 10 years", "More than 2 organs with lesions at baseline", "ECOG, per grade", "Male sex",
                   "More than one target of immunotherapy")
"""What enters the model, in this order, as far as events allow."""

MODEL: Final = Method(
    FIRTH.key, FIRTH.title,
    f"{FIRTH.text} The order: {'; '.join(_FACTORS)}. A factor is passed over that is recorded of less than "
    f"{100 * RECORDED:.0f} % of the evaluable, or of which fewer than {EVENTS} of them are on one of its two sides. "
    "Adjusted for nothing else, and p for no other test.",
    "Firth D, Biometrika 1993;80:27; Heinze G and Schemper M, Stat Med 2002;21:2409 (methods, no definition of HPD).")
_NOTES: Final = (
    "Where a cell is small the interval is wide for a reason: one more person would move the odds ratio.",
    "Of two categories the first stands against the second, of more each against all others that are recorded.")
_LABELS: Final = {"hpd": "HPD", "not_hpd": "not HPD", "not_evaluable": "not evaluable", "odds_ratio": "odds ratio",
                  "low": "from", "high": "to", "how": "interval", "is_small": "small cells"}
_LEFT_OUT: Final = "No model of several factors: {}."


def section(facts: Facts) -> Section:
    """What may tell beforehand."""
    factors = tuple(_factors(people(facts)))
    parts = tuple(part for each in by_definition(facts)
                  for part in shared(facts, each.definition, "risk", _parts(each, factors)))
    return Section("risk", "Risk factors",
                   "What was seen before treatment more often in those who became hyperprogressors? Odds ratios "
                   "describe these patients; they predict nobody's course and name no cause.", parts)


def _parts(compared: Compared, factors: Factors) -> Iterator[Part]:
    end = slug(compared.definition.id)
    common: dict[str, Any] = {"definition": compared.definition.id, "cohort": compared.facts.cohort}
    yield Listing(
        key=f"risk-{end}", title="Odds ratios of single factors", frame=_singles(compared), heading="characteristic",
        labels=_LABELS, notes=_NOTES, methods=(METHOD, SINGLE), counts=COUNTS, within=("characteristic",),
        parts_of=dict.fromkeys(GROUPS, ALL), told=(ALL,),
        derived=("odds_ratio", "low", "high", "how", "is_small"), **common)
    chosen = chosen_factors(compared, factors)
    model = firth(chosen.rows, chosen.is_hpd) if chosen.names else None
    if model is None:
        why = chosen.why if not chosen.names else "the likelihood has no maximum that could be found"
        yield Story(key=f"risk-model-{end}", title="Several factors together", methods=(METHOD, MODEL),
                    paragraphs=(_LEFT_OUT.format(why),), **common)
        return
    frame = pd.DataFrame({"factor": pd.array(chosen.names, dtype="string"), "odds_ratio": model.ratio, "low": model.low,
                          "high": model.high, "p": model.p})
    yield Listing(key=f"risk-model-{end}", title="Several factors together", frame=frame, labels=_LABELS,
                  notes=(_about(chosen.is_hpd), *((f"Not in the model: {chosen.why}.",) if chosen.why else ())),
                  methods=(METHOD, MODEL), **common)


def _singles(compared: Compared) -> pd.DataFrame:
    """A row a level, with the same counts as in Table 1, so that the same ones are hidden."""
    rows: list[tuple[Any, ...]] = []
    for each in compared.of_kind(coded=True):
        hpd, not_hpd = (int(n) for n in compared.counted(each)[:-1, :2].sum(axis=0))
        for place, (level, (own, others, unknown)) in enumerate(compared.rows(each)):
            cells = (own, others, hpd - own, not_hpd - others)
            told: tuple[Any, ...] = (None,) * 5
            if len(each.levels) == 2 and place == 1 and level != NOT_RECORDED:
                told = (*(None,) * 3, REFERENCE, None)
            elif level != NOT_RECORDED and (found := odds_ratio(*cells)) is not None:
                told = (found.ratio, found.low, found.high, found.how, min(cells) < FEW)
            rows.append((each.title, level, own + others + unknown, own, others, unknown, *told))
    kinds = {"characteristic": "string", "level": "string", **dict.fromkeys(COUNTS, "Int64"), "odds_ratio": "Float64",
             "low": "Float64", "high": "Float64", "how": "string", "is_small": "boolean"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The factors of a model, and the persons of whom all of them are recorded."""

    names: tuple[str, ...]
    rows: Floats
    is_hpd: Bools
    why: str
    """Why other factors, or all, are left out."""


def chosen_factors(compared: Compared, factors: Factors) -> Chosen:
    """As many of the factors, in their order, as there are events for; who is HPD is asked for their number alone."""
    evaluable, is_hpd = compared.group < 2, compared.group == 0
    columns, passed = {}, []
    for name, values in factors:
        if _is_told(values[evaluable]):
            columns[name] = values
        else:
            passed.append(f"{name} (recorded of too few, or all alike)")
    least = max(EVENTS, ceil(compared.facts.study.report.min_cell.value))
    for n in range(len(columns), 0, -1):
        rows = np.column_stack(list(columns.values())[:n])
        complete = evaluable & ~np.isnan(rows).any(axis=1)
        hpd = int(is_hpd[complete].sum())
        if min(hpd, int(complete.sum()) - hpd) >= max(n * EVENTS, least):
            cut = [f"{name} (too few events)" for name in list(columns)[n:]]
            return Chosen(tuple(columns)[:n], rows[complete], is_hpd[complete], "; ".join([*passed, *cut]))
    why = f"fewer than {least} are HPD, or not HPD, with the factors recorded" if columns else "no factor is recorded"
    return Chosen((), np.zeros((0, 0)), np.zeros(0, dtype=np.bool_), why)


def _factors(known: pd.DataFrame) -> Iterator[tuple[str, Floats]]:
    """The factors as numbers, NaN where not recorded; those of which the data tell nothing are absent."""
    nobody = pd.Series(pd.NA, index=known.index, dtype="Float64")
    texts = {name: known[name].astype("string") if name in known else nobody.astype("string")
             for name in ("sex", "organs_split", "immunotherapy")}
    made = (
        numbers(known.get("age", nobody)) / 10,
        _as_flag(texts["organs_split"] == "more than 2"),
        numbers(known.get("ecog", nobody)),
        _as_flag((texts["sex"] == "male").mask(texts["sex"] == "other")),
        _as_flag(texts["immunotherapy"].str.contains(" + ", regex=False)),
    )
    return zip(_FACTORS, made, strict=True)


def _as_flag(answer: pd.Series[bool]) -> Floats:
    return numbers(answer.astype("boolean").astype("Float64"))


def _is_told(values: Floats) -> bool:
    """Whether enough is recorded, and enough persons are on each side of a factor that has two."""
    known = values[~np.isnan(values)]
    if not len(known) or len(known) < RECORDED * len(values):
        return False
    _, persons = np.unique(known, return_counts=True)
    return len(persons) > 2 or (len(persons) == 2 and persons.min() >= EVENTS)


def _about(is_hpd: Bools) -> str:
    """How many are in the model, to the next ten: exact numbers would tell what is hidden elsewhere."""
    everybody, hpd = (10 * ((int(n) + 5) // 10) for n in (len(is_hpd), is_hpd.sum()))
    return f"About {everybody:,} persons are in the model, about {hpd:,} of them HPD."

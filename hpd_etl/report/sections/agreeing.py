"""How far the definitions agree on the same persons, and whom exactly which of them call HPD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hpd_etl.report.content import Figure, Listing, Method, Part, Section, Story
from hpd_etl.report.drawing.matrix import BANDS, matrix_chart
from hpd_etl.report.drawing.overlaps import overlap_chart
from hpd_etl.report.sections import rates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.report.facts import Facts

KAPPA: Final = Method(
    "kappa", "Cohen's kappa, Jaccard and positive agreement",
    "Two definitions are compared on the persons whom both can judge. Jaccard: HPD by both among those HPD by either, "
    "interval exact (Clopper-Pearson). Positive agreement (Dice) is 2J / (1 + J). Kappa: agreement beyond that of "
    "chance, interval for large numbers; both from statsmodels. A rule that several papers state is counted once, "
    "under the first of their ids. None of them says which definition is right.",
    "Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-7; Clopper CJ, Pearson ES. Biometrika 1934;26:404-13.")
OVERLAP: Final = Method(
    "overlap", "Exact combinations",
    "Everybody treated is in exactly one combination: that of all rules of hyperprogression by which they are HPD. "
    "Whom a rule cannot judge it does not call HPD, so a combination may be incomplete.",
    "Drawn after Lex A, et al. UpSet. IEEE Trans Vis Comput Graph 2014;20:1983-92.")
MOST: Final = 15
"""So many combinations are told one by one, the most frequent first; the rest is one sum."""
NOBODY: Final = "none"
OTHERS: Final = "other combinations"
_FOUR: Final = ("both_hpd", "first_hpd_only", "second_hpd_only", "neither_hpd")
_UNJUDGED: Final = {
    "first_hpd_alone": "HPD by the first, not evaluable by the second",
    "first_not_hpd_alone": "not HPD by the first, not evaluable by the second",
    "second_hpd_alone": "HPD by the second, not evaluable by the first",
    "second_not_hpd_alone": "not HPD by the second, not evaluable by the first",
    "neither_evaluable": "evaluable by neither"}
_COUNTS: Final = ("n_both", *_FOUR, *_UNJUDGED)
_ESTIMATES: Final = tuple(f"{name}{bound}" for name in ("kappa", "jaccard", "positive_agreement")
                          for bound in ("", "_low", "_high"))


def section(facts: Facts) -> Section:
    """The agreement of each two rules, and the overlap of all."""
    parts = tuple(_parts(facts))
    return Section("agreement", "Agreement of definitions",
                   "Do definitions call the same patients hyperprogressors? A rate may be the same and the patients "
                   "others. Definitions that share data and thresholds agree by construction.", parts)


def _parts(facts: Facts) -> Iterator[Part]:
    found = facts.agreement
    pairs = found.pairs[(found.pairs["cohort"] == facts.cohort) & found.pairs["both_hyperprogression"]]
    if pairs.empty:
        yield Story(key="agreement-none", title="Nothing to compare",
                    paragraphs=("Agreement takes two different rules of hyperprogression; the study uses fewer.",))
        return
    judged = rates.judged(facts)
    yield from _pairs(_with_unjudged(pairs, judged), facts.cohort)
    sets = found.overlaps[found.overlaps["cohort"] == facts.cohort]
    frame = combinations(sets, judged, int(np.ceil(facts.study.report.min_cell.value)))
    rest = frame.loc[frame["definitions"] == OTHERS, "combinations"]
    yield Figure(
        key="overlap", title="Exact combinations of definitions", methods=(OVERLAP,), cohort=facts.cohort, wide=True,
        notes=(f"The most frequent combinations, at most {MOST}; {rest.sum()} rarer ones are one sum, the last bar, "
               "without marks. Bars beside the names: all who are HPD by the definition.",) if len(rest) else (),
        frame=frame, labels={"kind": "row", "n_hpd": "definitions in it"}, counts=("persons", *rates.COUNTS[1:]),
        parts_of={"persons": "evaluable", **{part: whole for part, whole in rates.SUMS.items() if part != "hpd"}},
        told=rates.TOLD, within=("adds_up_to",), draw=overlap_chart,
        alt="Columns are exact combinations of definitions: a bar for how many persons are HPD by exactly these, and "
            "below it a mark beside each definition that belongs to it.")


def _pairs(pairs: pd.DataFrame, cohort: str) -> Iterator[Part]:
    frame = pairs[["first", "second", *_COUNTS, *_ESTIMATES, "small"]].reset_index(drop=True)
    frame = frame.assign(**{f"{name}_band": banded(frame[name]) for name in ("kappa", "jaccard")})
    labels = {name: name.replace("_", " ").replace("hpd", "HPD") for name in frame.columns}
    labels |= {"n_both": "evaluable by both", "small": "small numbers", **_UNJUDGED}
    small = int(frame["small"].sum())
    notes = (f"Small numbers in {small} of {len(frame)} pairs: fewer than {rates.FEW} persons evaluable by both, or "
             "fewer than 5 HPD or not HPD by one of the two.",) if small else ()
    yield Figure(
        key="agreement-matrix", title="Agreement of each two definitions", methods=(KAPPA,), cohort=cohort, wide=True,
        notes=("Above the diagonal Cohen's kappa, below it Jaccard, in hundredths; the darker, the more they agree. "
               "Where a count is hidden only the shade is shown; without a shade it is not defined.", *notes),
        frame=frame, labels=labels, counts=_COUNTS, whole_rows=True, derived=_ESTIMATES, draw=matrix_chart,
        alt="A square of definitions: the shade of each cell is how far the two agree. The numbers stand in the "
            "data of the figure.")
    alone = (frame["first_hpd_only"] + frame["second_hpd_only"]).to_numpy(np.int64)
    most = frame.iloc[np.argsort(-alone, kind="stable")[:MOST]].drop(columns=["kappa_band", "jaccard_band"])
    yield Listing(key="disagreement", title="Definitions that disagree on most persons", methods=(KAPPA,),
                  cohort=cohort, frame=most.reset_index(drop=True), labels=labels, counts=_COUNTS, whole_rows=True,
                  derived=_ESTIMATES)


def _with_unjudged(pairs: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """The pairs with those whom one of the two cannot judge: with the rates their numbers are known as well."""
    first, second = (judged.reindex(pairs[name].astype(object)).reset_index(drop=True) for name in ("first", "second"))
    pairs = pairs.reset_index(drop=True)
    alone = (first["hpd"] - pairs["both_hpd"] - pairs["first_hpd_only"],
             first["not_hpd"] - pairs["second_hpd_only"] - pairs["neither_hpd"],
             second["hpd"] - pairs["both_hpd"] - pairs["second_hpd_only"],
             second["not_hpd"] - pairs["first_hpd_only"] - pairs["neither_hpd"])
    nobody = first["treated"] - pairs["n_both"] - sum(alone)
    return pairs.assign(**dict(zip(_UNJUDGED, (*alone, nobody), strict=True)))


def banded(values: pd.Series[float]) -> pd.Series[str]:
    """In which fifth a coefficient is; too coarse to tell a count."""
    places = np.clip(np.floor(values.to_numpy(np.float64, na_value=np.nan) * 5), 0, 4)
    return pd.Series([None if np.isnan(place) else BANDS[int(place)] for place in places], values.index, dtype="string")


def combinations(sets: pd.DataFrame, judged: pd.DataFrame, least: int) -> pd.DataFrame:
    """The most frequent combinations of at least so many persons, the sum of the others, and the size of each set.

    Columns kind (combination or definition), definitions, combinations (how many the row stands for), n_hpd, persons,
    for a definition who is judged how, and adds_up_to (combinations add up to all treated, definitions to nothing).
    A combination is not told where the rest of one of its definitions would be few persons.
    """
    frequent = _telling(sets[sets["persons"] >= least].head(MOST), judged, least)
    rest = sets.drop(index=frequent.index)
    names = frequent["definitions"].astype(object).where(frequent["definitions"].notna(), NOBODY)
    rows = list(zip(names, [1] * len(names), frequent["n_hpd"], frequent["persons"], strict=True))
    if len(rest):
        rows.append((OTHERS, len(rest), None, rest["persons"].sum()))
    told = pd.DataFrame(rows, columns=["definitions", "combinations", "n_hpd", "persons"]).assign(
        kind="combination", adds_up_to="all treated")
    named = dict.fromkeys(name for each in names if each != NOBODY for name in each.split(";"))
    sizes = judged.loc[[name for name in judged.index if name in named]].rename(columns={"hpd": "persons"})
    sizes = sizes.assign(kind="definition", definitions=sizes.index, adds_up_to=sizes.index)
    counts = ["combinations", "n_hpd", "persons", *rates.COUNTS[1:]]
    columns = ["kind", "definitions", *counts, "adds_up_to"]
    frame = pd.concat([part.reindex(columns=columns).astype(object) for part in (told, sizes)], ignore_index=True)
    return frame.astype(dict.fromkeys(counts, "Int64"))


def _telling(frequent: pd.DataFrame, judged: pd.DataFrame, least: int) -> pd.DataFrame:
    """Without the rarest combinations, until none or at least so many of each definition are in other ones."""
    members = [set() if names is None else set(names.split(";"))
               for names in frequent["definitions"].astype(object).where(frequent["definitions"].notna(), None)]
    persons, hpd = frequent["persons"].tolist(), judged["hpd"].to_dict()
    kept = list(range(len(persons)))
    for place in reversed(range(len(persons))):
        rest = {name: hpd[name] - sum(persons[each] for each in kept if name in members[each])
                for name in set().union(*(members[each] for each in kept))}
        few = {name for name, n in rest.items() if 0 < n < least}
        if not few:
            break
        if few & members[place]:
            kept.remove(place)
    return frequent.iloc[kept]

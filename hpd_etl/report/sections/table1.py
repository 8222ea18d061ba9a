"""Table 1: whoever is HPD beside whoever is not, as they were before treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hpd_etl.quality.rates import exact_interval
from hpd_etl.report.compared import ALL, COUNTS, GROUPS, NOT_RECORDED, by_definition, shared
from hpd_etl.report.content import Listing, Method, Part, Section, slug
from hpd_etl.report.drawing.theme import VERDICTS
from hpd_etl.report.people import METHOD
from hpd_etl.report.statistics import counts, numbers, several

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hpd_etl.report.compared import Compared
    from hpd_etl.report.facts import Facts
    from hpd_etl.report.people import Characteristic
    from hpd_etl.report.statistics.counts import Tested

FEW: Final = 30
"""Below so many persons in a group the part says that the numbers are small."""
SMALL: Final = ("Small numbers: with so few in one of the groups only large differences can be found; a large p is no "
                "evidence that the groups are alike.")
_NOTES: Final = (
    "“Not recorded” is in no percentage and in no test. Who is not evaluable is described, not compared.",
    "Many tests at once: beside each p it stands adjusted for all tests of this definition (Holm; Benjamini-Hochberg), "
    "not for the other definitions.")
_SHARES: Final = tuple(f"{group}_{what}" for group in GROUPS for what in ("share", "low", "high"))[:-2]
"""Fractions of a group and their intervals; of those who are not evaluable without one."""
_TESTS: Final = ("test", "p", "p_holm", "p_fdr")
_LABELS: Final = {
    "p_holm": "p, Holm", "p_fdr": "p, Benjamini-Hochberg",
    **{f"{group}{end}": f"{title}{said}" for group, title in zip(GROUPS, VERDICTS.values(), strict=True)
       for end, said in (("", ""), ("_share", ", %"), ("_low", ", from"), ("_high", ", to"),
                         ("_recorded", ", recorded"), ("_median", ", median"), ("_q1", ", 1st quartile"),
                         ("_q3", ", 3rd quartile"), ("_least", ", lowest"), ("_most", ", highest"))}}

SHARES: Final = Method(
    "shares", "Percentages and their intervals",
    "Of the persons of the group of whom it is recorded, with exact two-sided 95 % intervals (Clopper-Pearson 1934, "
    "SciPy). “Not recorded” is a row of its own, is in no percentage and in no test; persons who are not evaluable are "
    "described and not compared.")


def section(facts: Facts) -> Section:
    """How hyperprogressors differed before treatment."""
    parts = tuple(part for each in by_definition(facts)
                  for part in shared(facts, each.definition, "table1", _parts(each)))
    return Section("characteristics", "Characteristics before treatment (Table 1)",
                   "Were those who became hyperprogressors different before treatment? Many things are compared at "
                   "once and the groups were not made by chance: a difference is a question, not a cause.", parts)


def tested(compared: Compared) -> dict[str, dict[str, Any]]:
    """By characteristic: the test, its p, and the p adjusted for all characteristics."""
    found = [_test(compared, each) for each in compared.asked]
    p = np.array([np.nan if each.p is None else each.p for each in found])
    adjusted = (p, several.adjusted(p, "holm"), several.adjusted(p, "fdr_bh"))
    return {each.key: dict(zip(_TESTS, (str(test), *values), strict=True))
            for each, test, *values in zip(compared.asked, found, *map(np.ndarray.tolist, adjusted), strict=True)}


def _test(compared: Compared, each: Characteristic) -> Tested:
    if not each.levels:
        hpd, not_hpd, _ = compared.values(each)
        return numbers.compared(hpd, not_hpd, symmetric=each.symmetric)
    return counts.compared(compared.counted(each)[:-1, :2], seed=compared.facts.study.report.seed)


def _parts(compared: Compared) -> Iterator[Part]:
    coded, numeric = (compared.of_kind(coded=kind) for kind in (True, False))
    tests, end = tested(compared), slug(compared.definition.id)
    common: dict[str, Any] = {
        "notes": (*_NOTES, *((SMALL,) if min(compared.persons[:2]) < FEW else ())), "labels": _LABELS,
        "definition": compared.definition.id, "cohort": compared.facts.cohort}
    if coded:
        yield Listing(
            key=f"table1-{end}", title="Characteristics before treatment", frame=_categories(compared, tests),
            methods=(METHOD, SHARES, counts.METHOD, several.METHOD), heading="characteristic", counts=COUNTS,
            parts_of=dict.fromkeys(GROUPS, ALL), told=(ALL,), within=("characteristic",), percent=_SHARES,
            derived=(*_SHARES, *_TESTS), **common)
    if numeric:
        recorded = [f"{group}_recorded" for group in GROUPS]
        described = [f"{group}_{what}" for group in GROUPS for what in ("median", "q1", "q3")]
        yield Listing(
            key=f"table1-numbers-{end}", title="Characteristics that are numbers", frame=_numbers(compared, tests),
            methods=(METHOD, numbers.METHOD, several.METHOD), counts=(*GROUPS, *recorded),
            parts_of=dict(zip(recorded, GROUPS, strict=True)), derived=(*described, *_TESTS), **common)
        yield Listing(
            key=f"table1-ranges-{end}", title="Lowest and highest values", frame=_ranges(compared),
            methods=(METHOD,), patients=True, **common)


def _categories(compared: Compared, tests: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """A row a level; the test stands in the first row of its characteristic."""
    rows = []
    for each in compared.of_kind(coded=True):
        recorded = compared.counted(each)[:-1].sum(axis=0).tolist()
        test = [*tests[each.key].values()]
        for level, own in compared.rows(each):
            shares: list[float | None] = [None] * len(_SHARES)
            if level != NOT_RECORDED:
                shares = [share for n, of in zip(own, recorded, strict=True) for share in exact_interval(n, of)][:-2]
            rows.append((each.title, level, sum(own), *own, *shares, *test))
            test = [None] * len(_TESTS)
    return _frame(rows, ("characteristic", "level", *COUNTS, *_SHARES, *_TESTS))


def _numbers(compared: Compared, tests: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    rows = []
    for each in compared.of_kind(coded=False):
        described = [(n, len(own), *numbers.quartiles(own))
                     for n, own in zip(compared.persons, compared.values(each), strict=True)]
        rows.append((each.title, *(value for group in described for value in group), *tests[each.key].values()))
    ends = ("", "_recorded", "_median", "_q1", "_q3")
    return _frame(rows, ("characteristic", *(f"{group}{end}" for group in GROUPS for end in ends), *_TESTS))


def _ranges(compared: Compared) -> pd.DataFrame:
    rows = [(each.title, *(edge for own in compared.values(each)
                           for edge in ((own.min(), own.max()) if len(own) else (None, None))))
            for each in compared.of_kind(coded=False)]
    return _frame(rows, ("characteristic", *(f"{group}_{what}" for group in GROUPS for what in ("least", "most"))))


def _frame(rows: list[tuple[Any, ...]], columns: Sequence[str]) -> pd.DataFrame:
    texts = {name: "string" for name in columns if name in ("characteristic", "level", "test")}
    counted = {name: "Int64" for name in columns if name in COUNTS or name.endswith("_recorded")}
    return pd.DataFrame(rows, columns=list(columns)).astype({**dict.fromkeys(columns, "Float64"), **texts, **counted})

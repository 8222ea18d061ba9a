"""What is known of each person of the cohort before treatment; what is not recorded is missing and never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hpd_etl.codes import checkpoint_targets
from hpd_etl.criteria.definition import STUDY_WINDOWS
from hpd_etl.grouping import (
    NO_DAY,
    count,
    days,
    distinct,
    encoded,
    floats,
    highest,
    integers,
    joined,
    named,
    numbers,
    positions,
    sorted_codes,
    text,
)
from hpd_etl.quality.strata import SEVERAL, only, strata_of
from hpd_etl.report.content import Method
from hpd_etl.report.drawing.theme import VERDICTS
from hpd_etl.schema import LesionStatus, ScanRole, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

    from hpd_etl.criteria.definition import Definition
    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.report.facts import Facts

MANY: Final = 10
"""A characteristic with more values shows the most frequent ones of the cohort and puts the others together."""
OTHER: Final = "other"
_RARE: Final = 5
"""A value of a finding that fewer have is not named: it may be what somebody wrote of one patient."""
_CLOSED: Final = ("sex", "organs_split", "immunotherapy", "regimen")
"""Characteristics with words of our own, never of a source."""
_LASTING: Final = ("primary_site", "histology")
"""Findings of the tumour itself, which do not depend on when they are recorded."""
_MANIFOLD: Final = "metastasis"
"""A finding that a person may have several of at once."""
_SEEN: Final = (LesionStatus.MEASURED, LesionStatus.PRESENT, LesionStatus.PROGRESSED, LesionStatus.TOO_SMALL)
_LENGTH: Final = {"month": 31, "year": 366}
_TITLES: Final = {
    "sex": "Sex", "age": "Age at first dose, years", "ecog": "ECOG",
    "ecog_code": "ECOG, without a grade", "primary_site": "Primary site", "histology": "Histology",
    "organs_split": "Organs with lesions at baseline", "immunotherapy": "Type of immunotherapy", "regimen": "Regimen",
    "mmr": "Mismatch repair", "msi": "Microsatellites", "pdl1": "PD-L1", "egfr": "EGFR", "mdm2": "MDM2", "mdm4": "MDM4",
    "tmb": "Tumour mutational burden", "metastasis": "Metastases recorded in",
}

METHOD: Final = Method(
    "people", "What counts as known before treatment",
    "Age in whole years on the day of the first dose; where only the year of birth is known, the age reached in that "
    "year, which may be one too many. Primary site and histology at any time; who has several is a group of their own. "
    "ECOG and all other findings: the last one up to the first dose; a date known to the month or the year counts "
    "where all of it lies before; of several on one day the highest number, and of several codes the group `several`; "
    "of metastases all that are recorded by then. What is recorded only later counts as not recorded. Organs with "
    "lesions: at the baseline scan of the study's own windows; lymph nodes together are one organ, and a lesion "
    f"without an organ is one of its own. Of more than {MANY} values the most frequent ones of the whole cohort are "
    f"shown, chosen without a look at labels; a value of a finding that fewer than {_RARE} have is not named, for it "
    "may be what somebody wrote of one patient, and stands with the others.")


@dataclass(frozen=True)
class Characteristic:
    """A column of `people`, and how it is compared."""

    key: str
    title: str
    levels: tuple[str, ...] = ()
    """Its values in the order in which they are shown; none where it is a number."""
    symmetric: bool = False
    """A number whose mean describes it, as an age; others, as counts and percentages, are skewed."""

    def codes(self, people: pd.DataFrame) -> Ints:
        """The level of each person; -1 where it is not recorded."""
        place = {name: code for code, name in enumerate(self.levels)}
        codes, names = encoded(people[self.key].astype("string[pyarrow]"))
        known = [place.get(name, place.get(OTHER, -1)) for name in names.to_pylist()]
        return np.array([*known, -1], dtype=np.int64)[codes]


def people(facts: Facts) -> pd.DataFrame:
    """One row a person of the cohort in the order of `facts.people`: text and numbers, <NA> where not recorded.

    Columns sex, age, ecog, primary_site, histology, organs, organs_split, immunotherapy, regimen, and one for each
    further finding in the data; one that has codes and numbers has its numbers in a column `<finding>_number`, and
    what is coded of ECOG without a grade stands in `ecog_code`.
    """
    index, timeline = facts.people, facts.timeline
    ids = text(index["person_id"])
    rows = positions(index["person_id"], text(timeline.index["person_id"]))
    strata = strata_of(timeline).iloc[rows]
    organs = _organs(facts, ids)
    made = {
        "sex": _of_persons(facts)["sex"],
        "age": _age(facts),
        "ecog": pd.Series(dtype="Float64"),
        "primary_site": strata["primary_site"],
        "histology": only(timeline, "histology").iloc[rows],
        "organs": organs,
        "organs_split": _split(organs),
        "immunotherapy": _types(strata["regimen"]),
        "regimen": strata["regimen"],
        **_findings(facts, ids),
    }
    kept = {name: column.array for name, column in made.items() if len(column) and column.notna().any()}
    return pd.DataFrame(kept, index=index.index)


def verdict_places(facts: Facts, definition: Definition) -> Ints:
    """The verdict of everybody in `facts.people`, as its place in `VERDICTS`."""
    codes, names = encoded(facts.labels_of(definition)["verdict"])
    places = list(VERDICTS)
    return np.array([*(places.index(Verdict(name)) for name in names.to_pylist()), -1], dtype=np.int64)[codes]


def characteristics(people: pd.DataFrame) -> tuple[Characteristic, ...]:
    """The columns that say something of somebody, in the order of `people`; a number that is split stands as such.

    Nothing stands twice: of two counts of the same persons one would tell what is hidden of the other.
    """
    return tuple(_characteristic(str(name), people[name]) for name in people if f"{name}_split" not in people)


def _characteristic(name: str, column: pd.Series[str]) -> Characteristic:
    key = name.removesuffix("_number")
    title = _TITLES.get(key, key.replace("_", " "))
    if name == "ecog":
        return Characteristic(name, title, tuple(map(str, sorted(column.dropna().unique()))))
    if pd.api.types.is_numeric_dtype(column.dtype):
        return Characteristic(name, title if key == name else f"{title}, value", symmetric=name == "age")
    frequent = [str(value) for value, n in column.value_counts().items() if n]
    if name == "organs_split":
        return Characteristic(name, title, tuple(sorted(frequent, reverse=True)))
    often = frequent if name in _CLOSED else [str(value) for value, n in column.value_counts().items() if n >= _RARE]
    shown = frequent if len(often) == len(frequent) <= MANY else [
        *(value for value in often[: MANY - 1] if value != OTHER), OTHER]
    return Characteristic(name, title, tuple(shown))


def _of_persons(facts: Facts) -> pd.DataFrame:
    persons = facts.timeline.persons
    return persons.iloc[positions(facts.people["person_id"], text(persons["person_id"]))]


def _age(facts: Facts) -> pd.Series[int]:
    """Birthdays reached by the first dose."""
    persons = _of_persons(facts)
    exact, earliest = days(persons["birth_date"]), days(persons["born_from"])
    born, first = np.where(exact == NO_DAY, earliest, exact), days(facts.people["index_date"])
    known = (born != NO_DAY) & (first != NO_DAY)
    birth, dose = (np.where(known, day, 0).astype("datetime64[D]") for day in (born, first))
    months = dose.astype("datetime64[M]").astype(np.int64) - birth.astype("datetime64[M]").astype(np.int64)
    day_of_month = [(day - day.astype("datetime64[M]")).astype(np.int64) for day in (birth, dose)]
    return integers((months - (day_of_month[1] < day_of_month[0])) // 12, known)


def _organs(facts: Facts, ids: pa.Array) -> pd.Series[int]:
    """Organs with lesions at the baseline scan; missing without a scan or without lesions recorded at it."""
    choices, lesions = facts.timeline.scan_choices, facts.timeline.lesions
    base = choices[(choices["window_set"] == STUDY_WINDOWS) & (choices["role"] == ScanRole.BASELINE)]
    n, person = len(ids), positions(base["person_id"], ids)
    day = highest(person, base["days_from_index"].to_numpy(np.int64), n + 1, NO_DAY)
    owner = positions(lesions["person_id"], ids)
    at_base = (owner >= 0) & (lesions["days_from_index"].to_numpy(np.int64) == day[owner])
    seen = lesions["status"].isin(_SEEN).to_numpy(np.bool_) & (numbers(lesions["diameter_mm"]) != 0)
    [organ], names = sorted_codes(lesions["organ"])
    [lesion], _ = sorted_codes(lesions["lesion_id"])
    is_node = lesions["is_node"].to_numpy(np.bool_, na_value=False)
    place = np.where(is_node, len(names), np.where(organ >= 0, organ, len(names) + 1 + lesion))
    span = len(names) + len(lesions) + 2
    key = distinct((owner * span + place)[at_base & seen])
    looked = count(owner[at_base], n) > 0
    return integers(count(key // span, n), looked)


def _split(organs: pd.Series[int]) -> pd.Series[str]:
    """Up to two or more, as the seed paper and Castello 2020 have it."""
    codes = np.where(organs.isna(), -1, (organs.to_numpy(np.int64, na_value=0) > 2).astype(np.int64))
    return named(codes, ["up to 2", "more than 2"])


def _types(regimen: pd.Series[str]) -> pd.Series[str]:
    """What the agents of a regimen block, each once, joined by +."""
    targets = checkpoint_targets()
    codes, names = encoded(regimen)
    kinds = [sorted({targets[agent] for agent in name.split("+") if agent in targets}) for name in names.to_pylist()]
    return named(codes, [" + ".join(kind) or None for kind in kinds])


def _findings(facts: Facts, ids: pa.Array) -> dict[str, pd.Series[str] | pd.Series[float] | pd.Series[int]]:
    """The last of each finding up to the first dose."""
    rows = facts.timeline.findings
    length = rows["date_precision"].map(_LENGTH).astype("Float64").to_numpy(np.float64, na_value=1)
    day, person = rows["days_from_index"].to_numpy(np.int64), positions(rows["person_id"], ids)
    finding, names = encoded(rows["finding"])
    before = (person >= 0) & (day + length - 1 <= 0)
    made: dict[str, pd.Series[str] | pd.Series[float] | pd.Series[int]] = {}
    for name in sorted(set(names.to_pylist()) - set(_LASTING)):
        own = before & (finding == names.to_pylist().index(name))
        number, code = (own & rows[column].notna().to_numpy() for column in ("value_number", "value_code"))
        if name == _MANIFOLD:
            made[name] = _all_codes(rows["value_code"], person, code, len(ids))
        elif code.any():
            made["ecog_code" if name == "ecog" else name] = _last_code(rows["value_code"], person, day, code, len(ids))
        if number.any() and name == "ecog":
            worst = numbers(_last_number(rows, person, day, number, len(ids)))
            made[name] = integers(np.nan_to_num(worst).astype(np.int64), ~np.isnan(worst))
        elif number.any():
            made[f"{name}_number" if code.any() else name] = _last_number(rows, person, day, number, len(ids))
    return made


def _latest(person: Ints, day: Ints, own: Bools, n: int) -> Ints:
    """The rows of each person's last day."""
    last = highest(person[own], day[own], n + 1, NO_DAY)
    return np.flatnonzero(own & (day == last[person]))


def _last_number(rows: pd.DataFrame, person: Ints, day: Ints, own: Bools, n: int) -> pd.Series[float]:
    at = _latest(person, day, own, n)
    found = np.full(n, -np.inf)
    np.maximum.at(found, person[at], numbers(rows["value_number"])[at])
    return floats(np.where(np.isinf(found), np.nan, found))


def _last_code(values: pd.Series[str], person: Ints, day: Ints, own: Bools, n: int) -> pd.Series[str]:
    at = _latest(person, day, own, n)
    [code], names = sorted_codes(values)
    high, low = highest(person[at], code[at], n, -1), -highest(person[at], -code[at], n, 1)
    return named(np.where(low == high, high, len(names)), [*names.to_pylist(), SEVERAL])


def _all_codes(values: pd.Series[str], person: Ints, own: Bools, n: int) -> pd.Series[str]:
    """All codes of each person, each once, joined by +."""
    [code], names = sorted_codes(values)
    key = distinct((person * (len(names) + 1) + code)[own])
    owner, found = key // (len(names) + 1), np.full(n, None, dtype=object)
    told = joined(names.take(key % (len(names) + 1)), owner).to_pylist()
    found[distinct(owner)] = [each.replace(";", " + ") for each in told]
    return pd.Series(found, dtype="string")

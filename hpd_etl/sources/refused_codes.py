"""The code that a refusal is about: what no mapping knows, as vocabulary and never as words about a patient.

A concept id stands as it is, and so does what looks like a code of a terminology that we know. A text, whatever field
it was typed into, or a code of a system that nobody named, stands only where it occurs for several persons, as what is
written of one alone may be about that person, and where `words` knows all of it, as a name may be that of several.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypedDict

import pandas as pd

from hpd_etl import assets
from hpd_etl.words import RARE, is_code, is_vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hpd_etl.sources.columns import Rows

VOCABULARY_FROM = 5
"""A text that is refused for so many persons is vocabulary; one that is rarer is not carried."""
TEXT, OMOP = "text", "OMOP"
_SYSTEM = re.compile(r"[A-Za-z][\w+.-]*(:[^\s@]+)?")
"""A word, or a URI."""


class Part(StrEnum):
    """What of a row nobody understood."""

    CODE = "code"
    VALUE = "value"
    UNIT = "unit"
    STOP = "stop"


TOLD_BY = {
    "unit_unknown": Part.UNIT, "unit_of_other_dimension": Part.UNIT, "unit_conflict": Part.UNIT,
    "no_value": Part.VALUE, "number_and_status": Part.VALUE, "new_lesion_value_unknown": Part.VALUE,
    "response_unknown": Part.VALUE, "death_cause_unknown": Part.VALUE, "framework_unknown": Part.CODE,
    "dimension_unknown": Part.CODE, "code_unknown": Part.CODE, "code_expired": Part.CODE, "drug_not_coded": Part.CODE,
    "status_unknown": Part.CODE, "stop_reason_unknown": Part.STOP,
}
"""The reasons that a mapping can mend, and the part of the row that it would have to name."""


class Code(NamedTuple):
    """A code and the system it is of: a terminology, `OMOP` for a concept id, `text` where there is none."""

    system: str
    code: str


Tells: TypeAlias = "Callable[[Rows, Part], Sequence[Code | None]]"
"""What a part of each of these rows says; None where nothing stands."""


def columns(told: Sequence[Code | None]) -> dict[str, pd.Series[str]]:
    """These codes as the two columns of `rejections`."""
    return {name: pd.Series([each[place] if each else None for each in told], dtype=pd.StringDtype("pyarrow"))
            for place, name in enumerate(("code_system", "code"))}


class Unread(TypedDict):
    """A code of rows that nothing reads, because no mapping knows it: of which table, how often, of how many.

    Of what is not shown, persons count once for each text.
    """

    table: str
    system: str
    code: str
    rows: int
    persons: int


def shown(code: Code, persons: int, *, of_field: bool) -> Code:
    """The code where it may be shown to others than its source, else `(text)`; `of_field`: from a field for codes."""
    known = code.system in (OMOP, *known_systems()) and is_code(code.code)
    if known or code.code in _shipped():
        return code
    coded = of_field or code.system != TEXT
    told = persons >= VOCABULARY_FROM and is_vocabulary(code.code, coded=coded)
    return code if told and _SYSTEM.fullmatch(code.system) else Code(TEXT, RARE)


def without_rare_texts(rejections: pd.DataFrame) -> pd.DataFrame:
    """Rejections in which `(text)` stands for what may not be shown."""
    told = rejections[rejections["code"].notna()]
    if told.empty:
        return rejections
    by = ["code_system", "code"]
    persons = told.groupby(by, observed=True)["person_id"].transform("nunique")
    distinct = told[[*by, "reason"]].astype(object).assign(persons=persons)
    answers = {key: shown(Code(*key[:2]), key[3], of_field=TOLD_BY.get(key[2]) == Part.CODE)
               for key in set(distinct.itertuples(index=False, name=None))}
    masked = rejections.copy()
    masked.loc[told.index, by] = [answers[key] for key in distinct.itertuples(index=False, name=None)]
    return masked


@cache
def known_systems() -> frozenset[str]:
    """The terminologies that `mappings/code_systems.csv` names."""
    return frozenset(row["system"] for row in assets.mapping("code_systems"))


@cache
def _shipped() -> frozenset[str]:
    """Units, drug codes and brands of the shipped lists: vocabulary whoever writes them."""
    return frozenset(row["code"] for name in ("units", "checkpoint_inhibitors", "brand_names")
                     for row in assets.mapping(name))

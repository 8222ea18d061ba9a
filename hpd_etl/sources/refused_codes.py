"""The code that a refusal is about: what no mapping knows, as vocabulary and never as words about a patient.

A concept id stands as it is, and so does what looks like a code of a terminology that we know. A text, whatever field
it was typed into, or a code of a system that nobody named, stands only where it occurs for several persons: what is
written of one alone may be about that person.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pandas as pd

from hpd_etl import assets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hpd_etl.sources.columns import Rows

VOCABULARY_FROM = 5
"""A text that is refused for so many persons is vocabulary; one that is rarer is not carried."""
RARE = "(text)"
_CODE = r"[A-Za-z]{0,4}[-:]?\d[\w.:-]{0,17}"
"""A few letters and then digits, as codes are of SNOMED CT, LOINC, RxNorm, NDC, ATC, ICD-10, HCPCS, NCIt and HGNC."""
TEXT, OMOP = "text", "OMOP"


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


def without_rare_texts(rejections: pd.DataFrame, systems: frozenset[str]) -> pd.DataFrame:
    """Rejections in which `(text)` stands for what is no code of a known system and occurs for few persons."""
    coded = rejections["code_system"].isin([OMOP, *systems]) & rejections["code"].str.fullmatch(_CODE)
    open_ = (rejections["code"].notna() & ~coded & ~rejections["code"].isin(_shipped())).fillna(False).astype(bool)
    if not open_.any():
        return rejections
    persons = rejections[open_].groupby(["code_system", "code"], observed=True)["person_id"].transform("nunique")
    rare = persons.index[persons < VOCABULARY_FROM]
    masked = rejections.copy()
    masked.loc[rare, ["code_system", "code"]] = [TEXT, RARE]
    return masked


@cache
def known_systems() -> frozenset[str]:
    """The terminologies that `mappings/code_systems.csv` names."""
    return frozenset(row["system"] for row in assets.mapping("code_systems"))


@cache
def _shipped() -> frozenset[str]:
    """Units and drug codes of the shipped lists: vocabulary whoever writes them."""
    return frozenset(row["code"] for name in ("units", "checkpoint_inhibitors") for row in assets.mapping(name))

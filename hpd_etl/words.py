"""Which words are vocabulary, so that they may be shown: those of our code lists, and what no name looks like.

A text is judged word by word, and stands only where every word is known. What is not known is no vocabulary, however
many bear it: a name may be that of several patients, or of whoever treats them.
"""

from __future__ import annotations

import re
from functools import cache

from hpd_etl import assets

RARE = "(text)"
"""Stands for a text that may tell of a person."""
LONGEST = 50
"""Characters of a source value in OMOP; what is longer is prose."""
_BREAK = re.compile(r"[\W_]+")
_DAY = re.compile(r"\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}")
_NUMBER = re.compile(r"[A-Za-z]{0,4}\d{1,5}")
"""A number as of doses and exponents, mm2 too; a longer one calls somebody up."""
_CODE = re.compile(r"[A-Za-z]{0,4}\d\w{0,17}")
_ABBREVIATION = re.compile(r"[A-Z]{1,4}")
"""A few letters before digits, or one abbreviation as laboratories write them, where DR KIM would be two: vocabulary in
a field for codes alone."""
_TERM = re.compile(r"[A-Za-z]{0,4}[-:]?\d[\w.:-]{0,17}")
"""A few letters and then digits, as codes are of SNOMED CT, LOINC, RxNorm, NDC, ATC, ICD-10, HCPCS, NCIt and HGNC."""
_SYMBOL = re.compile(r"[a-z]{1,2}")
"""A symbol as of units: px."""
_OUR_WORDS = frozenset([
    "pixel", "pixels", "millimeters", "millimetre", "millimetres", "centimeters", "centimetre", "centimetres",
    "micrometers", "micrometre", "micrometres", "inches", "index", "infusion", "concentrate", "solution", "vial",
    "tablet", "capsule", "unit", "units"])
"""Words for units and forms of drugs that no list holds."""
_NAMES = frozenset(["choi", "goldmacher", "lencioni", "merkel", "wolchok"])
"""Who stands in our lists because criteria and diseases are called so."""
_NO_WORDS = frozenset(["source", "uri", "valid_from", "valid_to"])


def is_code(text: str) -> bool:
    """Whether a text looks like a code of a terminology, whole."""
    return bool(_TERM.fullmatch(text))


def is_vocabulary(text: str, *, coded: bool) -> bool:
    """Whether a text tells of no person: all its words are known or look like codes; `coded`: from a field for them."""
    if text.lower() in _vocabulary():
        return True
    words = [word for word in _BREAK.split(text) if word]
    if not words or len(text) > LONGEST or _DAY.search(text):
        return False
    unknown = [word for word in words if not _is_known(word, coded)]
    return not unknown or (coded and len(unknown) == 1 and bool(_ABBREVIATION.fullmatch(unknown[0])))


def _is_known(word: str, coded: bool) -> bool:
    looks = _NUMBER.fullmatch(word) or _SYMBOL.fullmatch(word) or (coded and _CODE.fullmatch(word))
    return bool(looks) or word.lower() in _vocabulary()


@cache
def _vocabulary() -> frozenset[str]:
    """What stands in the shipped lists, whole and by its words; of codes those that are words."""
    told = (cell.lower() for name in assets.mapping_names() for row in assets.mapping(name)
            for column, cell in row.items()
            if column not in _NO_WORDS and (column != "code" or row["system"] in ("text", "UCUM")))
    return (frozenset(word for cell in told for word in (cell, *_BREAK.split(cell))) | _OUR_WORDS) - _NAMES - {""}

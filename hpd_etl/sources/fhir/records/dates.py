"""Dates as FHIR writes them: a calendar day is the first ten characters, a shorter text is an interval (B12)."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?")


class Day(NamedTuple):
    """The first day that a text allows, and how exactly it is known: None (to the day), month or year."""

    first: date
    precision: str | None


def day_of(text: str | None) -> Day | None:
    """The day that is written; None where nothing is. Raises ValueError where the text is no date."""
    if not text:
        return None
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError("no FHIR date")
    year, month, day = found.groups()
    first = date(int(year), int(month or 1), int(day or 1))
    return Day(first, None if day else "month" if month else "year")

"""Causes of death, told so that a rule can judge them.

A rule calls every known cause that is not death of progression another one. A cause that cannot be compared with
`criteria.progression_deaths` must therefore stay unknown: "tumour" is no other cause than C34.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hpd_etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpd_etl.config import Study

UNKNOWN, CONFLICTING = "death_cause_unknown", "death_causes_differ"
_CLASSIFIED = re.compile(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?")
_CHAPTER = re.compile(r"[A-Z]\d?[0-9A-Z]?(\.?[0-9A-Z]*)")
_NOBODY_KNOWS = ("R96", "R97", "R98", "R99")
"""Codes of ICD-10 for death of a cause that is not known."""


class Causes:
    """Which causes of death a study can judge, and what the site's own ones mean."""

    def __init__(self, study: Study, own: Mapping[str, str]) -> None:
        meant = study.criteria.progression_deaths
        self.concepts = frozenset(int(each) for each in meant if each.isdigit())
        """Concepts that mean progression, with all that descend from them."""
        self._starts = tuple(each.upper() for each in meant if not each.isdigit())
        self._compares = any(_CHAPTER.fullmatch(each) for each in self._starts)
        for key, value in own.items():
            if self.coded(value) is None and not (value.isdigit() and int(value) in self.concepts):
                raise ConfigurationError(
                    f"mapping.death_causes: {key!r} = {value!r} cannot be compared with criteria.progression_deaths",
                    remedy="use a code of ICD-10, or a code that progression_deaths of study.toml names")
        self._own = {key.strip().upper(): value for key, value in own.items()}

    def own(self, key: str | int | None) -> str | None:
        """What site.toml says of a concept id, a code or a text; None where it says nothing."""
        return None if key is None else self._own.get(str(key).strip().upper())

    def coded(self, text: str | None) -> str | None:
        """A code that begins like one of the study's, or one of ICD-10, in capitals; None where it is neither."""
        code = (text or "").strip().upper()
        if self._starts and code.startswith(self._starts):
            return code
        known = self._compares and _CLASSIFIED.fullmatch(code) and not code.startswith(_NOBODY_KNOWS)
        return code if known else None

"""What labels say in words and codes, as parts of an Observation: made once for all labels that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from hpd_etl.schema import Verdict
from hpd_etl.sinks.fhir import terms
from hpd_etl.sinks.fhir.parts import Elements, Part, absent, coded, combined, listed, once, own_code, run

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from orjson import Fragment

    from hpd_etl.config import Study
    from hpd_etl.criteria import Definition

_SAID = ("definition_id", "definition_version", "verdict", "primary_reason", "reasons", "flags", "assumed_fields",
         "confirmation", "params_sha256", "cohort", "measure_set", "value_unit")
_CODED = {"reasons": "hpd-reason", "flags": "hpd-flag", "confirmation": "hpd-confirmation"}
_TEXTS = {"assumed-fields": "assumed_fields", "measure-set": "measure_set", "params-sha256": "params_sha256",
          "cohort": "cohort", "study": "study"}


class Words(NamedTuple):
    """What all labels share that say the same."""

    method: Fragment
    answer: Elements
    """`valueCodeableConcept` or `dataAbsentReason`, under its name."""
    components: list[Fragment]
    unit: terms.Unit
    """That of the principal value."""
    no_value: Fragment
    """The component of the principal value where there is none."""
    shape: Hashable
    """Which elements it takes to say it."""


class Said:
    """The words of labels, by row."""

    def __init__(self, rows: pd.DataFrame, canonical: str, study: Study, definitions: Sequence[Definition]) -> None:
        self._canonical, self._study = canonical, study
        self._titles = {each.id: each.title for each in definitions}
        [combination] = combined([rows], _SAID)
        _, first, which = np.unique(combination, return_index=True, return_inverse=True)
        self._which: list[int] = which.tolist()
        distinct = rows[list(_SAID)].iloc[first].astype("string").astype(object)
        self._words = [self._made({str(name): text for name, text in each.items()})
                       for each in distinct.where(distinct.notna(), None).to_dict("records")]

    def of(self, row: int) -> Words:
        """What the label of this row says."""
        return self._words[self._which[row]]

    def shape(self, row: int) -> Hashable:
        """Which elements it takes to say it."""
        return self.of(row).shape

    def _made(self, said: dict[str, str | None]) -> Words:
        reasons = list(dict.fromkeys([*listed(said["primary_reason"]), *listed(said["reasons"])]))
        unit = terms.unit(said["value_unit"] or "", self._study.criteria.month_days)
        none = {"code": own_code(self._canonical, "principal-value"),
                "dataAbsentReason": absent(self._canonical, reasons)}
        (element, answer), components = self._answer(said, reasons), self._components(said, reasons)
        return Words(once(self._method(said)), {element: once(answer)}, run(components), unit, once(none),
                     (element, len(components)))

    def _method(self, said: dict[str, str | None]) -> Part:
        name, version = said["definition_id"] or "", said["definition_version"]
        coding = {"system": terms.system(self._canonical, "hpd-definition"), "version": version, "code": name}
        return {"coding": [coding], "text": f"{self._titles.get(name, name)}, version {version}"}

    def _answer(self, said: dict[str, str | None], reasons: list[str]) -> tuple[str, Part]:
        verdict = Verdict(said["verdict"] or "")
        if verdict is Verdict.NOT_EVALUABLE:
            return "dataAbsentReason", absent(self._canonical, reasons)
        status = terms.system(self._canonical, "hpd-status")
        return "valueCodeableConcept", coded(status, terms.ANSWERS[verdict])

    def _components(self, said: dict[str, str | None], reasons: list[str]) -> list[Part]:
        told = {name: reasons if name == "reasons" else listed(said[name]) for name in _CODED}
        texts = {name: said.get(column, self._study.id) for name, column in _TEXTS.items()}
        return [*({"code": own_code(self._canonical, name),
                   "valueCodeableConcept": coded(terms.system(self._canonical, _CODED[name]), *codes)}
                  for name, codes in told.items() if codes),
                *({"code": own_code(self._canonical, name), "valueString": text}
                  for name, text in texts.items() if text)]

"""Causes of death from Observations under a code that site.toml calls `death_cause`: R4 has no element for them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hpd_etl.schema import PERSONS
from hpd_etl.sources.deaths import CONFLICTING, UNKNOWN, Causes
from hpd_etl.sources.fhir.records.admission import Admission
from hpd_etl.sources.fhir.records.meanings import Meanings, answers
from hpd_etl.sources.fhir.records.observations import told
from hpd_etl.sources.fhir.records.row_codes import of_value
from hpd_etl.sources.meanings import DEATH_CAUSE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.observations import Told
    from hpd_etl.sources.fhir.records.reading import Reading

_CLASSIFICATION = "ICD-10"


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """What can tell a cause of death."""
    return Meanings(source.mapping, tokens).selection(DEATH_CAUSE)


def causes_of_death(reading: Reading) -> Mapping[str, str]:
    """The cause by person; one that no rule can judge, or two that differ, are refused."""
    admission, reader = Admission(reading, PERSONS.name, "Observation deaths"), _CauseReader(reading)
    found: dict[str, dict[str, list[Told]]] = defaultdict(lambda: defaultdict(list))
    for each in told(reading, [DEATH_CAUSE], admission):
        cause = reader.of(each)
        if cause is None:
            admission.refuse(each.observation, each.person, UNKNOWN, of_value(each, reading.tokens))
        else:
            found[each.person][cause].append(each)
    for causes in found.values():
        for each in (each for alike in causes.values() for each in alike):
            if len(causes) == 1:
                admission.keep()
            else:
                admission.refuse(each.observation, each.person, CONFLICTING)
    admission.settle()
    return {person: next(iter(causes)) for person, causes in found.items() if len(causes) == 1}


class _CauseReader:
    """Reads the value of an Observation as a cause of death."""

    def __init__(self, reading: Reading) -> None:
        own = reading.source.mapping.death_causes
        self._tokens = reading.tokens
        self._causes = Causes(reading.study, own | reading.tokens.own(own))

    def of(self, each: Told) -> str | None:
        """What the site says of a code or text, else a code of ICD-10 or of the study; None where there is neither."""
        concept, text = each.holder.value_codeable_concept, each.holder.value_string
        tokens = list(self._tokens.of(concept))
        known = [*map(self._causes.own, [*tokens, *answers(concept, text)]), *map(self._coded, tokens),
                 self._causes.coded(text)]
        return next((cause for cause in known if cause is not None), None)

    def _coded(self, token: str) -> str | None:
        system, _, code = token.rpartition("|")
        if system.startswith(_CLASSIFICATION):
            return self._causes.coded(code)
        return code if system == "SNOMED CT" and code.isdigit() and int(code) in self._causes.concepts else None

"""What a code of a measurement means, and what site.toml may say it means."""

from __future__ import annotations

from dataclasses import dataclass

from hpd_etl import codes
from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import RESPONSES
from hpd_etl.sources.lesions import SIZES

SUMS = ("sum_sld", "sum_spd", "sum_volume")
PART_OF, DEATH_CAUSE = FHIR_ONLY = ("part_of", "death_cause")
_KINDS = (*SIZES, *SUMS, "response", "new_lesion", *FHIR_ONLY, "ignore")


@dataclass(frozen=True)
class Meaning:
    """What a measurement means: a kind, and for coded responses and findings what they say."""

    kind: str
    response: codes.ResponseCode | None = None
    finding: codes.FindingCode | None = None


def own_meaning(key: str, value: str) -> Meaning:
    """What mapping.measurements says; raises ConfigurationError where it is no kind of measurement."""
    kind, _, detail = value.partition(":")
    if kind == "response" and detail:
        return Meaning("response", response=codes.ResponseCode("", detail, "overall"))
    if kind in _KINDS:
        return Meaning(kind)
    known = {entry.finding for system in ("OMOP", "HGNC") for entries in codes.findings(system).values()
             for entry in entries}
    if value in known:
        return Meaning("finding", finding=codes.FindingCode(value, "test", None, None))
    raise ConfigurationError(f"mapping.measurements: {key!r} = {value!r} is no kind of measurement",
                             remedy=f"use one of {', '.join((*_KINDS, *sorted(known)))}")


def own_response(key: str, value: str) -> codes.ResponseCode:
    """What mapping.responses says; raises ConfigurationError where it is no response."""
    if value not in RESPONSES["response"].values:
        raise ConfigurationError(
            f"mapping.responses: {key!r} = {value!r} is none of {', '.join(RESPONSES['response'].values)}")
    framework = "iRECIST" if value in {"iUPD", "iCPD"} else "unstated"
    return codes.ResponseCode(value, framework, "overall")

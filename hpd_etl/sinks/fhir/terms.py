"""The project's own codes in FHIR: no standard code of hyperprogression exists, so a label needs code systems of ours.

They stand below `Site.canonical` and are published as CodeSystem and ValueSet in `mappings/fhir/`, under the
canonical that is the default; a site with another one replaces the base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hpd_etl.config import MONTH_DAYS
from hpd_etl.criteria.flags import FLAGS
from hpd_etl.criteria.metrics import METRIC_SOURCES, OF_RULER, failed_reason
from hpd_etl.criteria.reasons import PROGRESSION_REFUTED
from hpd_etl.criteria.rules import leaves
from hpd_etl.schema import LABELS, METRICS, RESPONSES, Kind, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hpd_etl.criteria import Definition

UCUM = "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"

LABEL = "hpd-status"
"""The code of the Observation that is a label; by it the labels on a server are found."""
ANSWERS = {Verdict.HPD: "hpd", Verdict.NOT_HPD: "not-hpd"}

_NEVER = {Reason.ZERO_BASELINE, Reason.ZERO_PREBASELINE, Reason.PRE_GROWTH_NONPOSITIVE}
"""Where no number can exist; everywhere else it is only not known here."""

NUMBERS = tuple(column for column in METRICS.columns if column.kind in {Kind.NUMBER, Kind.INTEGER})
"""The metrics that become components, one each."""

ON_REQUEST = OF_RULER["volume"] | OF_RULER["spd"]
"""Those that are made only where a rule asks for them; where it does not, nothing is absent."""

_OTHER = {
    LABEL: "hyperprogressive disease under one published definition, derived by an algorithm",
    "principal-value": "the definition's principal metric",
    "response-first": METRICS["response_first"].doc,
    "index-date": LABELS["index_date"].doc,
    "confirmation": LABELS["confirmation"].doc,
    "reasons": LABELS["reasons"].doc.split(",")[0],
    "flags": LABELS["flags"].doc.split(",")[0],
    "assumed-fields": LABELS["assumed_fields"].doc.split(",")[0],
    "measure-set": LABELS["measure_set"].doc.split(",")[0] + ", the way of measuring",
    "params-sha256": LABELS["params_sha256"].doc,
    "cohort": LABELS["cohort"].doc,
    "study": "id of the study that gave the label",
}


class Unit(NamedTuple):
    """A UCUM code, and what a number is multiplied with to be in it."""

    code: str
    factor: float = 1.0


_PLAIN = {"": "1"} | {code: code for code in ("mm", "mm2", "mm3", "d", "%", "1")}
_RATES = {"mm/month": "mm", "%/month": "%", "percentage points/month": "%"}


def unit(name: str, month_days: float) -> Unit:
    """The UCUM unit of a unit of `schema`; UCUM's month is 30.4375 days, a rate of any other is given per day."""
    standard = month_days == MONTH_DAYS
    if name in _PLAIN:
        return Unit(_PLAIN[name])
    if name == "months":
        return Unit("mo") if standard else Unit("d", month_days)
    return Unit(f"{_RATES[name]}/mo") if standard else Unit(f"{_RATES[name]}/d", 1 / month_days)


def absent_code(reasons: Sequence[str]) -> str:
    """The data-absent-reason for these reasons of ours, the primary one first."""
    return "not-applicable" if reasons and reasons[0] in _NEVER else "unknown"


def system(canonical: str, name: str) -> str:
    """The address of one of our code systems."""
    return f"{canonical}/CodeSystem/{name}"


def component_code(metric: str) -> str:
    """The code of a column of `metrics`."""
    return metric.replace("_", "-")


# --- published --------------------------------------------------------------------------------


def artefacts(canonical: str, version: str, definitions: Sequence[Definition]) -> Iterator[dict[str, Any]]:
    """Every CodeSystem of ours, each with the ValueSet of all its codes."""
    for name, (title, codes) in _systems(definitions).items():
        whole = name != "hpd-definition"  # a study may add definitions of its own
        common = {"version": version, "name": "".join(part.title() for part in name.split("-")), "title": title,
                  "status": "draft", "experimental": True, "description": f"{title}. For research only."}
        yield {"resourceType": "CodeSystem", "id": name, "url": system(canonical, name), **common,
               "caseSensitive": True, "valueSet": f"{canonical}/ValueSet/{name}",
               "content": "complete" if whole else "fragment",
               "concept": [{"code": code, "display": display} for code, display in codes.items()]}
        yield {"resourceType": "ValueSet", "id": name, "url": f"{canonical}/ValueSet/{name}", **common,
               "compose": {"include": [{"system": system(canonical, name)}]}}


def _systems(definitions: Sequence[Definition]) -> dict[str, tuple[str, Mapping[str, str]]]:
    return {
        "hpd-observation": ("What is observed of hyperprogressive disease, and by which numbers",
                            {component_code(column.name): column.doc for column in NUMBERS} | _OTHER),
        "hpd-status": ("Whether the disease is hyperprogressive", {
            "hpd": "hyperprogressive disease", "not-hpd": "no hyperprogressive disease"}),
        "hpd-reason": ("Why a label was given, or could not be", {name: name.replace("_", " ")
                                                                  for name in _reasons(definitions)}),
        "hpd-definition": ("Published definitions of hyperprogressive disease",
                           {each.id: each.title for each in definitions}),
        "hpd-flag": ("What a careful reader of a label should know", FLAGS),
        "hpd-confirmation": ("Whether a later scan confirmed the progression", {
            name: name.replace("_", " ") for name in LABELS["confirmation"].values}),
        "hpd-response": ("Response at the first evaluation", {name: name for name in RESPONSES["response"].values}),
    }


def _reasons(definitions: Sequence[Definition]) -> list[str]:
    """Those of NOT_EVALUABLE in their order, then those of NOT_HPD, then that of HPD."""
    failed = [source.failed for source in METRIC_SOURCES.values()]
    failed += [failed_reason(leaf) for each in definitions for leaf in leaves(each.rule)]
    return list(dict.fromkeys([*map(str, Reason), *failed, PROGRESSION_REFUTED, "rule_met"]))

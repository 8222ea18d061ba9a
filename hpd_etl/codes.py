"""What the code lists in `mappings/` say, as sets and look-ups."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from hpd_etl import assets


@dataclass(frozen=True)
class DrugCode:
    """A code of a checkpoint inhibitor, and until when it was in force."""

    ingredient: str
    system: str
    code: str
    valid_from: date | None
    valid_to: date | None


def checkpoint_ingredients() -> tuple[str, ...]:
    """All checkpoint inhibitors of the list, sorted."""
    return tuple(sorted({row["ingredient"] for row in assets.mapping("checkpoint_inhibitors")}))


def checkpoint_names() -> tuple[str, ...]:
    """The words by which a text names a checkpoint inhibitor: its ingredient or a brand, in lower case and sorted."""
    brands = {row["code"].lower() for row in assets.mapping("brand_names")}
    return tuple(sorted({*checkpoint_ingredients(), *brands}))


def checkpoint_targets() -> dict[str, str]:
    """Checkpoint inhibitor -> what it blocks: PD-1, PD-L1, CTLA-4 ..."""
    return {row["ingredient"]: row["target"] for row in assets.mapping("checkpoint_inhibitors")}


def checkpoint_codes() -> list[DrugCode]:
    """The codes of checkpoint inhibitors in all systems."""
    return [
        DrugCode(row["ingredient"], row["system"], row["code"], _day(row["valid_from"]), _day(row["valid_to"]))
        for row in assets.mapping("checkpoint_inhibitors")
    ]


def measurement_kinds(system: str) -> dict[str, str]:
    """Code -> longest, short_axis, volume, unstated ..., new_lesion, sum_sld ...; a `group` only holds others."""
    return _column("measurements", "kind", system)


@dataclass(frozen=True)
class ResponseCode:
    """A recorded response: what, under which criteria, of which lesions."""

    response: str
    framework: str
    scope: str


def responses(system: str) -> dict[str, ResponseCode]:
    """Code -> response; `text` holds the submission values of CDISC."""
    return {code: said for code, said in _response_codes(system).items() if said.response}


def response_tests(system: str) -> dict[str, ResponseCode]:
    """Code of an assessment -> its scope; the response itself is its value."""
    return {code: said for code, said in _response_codes(system).items() if not said.response}


def _response_codes(system: str) -> dict[str, ResponseCode]:
    return {row["code"]: ResponseCode(row["response"], row["framework"], row["scope"])
            for row in assets.mapping("responses") if row["system"] == system}


def response_criteria(system: str) -> dict[str, str]:
    """Code (or, as `text`, word) -> the criteria of a response, read or not."""
    return _column("response_criteria", "criteria", system)


def modalities(system: str) -> dict[str, str]:
    """Code -> DICOM modality; `imaging` says no more than that, `not_imaging` is pathology or physical examination."""
    return _column("modalities", "modality", system)


@dataclass(frozen=True)
class RoleCode:
    """What a source calls a lesion; `is_node` None where the code leaves it open."""

    role: str
    is_node: bool | None


def lesion_roles(system: str) -> dict[str, RoleCode]:
    """Code -> role; `text` holds the words of CDISC (TARGET, NON-TARGET, NEW ...)."""
    nodal = {"yes": True, "no": False, "": None}
    return {row["code"]: RoleCode(row["role"], nodal[row["is_node"]])
            for row in assets.mapping("lesion_roles") if row["system"] == system}


def lesion_statuses(system: str = "text") -> dict[str, str]:
    """What a text (or a reason for an absent value) says of a lesion without a size."""
    return _column("lesion_statuses", "status", system)


@dataclass(frozen=True)
class FindingCode:
    """A code of a covariate; `part` is test, grade, answer, condition or excluded."""

    finding: str
    part: str
    value_code: str | None
    value_number: float | None


def findings(system: str) -> dict[str, list[FindingCode]]:
    """Code -> its findings; a diagnosis may tell both primary site and histology."""
    found: dict[str, list[FindingCode]] = defaultdict(list)
    for row in assets.mapping("findings"):
        if row["system"] == system:
            number = float(row["value_number"]) if row["value_number"] else None
            found[row["code"]].append(FindingCode(row["finding"], row["part"], row["value_code"] or None, number))
    return dict(found)


def drug_types() -> dict[int, tuple[str, bool]]:
    """OMOP drug type -> how the exposure is known, and whether it was realised; all other types are realised."""
    return {int(row["code"]): (row["kind"], row["realised"] == "yes") for row in assets.mapping("drug_types")}


def stop_reasons(system: str = "text") -> dict[str, str]:
    """Code, or lower-case text -> why a treatment was stopped."""
    return {row["code"]: row["stop_reason"] for row in assets.mapping("stop_reasons") if row["system"] == system}


def _column(name: str, column: str, system: str) -> dict[str, str]:
    """Code -> what this column of a code list says, for the codes of one system."""
    return {row["code"]: row[column] for row in assets.mapping(name) if row["system"] == system}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

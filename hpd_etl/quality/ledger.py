"""The ledger of what no mapping knows: the work list of whoever maintains `mappings/` and the mapping of a site.

Three things stand in it by count: codes, units, agents and texts that were refused because nobody knows them, codes
that were kept as they are and mean nothing to a rule, and codes of treated persons that were never read, because no
mapping knows them. A rejection without a code is not mended by a mapping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpd_etl import assets
from hpd_etl.grouping import encoded
from hpd_etl.words import RARE, is_code, is_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from hpd_etl.schema import Timeline

COLUMNS = ["kind", "table", "system", "code", "reason", "rows", "persons", "remedy"]
KEPT, UNREAD = "kept_unmapped", "never_read"

_UNITS = ("unit_unknown", "unit_of_other_dimension", "unit_conflict")
_DRUGS = ("drug_not_coded", "code_expired")
_GIVEN = ("doses", "therapies")
_OPEN = {
    ("scans", "modality"): "say in mappings/modalities.csv what it is in DICOM",
    ("lesions", "modality"): "say in mappings/modalities.csv what it is in DICOM",
    ("therapies", "agent"): "name the drug in mapping.therapies, or provide the vocabulary",
    ("findings", "value_code"): "say in mappings/findings.csv what the answer means",
}
"""Columns in which a code that nobody knows stays as `system:code`, and what would mend it."""
_DRUG = "if it is an anticancer drug, name it in mapping.agents or mapping.therapies"
_IF_TUMOUR = "if it tells of a tumour, a response or a finding that is read, "
_IF_PROCEDURE = "if it is a scan, radiation, surgery or local therapy, name it in mapping.procedures"
_UNREAD = {
    "measurement": f"{_IF_TUMOUR}name it in mapping.measurements",
    "observation": f"{_IF_TUMOUR}give the rows its standard concept",
    "condition_occurrence": f"{_IF_TUMOUR}give the rows its standard concept",
    "drug_exposure": _DRUG,
    "procedure_occurrence": _IF_PROCEDURE,
    "Observation": f"{_IF_TUMOUR}name it in mapping.measurements",
    "Condition": f"{_IF_TUMOUR}code it in a terminology of mappings/findings.csv",
    "Procedure": _IF_PROCEDURE,
    **dict.fromkeys(("MedicationAdministration", "MedicationDispense", "MedicationStatement", "MedicationRequest"),
                    _DRUG),
}
"""What would mend that the rows of a table, or resources of a type, are not read."""


def ledger(timeline: Timeline, unread: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """What no mapping knows, the most frequent first; counts only. `unread` is what the source counted so."""
    parts = [part for part in (_refused(timeline.rejections), *_kept(timeline), _unread(unread)) if len(part)]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="Int64" if name in ("rows", "persons") else "string[pyarrow]")
                             for name in COLUMNS})
    found = pd.concat(parts, ignore_index=True)[COLUMNS]
    return found.sort_values(["rows", *COLUMNS], ascending=[False] + [True] * len(COLUMNS), ignore_index=True)


def _refused(rejections: pd.DataFrame) -> pd.DataFrame:
    open_ = rejections.loc[rejections["code"].notna()].rename(columns={"code_system": "system"})
    by = ["table", "system", "code", "reason", "remedy"]
    counted = open_.groupby(by, observed=True)["person_id"].agg(rows="size", persons="nunique").reset_index()
    return counted.assign(kind=_kinds(counted))


def _kinds(counted: pd.DataFrame) -> pd.Series[str]:
    """What somebody would look for: a unit, an agent, a code of another kind, or words."""
    reason = counted["reason"]
    kind = counted["system"].eq("text").map({True: "text", False: "code"})
    of_drug = reason.isin(_DRUGS) | (reason.eq("code_unknown") & counted["table"].isin(_GIVEN))
    return kind.mask(reason.isin(_UNITS), "unit").mask(of_drug, "agent")


def _kept(timeline: Timeline) -> Iterator[pd.DataFrame]:
    """Codes that stand in the Timeline as their source has them."""
    systems = {"omop": "OMOP", **{row["system"]: row["system"] for row in assets.mapping("code_systems")}}
    for (table, column), remedy in _OPEN.items():
        frame = getattr(timeline, table)
        codes, names = encoded(frame[column])
        told = pd.Series(names.to_pandas(), dtype="string").str.extract(r"^(?P<system>[^:]+):(?P<code>.+)$")
        known = np.append(told["system"].isin(list(systems)).to_numpy(np.bool_), False)[codes]
        told["code"] = [_shown(code) for code in told["code"]]
        own = told.take(codes[known]).assign(person_id=frame["person_id"].astype("string")[known].to_numpy(object))
        counted = own.groupby(["system", "code"], observed=True)["person_id"].agg(rows="size", persons="nunique")
        yield counted.reset_index().assign(
            system=lambda each: each["system"].map(systems), kind="agent" if column == "agent" else "code",
            table=table, reason=KEPT, remedy=remedy)


def _shown(code: str | None) -> str | None:
    """The code, or `(text)` where somebody typed words behind the name of a terminology."""
    return code if pd.isna(code) or is_code(str(code)) or is_vocabulary(str(code), coded=True) else RARE


def _unread(counted: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    found = pd.DataFrame(list(counted), columns=["table", "system", "code", "rows", "persons"])
    remedy = found["table"].map(_UNREAD)
    kind = found["system"].eq("text").map({True: "text", False: "code"}).mask(remedy.eq(_DRUG), "agent")
    return found.assign(kind=kind, reason=UNREAD, remedy=remedy)

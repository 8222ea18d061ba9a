"""What became of every row that was read: kept, ignored on request, or refused with a reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.errors import HpdEtlError
from hpd_etl.grouping import strings
from hpd_etl.schema import REJECTIONS
from hpd_etl.sources.columns import code_lookup
from hpd_etl.sources.refused_codes import TOLD_BY, columns, without_rare_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.sources.columns import Rows
    from hpd_etl.sources.refused_codes import Code

REMEDIES = {
    "not_realised": "an order or prescription; if this site records given drugs so, name its type in request_types",
    "code_expired": "the billing code was not in force on that day; map the row to its drug",
    "code_unknown": "the database takes it for a code of the list, but case or blanks differ; map it as it is written",
    "no_date": "record the date of the row",
    "stop_reason_unknown": "say what the text means in mapping.stop_reasons",
    "unit_missing": "record unit_concept_id or a UCUM text in unit_source_value",
    "unit_unknown": "say which UCUM unit it is in mapping.units",
    "unit_of_other_dimension": "a size needs a unit of length, a volume one of volume, a sum of products one of area",
    "unit_conflict": "unit_concept_id and unit_source_value name two units; correct one of them",
    "inexact_size": "the number is only a bound (operator); record the size itself",
    "number_and_status": "the text denies the number; correct one of them",
    "dimension_unknown": "record a concept that says which dimension, or map this one in mapping.measurements",
    "no_lesion_identity": "link the row to its lesion: image_feature, event field, lesions.column or lesions.pattern",
    "part_of_unknown": "it is called part of a lesion that is not there; record that lesion under this name",
    "no_value": "record a number, or a text that mapping.statuses or the shipped list knows",
    "new_lesion_value_unknown": "say in mapping.statuses what the text or code means, e.g. not_yet_present for No",
    "not_a_number": "record the size as a number",
    "lower_priority": "another reader or modality comes first in site.toml",
    "response_unknown": "say what the value means in mapping.responses",
    "framework_unknown": "only RECIST 1.1, irRECIST, iRECIST and irRC responses are read",
    "value_out_of_range": "ECOG performance status is a whole number from 0 to 5",
    "person_row_missing": "the person has exposures but no row in person",
    "birth_date_invalid": "year, month and day of birth make no date",
    "death_cause_unknown": "record the cause in ICD-10, or say in mapping.death_causes which code it is",
    "death_causes_differ": "two causes of one death; record the one that led to it",
    # FHIR
    "malformed_resource": "not JSON, or an element of a type that R4 does not give it; export the resource again",
    "not_utf8": "write the file in UTF-8",
    "truncated_file": "the file ends in the middle; fetch it again",
    "line_too_long": "a resource above 64 MB is not read; leave binary attachments out of the export",
    "fhir_version": "only R4 and R4B are read; export the resource in one of them",
    "no_id": "a resource needs a logical id",
    "duplicate_id": "two resources of this type and id differ, and no version says which is newer",
    "nested_bundle": "a Bundle within a Bundle is not opened; unpack it",
    "status_unknown": "the status is no R4 code; say in mapping.event_statuses what it stands for",
    "not_final": "read once the status is final, amended or corrected",
    "entered_in_error": "nothing; the source has withdrawn the resource",
    "refuted": "nothing; the diagnosis does not stand",
    "modifier_extension": "an extension that changes the meaning is not understood; leave it out or map the resource",
    "implicit_rules": "rules that change the meaning are not understood; leave implicitRules out",
    "subject_unknown": "the resource names nobody, or somebody who is not there",
    "link_unclear": "the links of Patients lead in a circle, or to two others; mend Patient.link",
    "drug_not_coded": "words name the drug, no known code does; say in mapping.agents what it is, or ignore",
    "reference_unresolved": "the resource it points to is not there; include it in the export",
    "date_impossible": "the text of the date is no date",
    "not_imaging": "measured by pathology or physical examination; only imaging is read",
    "extraction_incomplete": "not everything about this person could be fetched; run again",
}


IGNORED = {
    "mapped_ignore": "site.toml says ignore",
    "no_new_lesion": "an answer that there is no new lesion",
    "later_death": "a later day of a death whose earliest day is kept",
    # FHIR
    "code_not_asked": "its codes and words are none of those that are looked for; the ledger counts those nobody knows",
    "type_not_read": "a type of resource that is not read",
    "own_resource": "a label or what else this program wrote back",
    "same_again": "a copy, or an older version, of a resource that is there",
    "deleted": "a resource that the source says is gone",
    "not_treated": "it is about somebody who has no dose of an index drug",
    "no_anticancer_drug": "it tells of no anticancer drug, or of an unknown one that was not given",
    "nothing_told": "a diagnosis that tells no primary site, histology or gene, or the variant of a gene not read",
    "procedure_unmapped": "a procedure that site.toml does not map",
    "not_realised": "an Encounter that did not take place",
}
"""Why a row or resource is left aside without being refused: nothing of a treated person is lost by it."""


class Ledger:
    """Collects refusals and checks that every row read is accounted for."""

    def __init__(self) -> None:
        self._frames: list[pd.DataFrame] = []
        self._read: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._ignored: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[str] = Counter()

    def read(self, rows: Rows) -> Rows:
        """Count the rows of a source table as read."""
        self._read[rows.counted or rows.origin] += len(rows)
        return rows

    def keep(self, rows: Rows, kept: Bools) -> None:
        """Count the rows that are in Records."""
        self._kept[rows.counted or rows.origin] += int(kept.sum())

    def ignore(self, rows: Rows, ignored: Bools, why: str) -> None:
        """Count the rows that are left aside without being refused; `why` is a key of `IGNORED`."""
        self.count(rows.counted or rows.origin, ignored={why: int(ignored.sum())})

    def refuse(self, table: str, rows: Rows, refused: Bools, reason: str, *, also_kept: bool = False,
               treated: Ints | None = None, start: str | None = None) -> None:
        """Refuse the marked rows; `also_kept` rows stay in Records without the value that was refused.

        Rows of persons outside `treated` keep their source_id, not their person. `start` is the column with the
        day of a refused dose.
        """
        if not refused.any():
            return
        rows = rows.take(refused)
        if not also_kept:
            self._refused[rows.counted or rows.origin] += len(rows)
        named = treated is None or code_lookup(rows.ints("person_id"), treated.tolist()) >= 0
        part = TOLD_BY.get(reason)
        self._frames.append(pd.DataFrame({
            "stage": "extract", "table": table, "person_id": rows.persons(), "source_id": rows.source_ids(),
            "reason": reason, "remedy": REMEDIES[reason], **({"start_date": rows.dates(start)} if start else {}),
            "named": named,
            **(columns(rows.tells(rows, part)) if part and rows.tells else {}),
        }))

    def refuse_persons(self, persons: Ints, reason: str) -> None:
        """Refuse something of persons that has no source row."""
        if len(persons):
            ids = pa.array(persons).cast(pa.string())
            self._frames.append(pd.DataFrame({
                "stage": "extract", "table": "persons", "person_id": strings(ids),
                "source_id": "person:" + strings(ids), "reason": reason, "remedy": REMEDIES[reason]}))

    def count(self, origin: str, *, read: int = 0, kept: int = 0, ignored: Mapping[str, int] | None = None) -> None:
        """Count what is read without columns: resources, by type; what is ignored by its reason."""
        self._read[origin] += read
        self._kept[origin] += kept
        self._ignored.update({(origin, why): number for why, number in (ignored or {}).items() if number})

    def refuse_found(self, table: str, origin: str, found: Sequence[tuple[str, str | None]], reason: str, *,
                     also_kept: bool = False, starts: Sequence[date | None] | None = None,
                     told: Sequence[Code | None] | None = None) -> None:
        """Refuse what has no columns: its source_id and its person, where one is known.

        `starts` are the days of refused doses, `told` the codes that nobody knows.
        """
        if not found:
            return
        if not also_kept:
            self._refused[origin] += len(found)
        self._frames.append(pd.DataFrame({
            "stage": "extract", "table": table, "person_id": pd.array([person for _, person in found], dtype="string"),
            "source_id": [source for source, _ in found], "reason": reason, "remedy": REMEDIES[reason],
            **({} if starts is None else {"start_date": np.array(starts, dtype="datetime64[us]")}),
            **({} if told is None else columns(told))}))

    def rejections(self) -> pd.DataFrame:
        """All refusals as the table of Records."""
        if not self._frames:
            return REJECTIONS.frame()
        found = pd.concat(self._frames, ignore_index=True)
        unnamed = found.get("named", pd.Series(index=found.index, dtype=object)).eq(False).to_numpy(np.bool_)
        refused = REJECTIONS.frame(found.drop(columns="named", errors="ignore"))
        told = without_rare_texts(refused)  # rare among all persons, treated or not
        return told.assign(person_id=told["person_id"].mask(unnamed))

    def counts(self) -> dict[str, dict[str, int]]:
        """Rows read, kept, refused and ignored by source table; raises HpdEtlError where one was lost."""
        ignored = self.ignored()
        counts = {
            origin: {"read": read, "kept": self._kept[origin], "refused": self._refused[origin],
                     "ignored": sum(ignored.get(origin, {}).values())}
            for origin, read in sorted(self._read.items())
        }
        for origin, entry in counts.items():
            if entry["read"] != entry["kept"] + entry["refused"] + entry["ignored"]:
                raise HpdEtlError(f"rows of {origin} were lost on the way: {entry}")
        return counts

    def ignored(self) -> dict[str, dict[str, int]]:
        """Rows that were ignored, by source table and reason."""
        found: dict[str, dict[str, int]] = {}
        for (origin, why), number in sorted(self._ignored.items()):
            found.setdefault(origin, {})[why] = number
        return found

    def reasons(self) -> dict[str, int]:
        """How often each reason was given."""
        reasons = Counter(reason for frame in self._frames for reason in np.asarray(frame["reason"]).tolist())
        return dict(sorted(reasons.items()))

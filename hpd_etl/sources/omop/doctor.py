"""Can a run work here: access, versions, concepts, and what would be read and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpd_etl import assets
from hpd_etl.check import Check, State
from hpd_etl.errors import HpdEtlError
from hpd_etl.sources.extracted import extracted
from hpd_etl.sources.omop.cdm import OmopCdm, cdm_source, opened_database
from hpd_etl.sources.omop.tables import OPTIONAL, VOCABULARY, Cdm, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.config import OmopSource, Study


def examine(study: Study, source: OmopSource) -> list[Check]:
    """All checks in order; the first that fails for good is the last."""
    checks: list[Check] = []
    try:
        with opened_database(source) as database:
            checks.append(Check("connection", State.OK, f"{database.dialect}, read-only"))
            cdm = probe(database, source)
            checks += [*_versions(cdm), *_tables(cdm), *_concepts(cdm)]
            records, used = OmopCdm(database, source).extract(study)
            checks += [*_drugs(used), *extracted(records, used)]
    except HpdEtlError as error:
        checks.append(Check.failed("failed", error))
    return checks


def _versions(cdm: Cdm) -> Iterator[Check]:
    told = cdm_source(cdm)
    yield Check("cdm version", State.OK, f"{cdm.version} by its columns, {told['cdm_source_version']} by cdm_source")
    vocabulary = told["vocabulary_version"]
    yield Check("vocabulary version", State.OK if vocabulary else State.WARNING, str(vocabulary or "not recorded"),
                "" if vocabulary else "fill cdm_source, so that a label says which vocabulary it rests on")


def _tables(cdm: Cdm) -> Iterator[Check]:
    absent = [table for table in (*OPTIONAL, *VOCABULARY) if not cdm.has(table)]
    yield Check("tables", State.INFO if absent else State.OK,
                f"not there, read as empty: {', '.join(absent)}" if absent else "all are there")


def _concepts(cdm: Cdm) -> Iterator[Check]:
    """Whether our concepts are in the local vocabulary, standard and valid."""
    for name in ("checkpoint_inhibitors", "measurements", "responses", "findings", "units"):
        wanted = sorted({int(row["code"]) for row in assets.mapping(name) if row["system"] == "OMOP"})
        if not cdm.has("concept"):
            yield Check(f"concepts of {name}", State.WARNING, "no table concept: the frozen list is used",
                        "provide the vocabulary and name it in source.vocabulary")
            continue
        rows = cdm.fetch("omop_concepts", {"concepts": wanted})
        found = set(rows.column("concept_id").to_pylist())
        invalid = [concept for concept, reason in _pairs(rows, "invalid_reason") if reason in {"D", "U"}]
        local = [concept for concept, standard in _pairs(rows, "standard_concept") if standard != "S"]
        missing = [str(concept) for concept in wanted if concept not in found]
        told = (f"{len(found)} of {len(wanted)} in the vocabulary, {len(local)} of them not standard, "
                f"{len(invalid)} no longer valid")
        yield Check(f"concepts of {name}", State.INFO if missing or invalid else State.OK,
                    told + (f"; missing: {', '.join(missing[:10])}{' ...' if len(missing) > 10 else ''}"
                            if missing else ""))


def _pairs(rows: Any, column: str) -> list[tuple[int, str | None]]:
    return list(zip(rows.column("concept_id").to_pylist(), rows.column(column).to_pylist(), strict=True))


def _drugs(used: dict[str, Any]) -> Iterator[Check]:
    sets = used["concept_sets"]
    drugs, other = sets["checkpoint_inhibitors"], sets["systemic_therapies"]
    frozen = drugs["from"] == "frozen list"
    yield Check("index drugs", State.WARNING if frozen else State.OK,
                f"{drugs['concepts']} concepts from {drugs['from']}",
                "products coded below the ingredient are missed: provide concept_ancestor" if frozen else "")
    yield Check("other systemic therapy", State.OK if other["concepts"] else State.WARNING,
                f"{other['concepts']} concepts from {other['from']}",
                "" if other["concepts"] else "list the site's drugs in mapping.therapies")

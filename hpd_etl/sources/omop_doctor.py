"""Can a run work here: access, versions, concepts, and what would be read and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpd_etl import assets
from hpd_etl.check import Check, State
from hpd_etl.errors import HpdEtlError
from hpd_etl.sources.ledger import REMEDIES
from hpd_etl.sources.omop_cdm import OmopCdm, cdm_source, opened_database
from hpd_etl.sources.omop_tables import OPTIONAL, VOCABULARY, Cdm, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.config import OmopSource, Study
    from hpd_etl.schema import Records


def examine(study: Study, source: OmopSource) -> list[Check]:
    """All checks in order; the first that fails for good is the last."""
    checks: list[Check] = []
    try:
        with opened_database(source) as database:
            checks.append(Check("connection", State.OK, f"{database.dialect}, read-only"))
            cdm = probe(database, source)
            checks += [*_versions(cdm), *_tables(cdm), *_concepts(cdm)]
            records, used = OmopCdm(database, source).extract(study)
            checks += [*_drugs(used), *_people(used), *_sizes(records, used), *_refusals(used)]
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


def _people(used: dict[str, Any]) -> Iterator[Check]:
    treated = used["treated_persons"]
    yield Check("candidates", State.OK if treated else State.ERROR, f"{treated} persons with a dose of an index drug",
                "" if treated else "see what was refused, and mapping.agents")
    for origin, count in used["counts"].items():
        told = ", ".join(f"{count[name]} {name}" for name in ("read", "kept", "refused", "ignored"))
        yield Check(f"rows of {origin}", State.INFO, told)


def _sizes(records: Records, used: dict[str, Any]) -> Iterator[Check]:
    """What decides whether a site can take part: sizes, their dimensions, roles and short axes of nodes."""
    lesions = records.lesions
    sized = lesions["diameter_mm"].notna()
    yield Check("sizes", State.OK if sized.any() else State.ERROR, f"{int(sized.sum())} of {len(lesions)} lesion rows",
                "" if sized.any() else "see what was refused below")
    unstated = used["rejections"].get("dimension_unknown", 0)
    yield Check("dimensions", State.WARNING if unstated else State.OK,
                f"{unstated} sizes without a stated dimension", REMEDIES["dimension_unknown"] if unstated else "")
    targets = int((lesions["role"] == "target").sum())
    yield Check("target lesions", State.OK if targets else State.WARNING, f"{targets} rows are called target",
                "" if targets else "targets will be derived: the largest measurable lesions at baseline")
    nodes = lesions[lesions["is_node"].fillna(value=False)]
    without = nodes.groupby(["person_id", "lesion_id"], observed=True)["diameter_mm"].count().eq(0).sum()
    yield Check("nodes", State.WARNING if without else State.OK, f"{int(without)} lymph nodes without a short axis",
                "map the short axis in mapping.measurements" if without else "")


def _refusals(used: dict[str, Any]) -> Iterator[Check]:
    for reason, count in used["rejections"].items():
        yield Check(f"refused: {reason}", State.WARNING, f"{count} rows", REMEDIES[reason])

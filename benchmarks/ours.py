"""What is measured of the pipeline itself, through the functions that the command line calls."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

from benchmarks import concepts
from benchmarks.methods import Counts, Place, Timed, method

if TYPE_CHECKING:
    from hpd_etl.config import Site, Study
    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels, Records


def site(place: Place, database: str) -> Site:
    """site.toml of the synthetic warehouse."""
    from hpd_etl.config import Access, LesionIdentity, OmopSource, Site

    cdm = None
    if database == "duckdb":
        access = Access(url=f"duckdb:///{place.warehouse.duckdb.resolve()}")
    elif database == "sqlite_indexed":
        access = Access(url=f"sqlite:///{place.warehouse.sqlite(indexed=True).resolve()}")
    else:
        access = Access(url=re.sub(r"//[^@/]*@", "//", place.uri), user="postgres")
        cdm = place.warehouse.schema(indexed=database == "postgres_indexed")
    return Site(source=OmopSource(access=access, cdm=cdm, lesions=LesionIdentity(pattern=concepts.LESION_PATTERN)))


FIVE = ("champiat2017", "ferrara2018", "ji2019", "kato2017", "saada2017")


def study_and_definitions(*use: str) -> tuple[Study, list[Definition]]:
    """All checkpoint inhibitors, the study windows, and these definitions; else five of one choice of windows."""
    from hpd_etl import library
    from hpd_etl.config import Study

    study = Study.model_validate({"id": "bench", "criteria": {"use": use or FIVE}})
    return study, list(library.chosen(study))


def read_records(at: Site, study: Study) -> Records:
    """Extract, connecting included."""
    from hpd_etl.sources import open_source

    with open_source(at) as source:
        return source.extract(study)[0]


def labelled(records: Records, study: Study, definitions: list[Definition]) -> Labels:
    """Align and label."""
    from hpd_etl.criteria import label, window_sets
    from hpd_etl.timeline import align

    return label(align(records, study, window_sets(definitions, study)), definitions, study)


def extracting(at: Site, *modules: str) -> Timed:
    """Records of this site; `modules` are those of its source."""
    study, _ = study_and_definitions()
    import_stages(*modules)

    def run() -> Counts:
        records = read_records(at, study)
        return {"persons": len(records.persons), "lesions": len(records.lesions), "doses": len(records.doses),
                "therapies": len(records.therapies), "rejections": len(records.rejections)}  # fmt: skip

    return run


def labelling(at: Site, *modules: str) -> Timed:
    """Labels, evidence and reasons of this site."""
    study, definitions = study_and_definitions()
    import_stages(*modules)

    def run() -> Counts:
        return label_counts(labelled(read_records(at, study), study, definitions))

    return run


def label_counts(labels: Labels) -> Counts:
    """How many labels of which verdict."""
    given = labels.labels["verdict"].value_counts()
    return {"labels": len(labels.labels), "evidence": len(labels.evidence),
            **{str(verdict): int(number) for verdict, number in given.items()}}  # fmt: skip


def import_stages(*modules: str) -> None:
    """Imports are no part of what is timed, neither those of the stages nor those of the source and its driver."""
    for name in ("hpd_etl.criteria", "hpd_etl.sources", "hpd_etl.timeline", *modules):
        import_module(name)


def _extract(place: Place, database: str) -> Timed:
    return extracting(site(place, database), *_modules(database))


def _labels(place: Place, database: str) -> Timed:
    return labelling(site(place, database), *_modules(database))


def _modules(database: str) -> tuple[str, str]:
    return "hpd_etl.sources.omop.cdm", f"hpd_etl.database.{database.partition('_')[0]}"


@method
def ours_duckdb_extract(place: Place) -> Timed:
    """Records from the DuckDB file."""
    return _extract(place, "duckdb")


@method
def ours_duckdb_labels(place: Place) -> Timed:
    """Labels, evidence and reasons from the DuckDB file."""
    return _labels(place, "duckdb")


@method
def ours_postgres_bare_extract(place: Place) -> Timed:
    """Records from PostgreSQL without indexes."""
    return _extract(place, "postgres_bare")


@method
def ours_postgres_bare_labels(place: Place) -> Timed:
    """Labels, evidence and reasons from PostgreSQL without indexes."""
    return _labels(place, "postgres_bare")


@method
def ours_postgres_indexed_extract(place: Place) -> Timed:
    """Records from PostgreSQL with the usual indexes."""
    return _extract(place, "postgres_indexed")


@method
def ours_postgres_indexed_labels(place: Place) -> Timed:
    """Labels, evidence and reasons from PostgreSQL with the usual indexes."""
    return _labels(place, "postgres_indexed")


@method
def ours_sqlite_indexed_extract(place: Place) -> Timed:
    """Records from SQLite with the usual indexes."""
    return _extract(place, "sqlite_indexed")


@method
def ours_sqlite_indexed_labels(place: Place) -> Timed:
    """Labels, evidence and reasons from SQLite with the usual indexes."""
    return _labels(place, "sqlite_indexed")


@method
def ours_stages(place: Place) -> Timed:
    """Align and label alone, of Records read from DuckDB before the clock starts."""
    study, definitions = study_and_definitions()
    import_stages(*_modules("duckdb"))
    records = read_records(site(place, "duckdb"), study)

    def run() -> Counts:
        return label_counts(labelled(records, study, definitions))

    return run

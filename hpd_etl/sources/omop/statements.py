"""The SELECTs that extract sends, as texts: for the site's own database, or compiled for one we do not run."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from hpd_etl.database import located
from hpd_etl.errors import ConfigurationError
from hpd_etl.sources.omop.concepts import ConceptSets, offline
from hpd_etl.sources.omop.measurements import shipped_meanings, site_meanings
from hpd_etl.sources.omop.tables import statement, version_columns
from hpd_etl.sources.omop.unread import EVENTS, STATEMENT, read_by_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpd_etl.config import OmopSource, Study

RUN = ("postgresql", "sqlite", "duckdb")
TYPES: Mapping[str, Mapping[str, str]] = {
    "sqlserver": {}, "snowflake": {}, "redshift": {},
    "bigquery": {"bigint": "int64", "varchar(50)": "string"},
    "databricks": {"varchar(50)": "string"},
}
"""Dialects that are compiled and not run, and what they call a type of the portable subset."""

_BACKSLASH_ESCAPES = {"bigquery", "databricks", "snowflake"}
"""Dialects in which a backslash inside a text escapes what follows it."""

_LINKS_5_4 = ["measurement_event_id", "meas_event_field_concept_id"]
"""Columns of `measurement` that decide what is selected, without looking."""
_PERSONS = "null /* :persons, everyone treated, as omop_exposures finds them */"


def named(study: Study, source: OmopSource, dialect: str = "postgresql") -> dict[str, str]:
    """Each statement of extract by name, lists filled in as far as they are known without a connection.

    Without one the CDM is taken for 5.4 and drugs are those of the frozen list; a run adds what the
    vocabulary says.
    """
    concepts = offline(study, source)
    own_concepts, own_texts = site_meanings(source)
    procedures = source.mapping.procedures
    names = ["omop_cdm_source", "omop_code_concepts", "omop_descendants", "omop_unmapped_drugs", "omop_exposures",
             "omop_measurements_local" if own_concepts or own_texts else "omop_measurements", "omop_persons",
             "omop_deaths", "omop_followup", "omop_therapies", "omop_ingredients", "omop_concepts",
             "omop_observations", "omop_conditions", "omop_images", "omop_image_features",
             *(["omop_procedures"] if procedures else [])]
    own = source.lesions
    columns = version_columns([*_LINKS_5_4, *filter(None, (own.column, own.pattern_column))], source, dialect)
    told = {name: _filled(statement(name, columns), _lists(name, concepts, source), dialect) for name in names}
    return told | {f"{STATEMENT} ({table.name})": _filled(statement(STATEMENT, {**columns, **table.columns()}),
                                                          read_by_code(table, source, concepts), dialect)
                   for table in EVENTS}


def _lists(name: str, concepts: ConceptSets, source: OmopSource) -> dict[str, Sequence[int] | Sequence[str]]:
    """The lists that a statement binds, where they are known."""
    measured = shipped_meanings(concepts)
    own_concepts, own_texts = site_meanings(source)
    keys = list(source.mapping.procedures)
    index, systemic = concepts.index.parameters(), concepts.systemic.parameters()
    known: dict[str, dict[str, Sequence[int] | Sequence[str]]] = {
        "omop_exposures": index, "omop_therapies": systemic,
        "omop_measurements": {"concepts": sorted(measured)},
        "omop_measurements_local": {"concepts": sorted({*measured, *own_concepts}), "codes": sorted(own_texts),
                                    "source_concepts": sorted(own_concepts)},
        "omop_conditions": {"concepts": sorted(concepts.conditions)},
        "omop_procedures": {"concepts": sorted(int(key) for key in keys if key.isdecimal()),
                            "codes": sorted(key for key in keys if not key.isdecimal())},
    }
    return known.get(name, {})


def _filled(text: str, lists: Mapping[str, Sequence[int] | Sequence[str]], dialect: str) -> str:
    """The text with its lists written out; a list that only a run knows is a comment."""
    for name, values in {"persons": None, "concepts": None, "source_concepts": None, "codes": None, "roots": None,
                         "vocabularies": None, **lists}.items():
        text = text.replace(f"(:{name})", f"({_PERSONS if name == 'persons' else _list(name, values, dialect)})")
    return text


def _list(name: str, values: Sequence[int] | Sequence[str] | None, dialect: str) -> str:
    if not values:
        return f"null /* :{name} */"
    written = [str(value) if isinstance(value, int) else _quoted(value, dialect) for value in values]
    return textwrap.fill(", ".join(written), width=100, subsequent_indent="    ", break_long_words=False,
                         break_on_hyphens=False)


def _quoted(text: str, dialect: str) -> str:
    if dialect in _BACKSLASH_ESCAPES:
        text = text.replace("\\", "\\\\")
        return "'" + text.replace("'", "\\'") + "'"
    return "'" + text.replace("'", "''") + "'"


def compiled(text: str, dialect: str) -> str:
    """A statement of the portable subset in another dialect: only names of types differ."""
    if dialect in RUN:
        return text
    if dialect not in TYPES:
        raise ConfigurationError(f"no dialect {dialect!r}", remedy=f"use one of {', '.join((*RUN, *TYPES))}")
    for portable, own in TYPES[dialect].items():
        text = text.replace(f" as {portable})", f" as {own})")
    return text


def statements(study: Study, source: OmopSource, dialect: str | None = None) -> str:
    """All statements as one readable text; one that no test runs is marked "not run"."""
    kind = source.access.url.split(":", 1)[0].split("+", 1)[0]
    shown = dialect or {"postgres": "postgresql"}.get(kind, kind)
    schemas = {"cdm": source.cdm, "vocabulary": source.vocabulary or source.cdm}
    roles = {role: name if name and name.isidentifier() else role for role, name in schemas.items()}
    mark = "" if shown in RUN else " (compiled, not run)"
    parts = [f"-- {name}, {shown}{mark}\n{compiled(located(text, roles), shown)};"
             for name, text in named(study, source, shown).items()]
    return "\n\n".join(parts) + "\n"

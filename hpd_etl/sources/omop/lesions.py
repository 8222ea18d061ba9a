"""Rows of lesions: sizes, volumes, statuses and new lesions, each with its identity, role and organ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.grouping import Bools, Ints
from hpd_etl.sources.columns import Rows, by_text, code_lookup, first_known, group_codes, one
from hpd_etl.sources.lesions import (
    KINDS,
    NEW,
    ROLES,
    VOLUME,
    Facts,
    in_node,
    lesion_rows,
    new_lesion_words,
    plain_organ,
    role_words,
)
from hpd_etl.sources.modalities import omop_modality
from hpd_etl.sources.omop.identity import RUNGS, Identity, identify, is_yes
from hpd_etl.sources.omop.measurements import Measured
from hpd_etl.sources.omop.sizes import read_sizes

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.config import OmopSource
    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.omop.tables import Cdm

_YES_CONCEPT = 4188539
_NOT_THERE = {"disappeared", "not_yet_present"}
_UNKNOWN, _OTHER, _NOTHING = -1, -2, -3
"""Texts that say that nobody knows, that nobody explained, and none at all."""


def lesions(cdm: Cdm, source: OmopSource, measured: Measured, treated: Ints, ledger: Ledger) -> pd.DataFrame:
    """The lesion rows of Records; what cannot be read goes to the ledger, and leaves its lesion not assessed."""
    measured = measured.take(measured.of(*KINDS))
    rows, kind = measured.rows, measured.kind(KINDS)
    denied, unclear = _answers(source, rows, kind == NEW)
    identity = _with_new_lesions(identify(cdm, source.lesions, rows, treated), kind, rows, unclear)
    undated = ~rows.present("measurement_date") & ~denied
    unnamed = (identity.rung < 0) & ~undated & ~denied
    ledger.ignore(rows, denied, "no_new_lesion")
    ledger.refuse("lesions", rows, undated, "no_date")
    ledger.refuse("lesions", rows, unnamed, "no_lesion_identity")
    ledger.refuse("lesions", rows, unclear & ~undated, "new_lesion_value_unknown", also_kept=True)
    kept = ~(denied | undated | unnamed)
    rows, kind, identity, unclear = rows.take(kept), kind[kept], _taken(identity, kept), unclear[kept]
    sizes = read_sizes(rows, np.where(kind == VOLUME, 2, 0), source)
    facts = _facts(cdm, source, rows, kind, identity, unclear)
    return lesion_rows(rows, "measurement_date", facts, sizes, source, ledger)


def _with_new_lesions(identity: Identity, kind: Ints, rows: Rows, unclear: Bools) -> Identity:
    """A row that only says "new lesion" needs no name to mean progression; its own id serves.

    One whose answer nobody knows says nothing of the lesion that it names.
    """
    nameless = (kind == NEW) & (identity.rung < 0) | unclear
    if not nameless.any():
        return identity
    own = pc.binary_join_element_wise(pa.scalar("measurement"), rows.text("measurement_id"), ":")
    lesion = one(pc.if_else(pa.array(nameless), own, identity.lesion.cast(pa.string())))
    rung = np.where(nameless, len(RUNGS), identity.rung)
    return Identity(lesion, rung, identity.groups, identity.organ_concept, identity.modality)


def _answers(source: OmopSource, rows: Rows, new: Bools) -> tuple[Bools, Bools]:
    """Rows that say that there is no new lesion, and those whose answer nobody understands.

    A yes or no in text or number is enough, the concept is asked where neither tells; no value at all means yes.
    """
    if not new.any():
        return new, new
    own = {int(key): status for key, status in source.mapping.statuses.items() if key.isdecimal()}
    known = {_YES_CONCEPT, *own, *(int(key) for key in source.mapping.roles if key.isdecimal())}
    words = new_lesion_words(source.mapping.statuses)
    other = _NOTHING if "value_source_value" in (source.lesions.column, source.lesions.pattern_column) else _OTHER

    def said(text: str) -> int:
        word = " ".join(text.split()).upper()
        return words.get(word, other) if word else _NOTHING

    text = np.where(rows.present("value_source_value"), rows.decided("value_source_value", said), _NOTHING)
    number, concept = rows.floats("value_as_number"), rows.ints("value_as_concept_id")
    absent = np.isin(concept, [code for code, status in own.items() if status in _NOT_THERE])
    open_ = new & np.isin(text, (_OTHER, _NOTHING)) & np.isnan(number)
    denied = new & ((text == 0) | (number == 0)) | (open_ & absent)
    unexplained = (concept != 0) | (text == _OTHER)
    return denied, open_ & unexplained & ~np.isin(concept, list(known)) | (new & (text == _UNKNOWN))


def _taken(identity: Identity, mask: Bools) -> Identity:
    if mask.all():
        return identity
    marked = pa.array(mask)
    return Identity(identity.lesion.filter(marked), identity.rung[mask],
                    {name: values.filter(marked) for name, values in identity.groups.items()},
                    identity.organ_concept[mask], identity.modality[mask])


def _facts(cdm: Cdm, source: OmopSource, rows: Rows, kind: Ints, identity: Identity, unclear: Bools) -> Facts:
    lesion_names = one(pc.dictionary_encode(identity.lesion)).indices
    lesion, _ = group_codes(rows.ints("person_id"), np.asarray(lesion_names, dtype=np.int64))
    day = np.asarray(rows.table.column("measurement_date").cast(pa.int32()).to_numpy(), dtype=np.int64)
    role, nodal = _roles(source, rows, identity)
    names = _concept_names(cdm, source, np.unique(identity.organ_concept))
    organ = _organs(source, identity, names)
    node = nodal | in_node(organ) | is_yes(identity.groups["node"])
    return Facts(lesion, identity.lesion, identity.rung, (*RUNGS, "row"), kind, unclear, day, role, organ, node,
                 _named(identity.modality, _modalities(identity.modality)), identity.groups["reader"],
                 identity.groups["part_of"])


def _roles(source: OmopSource, rows: Rows, identity: Identity) -> tuple[Ints, Bools]:
    """Role of each row, and whether its word says node: the pattern's, the site's, then CDISC's words."""
    own = source.mapping.roles
    known, nodal = role_words(own)

    def role_of(text: str) -> int:
        word = text.strip().upper()
        return known[word] + len(ROLES) * (word in nodal) if word in known else -1

    unstated = ROLES.index("unstated")
    by_code = {int(key): ROLES.index(role) for key, role in own.items() if key.isdecimal()}
    positions = np.array([*by_code.values(), -1], dtype=np.int64)
    found = positions[code_lookup(rows.ints("value_as_concept_id"), list(by_code))]
    for texts in (rows.encoded("measurement_source_value"), by_text(identity.groups["role"])):
        stated = texts.decided(role_of)
        found = np.where(stated >= 0, stated, found)
    return np.where(found < 0, unstated, found % len(ROLES)), found >= len(ROLES)


def _concept_names(cdm: Cdm, source: OmopSource, concepts: Ints) -> dict[int, str]:
    """What organs are called: by the site's mapping, else by the vocabulary, else by their id."""
    wanted = [concept for concept in concepts.tolist() if concept]
    names = {concept: f"omop:{concept}" for concept in wanted}
    if wanted and cdm.has("concept"):
        rows = cdm.fetch("omop_concepts", {"concepts": wanted})
        names |= {concept: plain_organ(str(name)) for concept, name in zip(
            rows.column("concept_id").to_pylist(), rows.column("concept_name").to_pylist(), strict=True) if name}
    return names | {int(key): organ for key, organ in source.mapping.organs.items() if key.isdecimal()}


def _modalities(concepts: Ints) -> dict[int, str]:
    return {concept: name for concept in np.unique(concepts).tolist() if (name := omop_modality(concept))}


def _named(concepts: Ints, names: dict[int, str]) -> pa.Array[Any]:
    keys = list(names)
    return pa.array(list(names.values()), pa.string()).take(
        pa.array(at := code_lookup(concepts, keys), mask=at < 0)) if keys else pa.nulls(len(concepts), pa.string())


def _organs(source: OmopSource, identity: Identity, names: dict[int, str]) -> pa.Array[Any]:
    """The organ of each row: of the imaging study's site, else of the pattern."""
    own = {key.strip().lower(): organ for key, organ in source.mapping.organs.items()}
    words = by_text(identity.groups["organ"])
    by_pattern = words.said(lambda text: own.get(text.strip().lower(), text.strip().lower()))
    return first_known(_named(identity.organ_concept, names), by_pattern)

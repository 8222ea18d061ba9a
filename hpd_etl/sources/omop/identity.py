"""Which lesion a size belongs to: a ladder of four rungs, and never a guess.

The rungs: `image_finding` (imaging extension), `event_link` (a field the site declares to be
lesion-level), `column` and `pattern` of site.toml. A diagnosis or an episode is the disease,
not a lesion: two lesions would become one, so those fields are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.errors import ConfigurationError
from hpd_etl.grouping import Bools, Ints
from hpd_etl.sources.columns import Rows, by_text, code_lookup, first_known, one
from hpd_etl.sources.omop.tables import searches_other_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import LesionIdentity
    from hpd_etl.sources.omop.tables import Cdm

RUNGS = ("image_finding", "event_link", "column", "pattern")
_DISEASE_FIELDS = {1147127: "condition_occurrence.condition_occurrence_id"}
_DISEASE_TABLES = ("condition_occurrence.", "episode.", "condition_era.")
_GROUPS = ("lesion", "role", "organ", "node", "reader", "part_of")


@dataclass(frozen=True)
class Identity:
    """For every row: the lesion's name (null where no rung gave one), the rung, and what else the rung told."""

    lesion: pa.Array[Any]
    rung: Ints
    groups: dict[str, pa.Array[Any]]
    """Groups of the pattern (role, organ, node, reader, part_of)."""
    organ_concept: Ints
    modality: Ints
    """Concept of the modality of the imaging study; 0 where none is linked."""


def check_fields(cdm: Cdm, own: LesionIdentity) -> None:
    """Raise ConfigurationError where the site declares a disease-level field, or a pattern that does not work."""
    disease = {field: name for field, name in _DISEASE_FIELDS.items() if field in own.event_fields}
    if own.event_fields and cdm.has("concept"):
        rows = cdm.fetch("omop_concepts", {"concepts": list(own.event_fields)})
        names = dict(zip(rows.column("concept_id").to_pylist(), rows.column("concept_name").to_pylist(), strict=True))
        disease |= {field: name for field, name in names.items() if str(name).startswith(_DISEASE_TABLES)}
    if disease:
        raise ConfigurationError(
            f"lesions.event_fields: {', '.join(disease.values())} is the disease, not one lesion",
            remedy="leave it out; use lesions.column, lesions.pattern or the imaging extension")
    if own.pattern is not None:
        _compiled(own.pattern)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(f"lesions.pattern is no regular expression: {error}",
                                 remedy="mend site.toml") from None
    if unknown := set(compiled.groupindex) - set(_GROUPS):
        raise ConfigurationError(f"lesions.pattern: unknown group {', '.join(sorted(unknown))}",
                                 remedy=f"use {', '.join(_GROUPS)}")
    return compiled


def identify(cdm: Cdm, own: LesionIdentity, rows: Rows, treated: Ints) -> Identity:
    """The lesion of every row by the first rung that names one."""
    finding, organ, modality = _image_findings(cdm, rows, treated)
    groups = _groups(own, rows)
    declared = np.isin(rows.ints("event_field_id"), list(own.event_fields))
    linked = declared & rows.present("event_id") & (rows.ints("event_id") != 0)
    event = pc.if_else(pa.array(linked), pc.binary_join_element_wise(
        pa.scalar("event"), rows.text("event_field_id"), rows.text("event_id"), ":"), None)
    rungs: Sequence[pa.Array[Any]] = (finding, one(event), _filled(rows.text("lesion_text")), groups.pop("lesion"))
    rung = np.full(len(rows), -1, dtype=np.int64)
    for position in reversed(range(len(rungs))):
        rung[np.asarray(pc.is_valid(rungs[position]).to_numpy(zero_copy_only=False), dtype=np.bool_)] = position
    return Identity(first_known(*rungs), rung, groups, organ, modality)


def _filled(values: pa.Array[Any]) -> pa.Array[Any]:
    """The texts without surrounding blanks; an empty one is null."""
    trimmed = pc.utf8_trim_whitespace(values)
    return one(pc.if_else(pc.equal(trimmed, ""), None, trimmed))


def _groups(own: LesionIdentity, rows: Rows) -> dict[str, pa.Array[Any]]:
    """What the pattern finds, searched once in each distinct text."""
    nothing = pa.nulls(len(rows), pa.string())
    found = dict.fromkeys(_GROUPS, nothing)
    if own.pattern is None:
        return found
    compiled = _compiled(own.pattern)
    column = "pattern_text" if searches_other_column(own) else "measurement_source_value"
    texts = rows.encoded(column)
    matches = {text: compiled.search(text) for text in texts.texts}

    def group(name: str, text: str) -> str | None:
        match = matches[text]
        return (match[name] or None) if match else None

    return found | {name: texts.said(partial(group, name)) for name in compiled.groupindex}


def _image_findings(cdm: Cdm, rows: Rows, treated: Ints) -> tuple[pa.Array[Any], Ints, Ints]:
    """Finding (as `image_finding:id`), anatomic site concept and modality concept of every row."""
    nothing = np.zeros(len(rows), dtype=np.int64)
    if not cdm.has("image_feature"):
        return pa.nulls(len(rows), pa.string()), nothing, nothing
    features = Rows("image_feature", "event_id", cdm.fetch("omop_image_features", {"persons": treated.tolist()}))
    at = code_lookup(rows.ints("measurement_id"), features.ints("event_id").tolist())
    own = features.ints("person_id")[at] == rows.ints("person_id") if len(features) else at >= 0
    linked = (at >= 0) & own & ~_linked_twice(features)[at]
    at = np.where(linked, at, -1)
    names = pc.binary_join_element_wise("image_finding", features.text("finding_id"), ":")
    finding = one(names).take(pa.array(at, mask=~linked)) if len(features) else pa.nulls(len(rows), pa.string())
    return finding, _at(features.ints("site_id"), at), _modality(cdm, features, at, treated)


def _linked_twice(features: Rows) -> Bools:
    """Features whose measurement is linked to another finding as well; and one False for no feature."""
    pairs = pd.DataFrame({"event": features.ints("event_id"), "finding": features.ints("finding_id")})
    several = pairs.groupby("event")["finding"].transform("nunique") > 1
    return np.append(several.to_numpy(np.bool_), False)


def _at(values: Ints, at: Ints) -> Ints:
    return np.where(at >= 0, np.append(values, 0)[at], 0)


def _modality(cdm: Cdm, features: Rows, at: Ints, treated: Ints) -> Ints:
    if not cdm.has("image_occurrence"):
        return np.zeros(len(at), dtype=np.int64)
    images = Rows("image_occurrence", "image_occurrence_id", cdm.fetch("omop_images", {"persons": treated.tolist()}))
    image = code_lookup(_at(features.ints("occurrence_id"), at), images.ints("image_occurrence_id").tolist())
    return _at(images.ints("modality_concept_id"), image)


def is_yes(values: pa.Array[Any]) -> Bools:
    """Which texts say yes: anything but no, n, 0, false and nothing."""
    denied = {"", "0", "n", "no", "false"}
    said = by_text(values).decided(lambda text: int(text.strip().lower() not in denied))
    return np.asarray(said == 1, dtype=np.bool_)

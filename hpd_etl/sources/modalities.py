"""What an examination was made with, in the codes of DICOM whatever the source calls it."""

from __future__ import annotations

from hpd_etl import codes

ANY, NONE = "imaging", "not_imaging"
"""Said of what is imaging and no more, and of what is none."""


def omop_modality(concept: int) -> str | None:
    """CT, MR ... of a concept, `omop:<id>` where none is known to mean it; None for no concept."""
    if not concept:
        return None
    return codes.modalities("OMOP").get(str(concept), f"omop:{concept}")

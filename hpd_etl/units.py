"""Units of length, area and volume: from UCUM texts and OMOP concepts to mm, mm2 and mm3.

A unit that is missing or of another dimension has no factor; nothing is assumed. Factors are
rounded away by the caller: sizes are kept to 1e-6 mm (ambiguity A10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl import assets
from hpd_etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

LENGTH, AREA, VOLUME = "length", "area", "volume"


@dataclass(frozen=True)
class Unit:
    """What one unit is in the unit of its dimension: mm, mm2 or mm3."""

    dimension: str
    factor: float


def ucum_units(site: Mapping[str, str] | None = None) -> dict[str, Unit]:
    """Units by their text; `site` names further texts and the UCUM unit (or `%`) that each means."""
    units = {row["code"]: _unit(row) for row in assets.mapping("units") if row["system"] == "UCUM"}
    for meaning in (site or {}).values():
        if meaning not in units:
            raise ConfigurationError(f"mapping.units: {meaning!r} is no UCUM unit known here",
                                     remedy="use mm, cm, m, um, [in_i], mm2, cm2, mm3, cm3 or mL")
    return units | {text: units[meaning] for text, meaning in (site or {}).items()}


def omop_units(site: Mapping[str, str] | None = None) -> dict[int, Unit]:
    """Units by OMOP concept; keys of `site` that are concept ids count as well."""
    texts = ucum_units(site)
    shipped = {int(row["code"]): _unit(row) for row in assets.mapping("units") if row["system"] == "OMOP"}
    return shipped | {int(key): texts[key] for key in (site or {}) if key.isdecimal()}


def _unit(row: Mapping[str, str]) -> Unit:
    return Unit(row["dimension"], float(row["factor"]))

"""What a size means under RECIST 1.1: the conventions that timeline and criteria share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpd_etl.grouping import Bools, Floats
from hpd_etl.schema import LesionRole, LesionStatus

MEASURABLE_MM = 10.0
"""Least longest diameter of a measurable lesion."""
MEASURABLE_NODE_MM = 15.0
"""Least short axis of a measurable lymph node."""
MEASURABLE_BY_FILM_MM = 20.0
"""Least size of what was measured on a plain film."""
FILM = ("CR", "DX")
"""Modalities that make plain films."""
NORMAL_NODE_MM = 10.0
"""A node with a shorter short axis is normal."""
MEASURABLE_SIDE_MM = 5.0
"""Least of both diameters of a lesion that is measurable in two dimensions (irRC)."""
TOO_SMALL_MM = 5.0
"""By convention the diameter of a target that is too small to measure."""
SPHERE_OF_CUBE = np.pi / 6
"""Volume of a sphere over the cube of its diameter."""
TOLERANCE = 1e-9
"""Relative; sizes this close to a threshold have reached it (ambiguity A10)."""

STATUS = {status: code for code, status in enumerate(LesionStatus)}
"""Codes of the statuses, in the order of the schema's category."""
ROLE = {role: code for code, role in enumerate(LesionRole)}
"""Codes of the roles, in the order of the schema's category."""

_BY_CONVENTION = {
    LesionStatus.TOO_SMALL: TOO_SMALL_MM,
    LesionStatus.DISAPPEARED: 0.0,
    LesionStatus.NOT_YET_PRESENT: 0.0,
}
_SIZE_OF_STATUS = np.array([*(_BY_CONVENTION.get(status, np.nan) for status in LesionStatus), np.nan])
"""By code of the status, the last where there is none."""


def in_spheres(volume: Floats, diameter: Floats) -> Floats:
    """Each volume over that of the sphere of the diameter; NaN where one is missing or the diameter is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(diameter > 0, volume / (SPHERE_OF_CUBE * diameter**3), np.nan)


def size_by_convention(status: NDArray[np.integer], diameter: Floats) -> Floats:
    """The diameter in mm; without one, 5 for too small, 0 for disappeared or not yet present, else NaN."""
    size, unsized = diameter.copy(), np.flatnonzero(np.isnan(diameter))
    size[unsized] = _SIZE_OF_STATUS[status[unsized]]
    return size


def measurable(size: Floats, is_node: Bools, by_film: Bools) -> Bools:
    """Large enough to be a target, or to enter a sum as a new lesion."""
    least = np.where(by_film, MEASURABLE_BY_FILM_MM, np.where(is_node, MEASURABLE_NODE_MM, MEASURABLE_MM))
    return np.asarray(size >= least * (1 - TOLERANCE))


def measurable_area(diameter: Floats, perpendicular: Floats) -> Bools:
    """Large enough in both dimensions to enter a sum of products (irRC), whatever it is."""
    least = MEASURABLE_SIDE_MM * (1 - TOLERANCE)
    return np.asarray((diameter >= least) & (perpendicular >= least))


def persists(size: Floats, is_node: Bools) -> Bools:
    """Keeps a target response from being complete: any size, but a node only from 10 mm on."""
    return np.asarray((size >= NORMAL_NODE_MM * (1 - TOLERANCE)) | (~is_node & (size > 0)))

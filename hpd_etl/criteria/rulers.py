"""What one lesion counts by each ruler: its diameter, its product of diameters, its volume; ambiguities C3 and C11.

Nothing is left of a lesion that disappeared or was not there yet; one that is too small to measure is 5 x 5 mm.
Volumes are the recorded ones where every target has one at every scan used, else those of spheres of the diameters:
the two are never mixed in one person.
"""

from __future__ import annotations

import numpy as np

from hpd_etl.criteria.course import Course
from hpd_etl.grouping import Bools, Floats, Ints, count
from hpd_etl.measurability import SPHERE_OF_CUBE, STATUS, TOO_SMALL_MM, measurable_area
from hpd_etl.schema import LesionStatus


def areas(line: Course) -> Floats:
    """The product of the two diameters of each lesion row in mm2; NaN without the perpendicular one."""
    product = line.size * line.perpendicular
    product[np.isnan(product) & (line.status == STATUS[LesionStatus.TOO_SMALL])] = TOO_SMALL_MM**2
    product[line.size == 0] = 0.0
    return product


def perhaps_measurable_area(line: Course, rows: Ints) -> Bools:
    """Which of these lesion rows count with their product as a new lesion (irRC): the measurable, or what may be so.

    One that is too small to measure is 5 x 5 mm by convention only.
    """
    size, perpendicular = line.size[rows], line.perpendicular[rows]
    large = measurable_area(size, np.where(np.isnan(perpendicular), size, perpendicular))
    return np.asarray(large & (line.status[rows] != STATUS[LesionStatus.TOO_SMALL]))


def volumes(line: Course) -> tuple[Floats, Bools]:
    """The volume of each lesion row in mm3, and by person whether it is that of spheres."""
    sphere = line.size * line.size * line.size * SPHERE_OF_CUBE
    stated = (line.size == 0) | (line.status == STATUS[LesionStatus.TOO_SMALL])
    recorded, unsized = line.volume.copy(), np.flatnonzero(np.isnan(line.volume) & stated)
    recorded[unsized] = sphere[unsized]
    spherical = _somewhere_without(line, recorded)
    return np.where(spherical[line.row_person], sphere, recorded), spherical


def _somewhere_without(line: Course, values: Floats) -> Bools:
    """By person: a target lacks such a value at one of the scans that there are."""
    lacking, targets = np.zeros(line.persons, dtype=np.bool_), count(line.target_person, line.persons)
    found = np.append(count(line.row_point[_valued(line, values)], line.points), 0)
    for scan in line.scans.by_name.values():
        lacking |= (scan >= 0) & (found[scan] < targets)
    return lacking


def common(line: Course, values: Floats, *, pre: bool) -> Course:
    """The course with those targets alone that have a value at all scans used: a named variant, never the default."""
    valued = _valued(line, values)
    kept = np.ones(len(line.target_lesion), dtype=np.bool_)
    for name, scan in line.scans.by_name.items():
        if pre or name != "pre":
            there = np.zeros(line.lesions, dtype=np.bool_)
            there[line.lesion[line.among(valued, scan)]] = True
            kept &= there[line.target_lesion] | (scan < 0)[line.target_person]
    return line.narrowed(kept)


def _valued(line: Course, values: Floats) -> Ints:
    """The rows of targets that have such a value and were not treated locally, at time points."""
    return np.flatnonzero(line.is_target & ~np.isnan(values) & ~line.treated_locally & (line.row_point >= 0))

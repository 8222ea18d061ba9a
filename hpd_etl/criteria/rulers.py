"""What one lesion counts by each ruler: its diameter, its product of diameters, its volume; ambiguities C3 and C11.

Nothing is left of a lesion that disappeared or was not there yet; one that is too small to measure is 5 x 5 mm.
Volumes are the recorded ones where every target has one at every scan used, else those of spheres of the diameters:
the two are never mixed in one person.
"""

from __future__ import annotations

import numpy as np

from hpd_etl.criteria.course import Course
from hpd_etl.grouping import Bools, Floats, count
from hpd_etl.measurability import STATUS, TOO_SMALL_MM, measurable_area
from hpd_etl.schema import LesionStatus


def areas(line: Course) -> Floats:
    """The product of the two diameters of each lesion row in mm2; NaN without the perpendicular one."""
    product = line.size * line.perpendicular
    by_convention = np.isnan(product) & (line.status == STATUS[LesionStatus.TOO_SMALL])
    return np.where(line.size == 0, 0.0, np.where(by_convention, TOO_SMALL_MM**2, product))


def perhaps_measurable_area(line: Course) -> Bools:
    """Lesion rows whose product counts as a new lesion's (irRC): those that are measurable, or may be.

    One that is too small to measure is 5 x 5 mm by convention only.
    """
    large = measurable_area(line.size, np.where(np.isnan(line.perpendicular), line.size, line.perpendicular))
    return np.asarray(large & (line.status != STATUS[LesionStatus.TOO_SMALL]))


def volumes(line: Course) -> tuple[Floats, Bools]:
    """The volume of each lesion row in mm3, and by person whether it is that of spheres."""
    sphere = np.pi / 6 * line.size**3
    stated = (line.size == 0) | (line.status == STATUS[LesionStatus.TOO_SMALL])
    recorded = np.where(np.isnan(line.volume) & stated, sphere, line.volume)
    spherical = _somewhere_without(line, recorded)
    return np.where(spherical[line.row_person], sphere, recorded), spherical


def _somewhere_without(line: Course, values: Floats) -> Bools:
    """By person: a target lacks such a value at one of the scans that there are."""
    valued = _valued(line, values)
    lacking, targets = np.zeros(line.persons, dtype=np.bool_), count(line.target_person, line.persons)
    for name, scan in line.scans.by_name.items():
        found = count(line.row_person[line.at_scan(name, valued)], line.persons)
        lacking |= (scan >= 0) & (found < targets)
    return lacking


def common(line: Course, values: Floats, *, pre: bool) -> Course:
    """The course with those targets alone that have a value at all scans used: a named variant, never the default."""
    valued = _valued(line, values)
    kept = np.ones(len(line.target_lesion), dtype=np.bool_)
    for name, scan in line.scans.by_name.items():
        if pre or name != "pre":
            there = np.zeros(line.lesions, dtype=np.bool_)
            there[line.lesion[line.at_scan(name, valued)]] = True
            kept &= there[line.target_lesion] | (scan < 0)[line.target_person]
    return line.narrowed(kept)


def _valued(line: Course, values: Floats) -> Bools:
    return line.is_target & ~np.isnan(values) & ~line.treated_locally

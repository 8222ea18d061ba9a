"""What the metrics of one measure set are computed from, whatever the length of a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hpd_etl.criteria.burden import Burden, Ruled
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.known import Known
from hpd_etl.criteria.reasons import BIT
from hpd_etl.criteria.response import NE, Response
from hpd_etl.criteria.spread import Organs, spread
from hpd_etl.grouping import Bools, Floats, Ints
from hpd_etl.schema import Reason


@dataclass(frozen=True)
class AtScans:
    """The burden by one ruler at the three scans; NaN where missing, and why as reason bits."""

    pre: Floats
    base: Floats
    post: Floats
    no_pre: Ints
    no_base: Ints
    no_post: Ints

    @property
    def named(self) -> tuple[Floats, Floats, Floats]:
        """The three burdens in their order."""
        return self.pre, self.base, self.post


@dataclass(frozen=True)
class Observed:
    """The burdens at the three scans, and all else that a rule may ask for."""

    by_ruler: Mapping[str, AtScans]
    """`sld` always, `volume` and `spd` where a rule asks for them."""
    dt_pre: Floats
    dt_post: Floats
    response: Ints
    no_post: Ints
    ttf_days: tuple[Floats, Floats]
    """Time to treatment failure is at least and at most this; infinite above where it is censored."""
    counts: Mapping[str, Known]
    spherical: Bools
    """The volumes are those of spheres of the diameters."""


def observe(
    sums: Burden,
    response: Response,
    unmet: Mapping[str, Ints],
    others: Mapping[str, Known],
    *,
    rulers: tuple[str, ...],
    new_lesions: bool,
) -> Observed:
    """The burdens at the three scans; `unmet` holds by requirement why a scan is missing, as reason bits.

    `others` are the numbers that no burden changes.
    """
    line = sums.line
    scans, no_post = line.scans, unmet["first_evaluation"]
    nobody = np.zeros(line.persons, dtype=np.bool_)
    return Observed(
        {name: at_scans(line, getattr(sums, name), unmet, new_lesions=new_lesions) for name in rulers},
        scans.dt_pre,
        scans.dt_post,
        np.where(scans.post >= 0, response.code[scans.post], NE) if line.points else np.full(line.persons, NE),
        no_post,
        line.people.ttf_days,
        others,
        sums.spherical if "volume" in rulers else nobody,
    )


def at_scans(line: Course, ruled: Ruled, unmet: Mapping[str, Ints], *, new_lesions: bool) -> AtScans:
    """The burden by one ruler at the three scans of every person."""
    value = np.round(ruled.targets + ruled.new, 6) if new_lesions else ruled.targets
    known, absent = [], []
    needs = ("pre_baseline", "baseline", "first_evaluation")
    for (name, scan), need in zip(line.scans.by_name.items(), needs, strict=True):
        why = ruled.missing[name]
        if new_lesions and len(value):
            unstated = (scan >= 0) & (line.scans.baseline >= 0) & ~ruled.new_complete[scan]
            why = why | np.where(unstated, BIT[Reason.LESION_SET_MISMATCH], 0)
        there = (scan >= 0) & (why == 0)
        if len(value):
            there &= ruled.complete[scan] & (ruled.new_complete[scan] if new_lesions else True)
        known.append(np.where(there, value[scan], np.nan) if len(value) else np.full(line.persons, np.nan))
        absent.append(np.where(scan >= 0, why, unmet[need]))
    return AtScans(*known, *absent)


def new_lesions_of(sums: Burden, before: Organs, unmet: Mapping[str, Ints]) -> dict[str, Known]:
    """New lesions at the first evaluation, their organs, and where they lie; nobody can tell without a baseline.

    `before` are the organs in which there were lesions at baseline.
    """
    post, why = sums.line.scans.post, _no_answer(sums, unmet["first_evaluation"])
    counted = {"new_lesions": sums.n_new, "new_organs": sums.n_new_organs}
    nothing = np.full(len(post), np.nan)
    counts = {
        name: Known.exactly(values[post].astype(np.float64) if len(values) else nothing, why)
        for name, values in counted.items()
    }
    return counts | spread(sums.line, before, unmet["baseline"] | why)


def _no_answer(sums: Burden, no_post: Ints) -> Ints:
    """Why the new lesions of the first evaluation are not known, as reason bits."""
    post = sums.line.scans.post
    if not sums.line.points:
        return no_post
    return no_post | np.where((post >= 0) & ~sums.new_complete[post], BIT[Reason.LESION_SET_MISMATCH], 0)

"""The response of the burden: against baseline for less, against the nadir for more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response.frameworks import CR, NE, NONE, PD, PR, SD, Framework
from hpd_etl.criteria.response.visits import at_scan, least_before, on_study
from hpd_etl.criteria.rules import at_least, at_most
from hpd_etl.grouping import Bools, Floats, Ints, select


@dataclass(frozen=True)
class Targets:
    """The burden of one framework, and what it says at each time point."""

    burden: Floats
    """Over what was assessed; with the measurable new lesions where they count."""
    known: Bools
    """Nothing is missing in it."""
    baseline: Floats
    """By person: that burden at baseline; NaN where a target is missing."""
    nadir: Floats
    """The least known burden of baseline and the visits since, before each time point; NaN where there is none."""
    code: Ints
    """CR, PR, SD, PD or NE; `NONE` where the person has no targets at all."""


def targets(line: Course, sums: Burden, framework: Framework) -> Targets:
    """Progression may be told by the assessed targets alone (C2), and by recorded sums (C14); the rest may not."""
    burden, known = _burden(sums, framework)
    whole = np.where(known, burden, np.nan)
    baseline = at_scan(whole, line.scans.baseline)
    counted = on_study(line, line.scans.baseline)
    counted[line.scans.baseline[line.scans.baseline >= 0]] = True
    nadir = least_before(line, np.where(counted, whole, np.nan))
    base = baseline[line.person]
    decided = known & ~np.isnan(base) & ~np.isnan(nadir) & ~sums.recorded
    complete = (sums.persisting == 0) & ~(framework.immune & (sums.n_new > 0))
    shrunk = at_most(burden, base * (1 - framework.fall))
    code = select([(_risen(burden, nadir, framework), PD), (~decided, NE), (complete, CR), (shrunk, PR)], SD)
    nothing = (line.scans.baseline < 0)[line.person]
    return Targets(burden, known, baseline, nadir, np.where(nothing & (code == NE), NONE, code))


def _burden(sums: Burden, framework: Framework) -> tuple[Floats, Bools]:
    own, new, complete = sums.targets_mm, sums.new_mm, sums.complete
    if framework.by_area:
        own, new, complete = sums.spd_mm2, sums.new_spd_mm2, sums.spd_complete
    if not framework.immune:
        return own, complete
    return np.round(own + new, 6), complete & sums.new_complete


def _risen(burden: Floats, nadir: Floats, framework: Framework) -> Bools:
    """Far enough above the nadir; from nothing, anything is."""
    grown = burden - nadir
    above_nadir = at_least(grown, framework.rise * nadir) & at_least(grown, framework.least_rise)
    return np.where(nadir == 0, burden > 0, above_nadir)

"""Response at each time point by RECIST 1.1 and irRECIST, from lesions; a recorded one where they do not say.

Rules: `docs/decisions.md`, response. Progression is counted from the nadir over baseline and the
time points on study; the pre-baseline scan never enters (ambiguity B10a).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpd_etl.config import Study
from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.rules import at_least, at_most
from hpd_etl.grouping import Bools, Floats, Ints, any_of, count, lookup, lowest, point_key, positions
from hpd_etl.measurability import STATUS, persists
from hpd_etl.schema import RESPONSES, LesionStatus, Timeline

CODES = RESPONSES["response"].values
CR, PR, SD, PD, NE = (CODES.index(name) for name in ("CR", "PR", "SD", "PD", "NE"))
PROGRESSION = 0.20
PROGRESSION_MM = 5.0
PARTIAL = 0.30


@dataclass(frozen=True)
class Response:
    """The response at each time point, and where it was recorded instead of derived."""

    code: Ints
    recorded: Bools
    written: Ints
    """The recorded response itself; -1 where there is none."""
    non_target_pd: Bools
    """Non-targets progressed unequivocally, where the framework counts that."""
    known: Bools
    """That burden is known at each time point."""
    burden: Floats
    """The burden of the framework at each time point: targets, for irRECIST with measurable new lesions."""
    baseline_mm: Floats
    """By person: that burden at baseline; NaN where a target is missing."""


def respond(line: Course, sums: Burden, timeline: Timeline, framework: str, study: Study) -> Response:
    """The response at each time point under one framework."""
    immune = framework == "irRECIST"
    burden = np.round(sums.targets_mm + sums.new_mm, 6) if immune else sums.targets_mm
    new_known = sums.new_complete if immune else sums.new_known
    known = sums.complete & new_known if immune else sums.complete
    baseline_mm = _at(np.where(known, burden, np.nan), line.scans.baseline)
    nadir = _nadir(line, np.where(known, burden, np.nan))
    progressed = _progressed(burden, nadir)
    base = baseline_mm[line.person]
    decided = sums.complete & new_known & ~np.isnan(base) & ~np.isnan(nadir) & ~sums.recorded
    non_target_pd, non_target_cr = _non_targets(line, timeline, framework)
    complete_response = decided & (sums.persisting == 0) & ~(immune & (sums.n_new > 0))
    shrunk = at_most(burden, base * (1 - PARTIAL))
    target = np.select([progressed, ~decided, complete_response, shrunk], [PD, NE, CR, PR], SD)
    if immune:
        non_target_pd &= study.criteria.irrecist_nontarget_pd
        new_is_pd = (sums.n_new > sums.n_new_measurable) & study.criteria.irrecist_nontarget_pd
    else:
        new_is_pd = sums.n_new > 0
    code = np.where(non_target_pd | new_is_pd, PD, np.where((target == CR) & ~non_target_cr, PR, target))
    written = _stated(line, timeline, framework, "overall")
    use_written = (code == NE) & (written >= 0)
    return Response(
        np.where(use_written, written, code), use_written, written, non_target_pd, known, burden, baseline_mm
    )


def _at(values: Floats, scan: Ints) -> Floats:
    return np.where(scan >= 0, values[scan], np.nan) if len(values) else np.full(len(scan), np.nan)


def _nadir(line: Course, complete: Floats) -> Floats:
    """The least complete burden at baseline or on study before each time point; NaN where none."""
    is_baseline = np.zeros(line.points, dtype=np.bool_)
    is_baseline[line.scans.baseline[line.scans.baseline >= 0]] = True
    base_day = line.scans.day_of(line.scans.baseline)[line.person]
    on_study = (line.scans.day > 0) & (line.scans.day > base_day)
    counted = pd.Series(np.where(is_baseline | on_study, complete, np.nan))
    lowest_so_far = counted.fillna(np.inf).groupby(line.person).cummin()
    before = lowest_so_far.groupby(line.person).shift(1).to_numpy(np.float64)
    return np.where(np.isinf(before), np.nan, before)


def _progressed(burden: Floats, nadir: Floats) -> Bools:
    """At least 20 % and 5 mm above the nadir, counting the assessed targets alone (C2); from nothing, anything."""
    grown = burden - nadir
    above_nadir = at_least(grown, PROGRESSION * nadir) & at_least(grown, PROGRESSION_MM)
    return np.where(nadir == 0, burden > 0, above_nadir)


def _non_targets(line: Course, timeline: Timeline, framework: str) -> tuple[Bools, Bools]:
    """Unequivocal progression of non-targets, which is only ever recorded; and whether none is left."""
    n = line.points
    base_day = line.scans.day_of(line.scans.baseline)[line.row_person]
    other = ~line.is_target & ~line.is_new & ~line.seen_late & (line.row_point >= 0)
    progressed = any_of(line.row_point, other & (line.status == STATUS[LesionStatus.PROGRESSED]), n)
    lesions = int(line.lesion.max(initial=-1)) + 1
    at_baseline = any_of(line.lesion, other & (line.row_day == base_day) & (line.size != 0), lesions)
    gone = np.where(np.isnan(line.size), False, ~persists(line.size, line.is_node))
    left = count(line.row_person[other & (line.row_day == base_day) & at_baseline[line.lesion]], line.persons)
    vanished = count(line.row_point[other & gone & at_baseline[line.lesion]], n)
    stated = _stated(line, timeline, framework, "non_target")
    return progressed | (stated == PD), vanished >= left[line.person]


def _stated(line: Course, timeline: Timeline, framework: str, scope: str) -> Ints:
    """The recorded response of a scope at each time point; of several the worst; -1 where none, or not evaluable."""
    rows = timeline.responses
    accepted = (framework, "unstated") if framework == "RECIST1.1" else (framework,)
    of_scope = (rows["scope"].fillna("overall") == scope).to_numpy(np.bool_)
    chosen = rows.loc[of_scope & rows["framework"].isin(accepted).to_numpy(np.bool_)]
    code = chosen["response"].cat.codes.to_numpy().astype(np.int64)
    keys = point_key(positions(chosen["person_id"], line.ids), chosen["days_from_index"].to_numpy(np.int64))
    at = lookup(keys, point_key(line.person, line.scans.day))
    judged = (code >= 0) & (code <= PD) & (at >= 0)
    worst = lowest(at[judged], PD - code[judged], line.points, -1)
    return np.where(worst < 0, -1, PD - worst)

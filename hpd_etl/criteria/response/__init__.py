"""Response at each time point by RECIST 1.1, irRECIST, irRC and iRECIST, from lesions; recorded where they do not say.

Rules: `docs/decisions.md`, response. Progression is counted from the nadir over baseline and the
time points on study; the pre-baseline scan never enters (ambiguity B10a).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response import irecist
from hpd_etl.criteria.response.frameworks import (
    CODES,
    CR,
    FRAMEWORKS,
    NE,
    NONE,
    PD,
    PR,
    PROGRESSIONS,
    SD,
    Framework,
)
from hpd_etl.criteria.response.non_targets import NonTargets, non_targets, reference
from hpd_etl.criteria.response.recorded import recorded
from hpd_etl.criteria.response.targets import Targets, targets
from hpd_etl.criteria.response.visits import ever_before, on_study
from hpd_etl.grouping import Bools, Floats, Ints, select
from hpd_etl.schema import Timeline

__all__ = ["CODES", "CR", "FRAMEWORKS", "NE", "PD", "PR", "SD", "Response", "respond"]


@dataclass(frozen=True)
class Response:
    """The response at each time point, and where it was recorded instead of derived."""

    framework: Framework
    assessed: Ints
    """In the framework's own words, iUPD and iCPD among them."""
    derived: Ints
    """The same from lesions and sums alone."""
    target: Ints
    non_target: Ints
    new_lesion: Ints
    """1: one is seen, 0: none is there, -1: not known."""
    named: Ints
    """The recorded response itself; -1 where there is none."""
    known: Bools
    """That burden is known at each time point."""
    burden: Floats
    """The burden of the framework at each time point: targets, for immune criteria with measurable new lesions."""
    baseline: Floats
    """By person: that burden at baseline; NaN where a target is missing."""
    nadir: Floats
    non_target_pd: Bools
    """Non-targets progressed unequivocally, where the framework counts that."""
    on_study: Bools
    """Time points at which there is something to respond to: after the first dose and after baseline."""
    pending: irecist.Pending | None
    """Which first progressions wait for which assessment, where the framework lets them wait."""

    @cached_property
    def code(self) -> Ints:
        """CR, PR, SD, PD ...: an unconfirmed and a confirmed progression are both one."""
        return _as_progression(self.assessed)

    @cached_property
    def written(self) -> Ints:
        """The recorded response, likewise; -1 where there is none."""
        return _as_progression(self.named)

    @cached_property
    def recorded(self) -> Bools:
        """Where the recorded response stands in for one that cannot be derived."""
        return np.asarray((self.derived == NE) & (self.named >= 0))


def _as_progression(code: Ints) -> Ints:
    return np.where(np.isin(code, PROGRESSIONS), PD, code)


def respond(line: Course, sums: Burden, timeline: Timeline, framework: str, study: Study) -> Response:
    """The response at each time point under one framework."""
    rules = FRAMEWORKS[framework]
    first = reference(line, study)
    followed = on_study(line, first)
    burden, others = targets(line, sums, rules), non_targets(line, timeline, rules, first)
    new_lesion = np.where(sums.n_new > 0, 1, np.where(sums.new_known, 0, -1))
    own_pd, new_pd = others.code == PD, new_lesion == 1
    if rules.immune:
        also = study.criteria.irrecist_nontarget_pd and not rules.by_area
        own_pd, new_pd = own_pd & also, (sums.n_new > sums.n_new_measurable) & also
    code = _overall(burden, others, own_pd | new_pd, new_lesion, immune=rules.immune)
    named = recorded(line, timeline, rules, "overall")
    pending = None
    if not rules.immune:
        seen_again = (sums.persisting > 0) | others.seen
        was_complete = ever_before(line, followed & ((code == CR) | (code == NE) & (named == CR)))
        reappeared = was_complete & seen_again
        code = np.where(reappeared, PD, code)
        if rules.unconfirmed:
            grown = (burden.code == PD) | (reappeared & (sums.persisting > 0))
            again = own_pd | (reappeared & others.seen)
            events = irecist.Events(followed, code, grown, again, new_pd, np.where(burden.known, burden.burden, np.nan))
            code, pending = irecist.confirmed(line, events, study)
    return Response(
        rules,
        np.where((code == NE) & (named >= 0), named, code),
        code,
        burden.code,
        others.code,
        new_lesion,
        named,
        burden.known,
        burden.burden,
        burden.baseline,
        burden.nadir,
        own_pd,
        followed,
        pending,
    )


def _overall(burden: Targets, others: NonTargets, other_pd: Bools, new_lesion: Ints, *, immune: bool) -> Ints:
    """The published table: targets, non-targets, new lesions; where there are no targets, non-targets alone."""
    unknown = (burden.code == NE) | (new_lesion < 0)
    left = (others.code != CR) & (others.code != NONE)
    alone = np.where((others.code == NONE) | immune, NE, others.code)
    progressed, nothing, half = (burden.code == PD) | other_pd, burden.code == NONE, (burden.code == CR) & left
    return select([(progressed, PD), (unknown, NE), (nothing, alone), (half, PR)], burden.code)

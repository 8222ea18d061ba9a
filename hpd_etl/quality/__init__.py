"""What can be labelled, what was refused, and whether the run may go on.

Counts and codes only: no report, file or message of this package holds a patient's value or identifier.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from hpd_etl import assets, expectations
from hpd_etl.criteria import foreseeable, foreseen_reasons
from hpd_etl.errors import ConfigurationError
from hpd_etl.quality import counts, profile, suspicions
from hpd_etl.quality.counts import numbered
from hpd_etl.quality.funnel import STEPS, by_cohort, by_stratum, funnel, open_labels
from hpd_etl.quality.gate import ENFORCE, REPORT, Decision, Effect, decide, decide_labels
from hpd_etl.quality.ledger import ledger
from hpd_etl.quality.published import content, json_schema
from hpd_etl.quality.rates import rates
from hpd_etl.quality.report import QualityReport
from hpd_etl.quality.strata import strata_of
from hpd_etl.quality.suspicions import counted, suspect
from hpd_etl.schema import DATE_OF, Attrition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import pandas as pd

    from hpd_etl.config import Study
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.schema import Labels, Suspicions, Timeline

__all__ = [
    "ENFORCE",
    "REPORT",
    "STEPS",
    "Decision",
    "Effect",
    "QualityReport",
    "attrition",
    "content",
    "decide",
    "decide_labels",
    "foreseen",
    "funnel",
    "json_schema",
    "numbered",
    "rates",
    "refuse_unknown_checks",
    "suspect",
    "validate",
]


def refuse_unknown_checks(study: Study) -> None:
    """Raise `ConfigurationError` where `gate.checks` names what is neither an expectation nor a suspicion."""
    if not study.gate.checks:
        return
    suites = expectations.read_suites(assets.expectation_files())
    known = [name for suite in suites for entry in suite["expectations"]
             for name in (entry["meta"]["check"], f"{suite['name']}.{entry['meta']['check']}")]
    known += [each.name for each in suspicions.LOOKED_FOR]
    for name in study.gate.checks.keys() - set(known):
        near = get_close_matches(name, known, n=1)
        meant = f", did you mean {near[0]}?" if near else ""
        raise ConfigurationError(f"gate.checks: no check is called {name}{meant}",
                                 remedy="docs/suspicions.md and expectations/ name them")


def validate(timeline: Timeline, definitions: Sequence[Definition], study: Study,
             previous: profile.Profile | None = None, *, suspected: Suspicions | None = None,
             source: Mapping[str, Any] | None = None) -> QualityReport:
    """Count who can be labelled, what was refused and which expectations fail; raises nothing, see `decide`.

    `previous` is the profile that an earlier run of the same study at the same site left, `suspected` what `suspect`
    found in this timeline, where that is known already; `source` what the source counted beside its Records: what it
    never read and what it ignored.
    """
    told = foreseen(timeline, definitions, study)
    suites = expectations.read_suites(assets.expectation_files()) if study.gate.expectations else []
    now = profile.of(timeline)
    since = None if previous is None else profile.changes(previous, now)
    checks = expectations.check(timeline, suites, since)
    beside = source or {}
    return QualityReport(
        persons={str(name): int(n) for name, n in timeline.index["cohort"].value_counts().sort_index().items()},
        rows={name: len(getattr(timeline, name)) for name in ("persons", *DATE_OF)},
        rejected_fraction=counts.rejected_fraction(timeline),
        rejections=counts.rejections(timeline.rejections),
        ignored=counts.ignored(beside.get("ignored", {})),
        scans=counts.counted(timeline.scan_choices, ["window_set", "role", "reason"], "scans"),
        funnel=by_cohort(told),
        strata=told[told["by"] != "cohort"].reset_index(drop=True),
        checks=checks,
        drift=profile.drift(since, checks),
        profile=now,
        ledger=ledger(timeline, beside.get("unread", ())),
        suspicions=counted(suspect(timeline, study) if suspected is None else suspected),
    )


def foreseen(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> pd.DataFrame:
    """The funnel of everybody and every stratum before any label: the steps that no metric and no rule can change."""
    settled = {each.id: foreseeable(each) for each in definitions}
    return by_stratum(foreseen_reasons(timeline, definitions, study), strata_of(timeline), settled)


def attrition(timeline: Timeline, labels: Labels) -> Attrition:
    """The whole funnel of everybody and every stratum, once there are labels."""
    return Attrition.of({"funnel": by_stratum(open_labels(labels), strata_of(timeline))})

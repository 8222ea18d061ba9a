"""The report of `validate` as one page that needs nothing else: no network, no script, no file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeAlias

from hpd_etl.pages import rendered
from hpd_etl.quality.gate import Decision, Effect
from hpd_etl.quality.identical import Steps, alike, known, steps_of
from hpd_etl.quality.report import PARTS
from hpd_etl.schema import STRATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from hpd_etl.quality.report import QualityReport

Line: TypeAlias = tuple[str | None, str | None, dict[str, int]]
Part: TypeAlias = tuple[list[str], list[Line]]

WIDTH, STEP_HEIGHT, BAR_HEIGHT, MARGIN = 360, 58, 26, 4
_TEMPLATE = "quality.html"


@dataclass(frozen=True)
class Bar:
    """One step as it is drawn, in units of the drawing: who comes to it, and who stays."""

    step: str
    remaining: int
    left: int
    y: int
    x: float
    width: float
    before_x: float
    before_width: float


@dataclass(frozen=True)
class Figure:
    """One funnel: whose it is, its bars, and the table beside it."""

    key: str
    definitions: list[str]
    steps: Steps
    bars: list[Bar]
    height: int
    whole: bool
    """All steps that any definition shows: its rule can do without no scan and no sum."""

    @property
    def told(self) -> str:
        """The drawing in words, for whoever does not see it."""
        return "; ".join(f"{bar.step}: {bar.remaining} left" for bar in self.bars)


def page(report: QualityReport, decision: Decision, about: Mapping[str, str]) -> str:
    """The page as HTML; what is told of the run stands in `about`."""
    return rendered(
        _TEMPLATE, {"row": asdict, "of": lambda name, row: row[name]},
        about=about, report=report, decision=decision, Effect=Effect, width=WIDTH, bar_height=BAR_HEIGHT,
        cohorts=list(_cohorts(report.funnel)), strata=list(_strata(report.strata)),
        limits=[each for each in decision.findings if each.limit is not None],
        others=[each for each in decision.findings if each.limit is None and each.passed is False],
        parts={name: getattr(report, name).to_dict("records") for name in PARTS})


def _cohorts(funnel: pd.DataFrame) -> Iterator[tuple[str, list[Figure]]]:
    """The figures of each cohort, that of the most definitions first."""
    for place, (cohort, own) in enumerate(funnel.groupby("cohort", sort=False, observed=True)):
        groups = sorted(alike(own), key=lambda group: -len(group[0]))
        most = own["step"].nunique()
        yield str(cohort), [drawn(f"{place}-{number}", names, steps_of(rows), most)
                            for number, (names, rows) in enumerate(groups)]


def drawn(key: str, definitions: list[str], steps: Steps, most: int) -> Figure:
    """The funnel as bars around one axis, as wide as persons are left."""
    treated = steps[0]["remaining"]
    bars, before = [], treated
    for place, step in enumerate(steps):
        now, full = step["remaining"], WIDTH - 2 * MARGIN
        width, before_width = (full * each / treated if treated else 0.0 for each in (now, before))
        bars.append(Bar(step["step"], now, before - now, place * STEP_HEIGHT + 20, round((WIDTH - width) / 2, 1),
                        round(width, 1), round((WIDTH - before_width) / 2, 1), round(before_width, 1)))
        before = now
    return Figure(key, definitions, steps, bars, len(steps) * STEP_HEIGHT, len(steps) == most)


def _strata(strata: pd.DataFrame) -> Iterator[tuple[str, list[str], list[Part]]]:
    """By each thing that splits the treated: the steps, and the strata of each group of definitions alike in all."""
    for kind in STRATA:
        own = strata[strata["by"] == kind]
        if len(own):
            parts = [(names, list(_lines(rows))) for names, rows in alike(own)]
            most = max((lines[0][2] for _, lines in parts), key=len)
            yield kind.replace("_", " "), list(most), parts


def _lines(rows: pd.DataFrame) -> Iterator[Line]:
    """Stratum, cohort, and who is left after each step."""
    left: dict[tuple[str | None, str | None], dict[str, int]] = {}
    columns = (rows[name].tolist() for name in ("stratum", "cohort", "step", "remaining"))
    for stratum, cohort, step, remaining in zip(*columns, strict=True):
        left.setdefault((known(stratum), known(cohort)), {})[step] = int(remaining)
    return ((*part, steps) for part, steps in left.items())

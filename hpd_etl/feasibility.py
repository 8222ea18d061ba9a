"""Whether the question can be asked at a site: how many were treated, and who has which scans around the first dose.

Everything is read and aligned as in a run, so that no count differs from that of a run, and nothing is written: neither
a run folder nor an export. Counts only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from pydantic import ValidationError
from rich.console import Group

from hpd_etl import library, sources, timeline
from hpd_etl.config import FhirBulkSource
from hpd_etl.criteria import unmet_requirements
from hpd_etl.criteria.courses import Courses
from hpd_etl.criteria.definition import REQUIREMENTS, STUDY_WINDOWS
from hpd_etl.errors import ConfigurationError
from hpd_etl.grouping import any_of, highest, lowest, point_key, positions, text
from hpd_etl.rendering import counted as counted_table
from hpd_etl.schema import CHECKPOINT_COHORT, ScanRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.table import Table

    from hpd_etl.config import Site, Study, Windows
    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.progress import Progress
    from hpd_etl.schema import Timeline

Basis = Literal["usable", "examined"]
OTHER_WINDOWS = tuple({"baseline_from_day": baseline, "pre_max_gap_days": before, "post_to_day": evaluation}
                      for baseline, before, evaluation in product((-28, -42), (84, 180), (60, 84, 120)))
"""The choices tried beside the study's own; what they do not state is the study's."""
_STEPS = {"baseline": "baseline", "evaluated": "+ first evaluation", "three": "+ pre-baseline: 3 scans",
          "two": "2 scans", "one": "1 scan", "none": "no scan"}
_BASES = {
    "usable": "scans a definition can use: measured, the first evaluation measured or judged",
    "examined": "examinations, measured or not: what measurements could reach at most",
}
_MEANS = {
    "extraction_incomplete": "not everything of them could be read",
    "short_lookback": "not under observation long enough before the first dose",
    "no_baseline_scan": "no examination in the baseline window",
    "no_measurable_disease": "examined in the baseline window, but no target was measured",
    "early_dropout_death": "died, not examined on treatment",
    "early_dropout_progression": "stopped for progression, not examined on treatment",
    "early_dropout_toxicity": "stopped for toxicity, not examined on treatment",
    "early_dropout_other": "treatment ended, not examined on it",
    "no_post_scan": "no examination in the window of the first evaluation, or nothing assessed at it",
    "no_prebaseline_scan": "no target measured in the window before the baseline scan",
    "imprecise_date": "a date that decides is known only to the month or the year",
}
_MOST = 8
"""How many reasons for refusing rows are shown."""


@dataclass(frozen=True)
class Feasibility:
    """What a site needs to know before a study; counts only.

    `scans` has a row a cohort, window choice and basis: `usable` are the scans that a run would choose, `examined`
    what it could choose at most if every examination held measurements. Columns treated, baseline, evaluated (baseline
    and first evaluation), and how many persons have none, one, two, three of the three scans. `reasons` has columns
    cohort, reason, persons: why not all three with the study's windows, each person once. `refused` has columns table,
    reason, rows.
    """

    study: str
    """Whose windows come first."""
    windows: dict[str, Windows]
    scans: pd.DataFrame
    reasons: pd.DataFrame
    refused: pd.DataFrame
    imprecise: int
    """Persons with a date that is known only to the month or the year, or whose first dose may be another."""


@dataclass(frozen=True)
class _Scans:
    """By person: has a baseline, has a first evaluation too, and how many of the three scans."""

    baseline: Ints
    evaluated: Ints
    number: Ints


def feasibility(study: Study, site: Site, show: Progress) -> Feasibility:
    """Read and align everybody treated, and count; nothing is written."""
    if isinstance(site.source, FhirBulkSource):
        raise ConfigurationError("counting would begin a bulk export, which may take hours and is kept on disk",
                                 remedy="export with `hpd-etl extract`, then ask with fhir_files on its folder")
    with show("extract") as note, sources.open_source(site) as source:
        records, used = source.extract(study)
        note("; ".join([f"{len(records.persons):,} persons, {len(records.lesions):,} lesion rows",
                        *used.get("warnings", ())]))
    windows = choices(study)
    with show("align") as note:
        aligned = timeline.align(records, study, windows)
        note(f"{len(aligned.index):,} treated, {len(windows)} choices of windows")
    with show("count"):
        return counted(aligned, study, windows)


def choices(study: Study) -> dict[str, Windows]:
    """The study's windows and the others, by name; one that the study's rule out is not tried."""
    found = {STUDY_WINDOWS: study.windows}
    for stated in OTHER_WINDOWS:
        try:
            other = study.windows.but(stated)
        except ValidationError:
            continue
        if other not in found.values():
            found[",".join(f"{key}={days}" for key, days in stated.items())] = other
    return found


def counted(aligned: Timeline, study: Study, windows: dict[str, Windows]) -> Feasibility:
    """The counts of a timeline that was aligned with these windows; pure."""
    cohorts = [CHECKPOINT_COHORT, *(comparator.cohort for comparator in study.comparators)]
    rows = []
    for name, asked in windows.items():
        for basis in ("usable", "examined"):
            found = _settled(aligned, name, asked, basis)
            for cohort in cohorts:
                own = (aligned.index["cohort"] == cohort).to_numpy(np.bool_)
                numbers = np.bincount(found.number[own], minlength=4)
                rows.append((cohort, name, basis, int(own.sum()), int(found.baseline[own].sum()),
                             int(found.evaluated[own].sum()), *numbers.tolist()))
    columns = ["cohort", "windows", "basis", "treated", "baseline", "evaluated", "none", "one", "two", "three"]
    refused = aligned.rejections.groupby(["table", "reason"], observed=True).size().rename("rows").reset_index()
    partial = 0 if aligned.courses is None else int(aligned.index["courses"].notna().sum())
    return Feasibility(study.title or study.id, windows, pd.DataFrame(rows, columns=columns), _reasons(aligned, study),
                       refused.sort_values("rows", ascending=False, kind="stable", ignore_index=True), partial)


# --- scans ------------------------------------------------------------------------------------


def _settled(aligned: Timeline, name: str, windows: Windows, basis: Basis) -> _Scans:
    """The scans of each person; of one with partial dates those that there are in every possible course."""
    shown = _scans(aligned, name, windows, basis)
    if aligned.courses is None:
        return shown
    courses, tried = Courses.of(aligned, aligned.courses), _scans(aligned.courses, name, windows, basis)

    def least(own: Ints, of_courses: Ints) -> Ints:
        in_every = lowest(courses.owner, of_courses, courses.persons, 0)
        return np.where(courses.several, in_every, np.where(courses.untried, 0, own))

    return _Scans(least(shown.baseline, tried.baseline), least(shown.evaluated, tried.evaluated),
                  least(shown.number, tried.number))


def _scans(aligned: Timeline, name: str, windows: Windows, basis: Basis) -> _Scans:
    points = aligned.scan_choices[aligned.scan_choices["window_set"] == name]
    person = positions(points["person_id"], text(aligned.index["person_id"]))
    persons = len(aligned.index)
    if basis == "usable":
        pre, baseline, post = (any_of(person, (points["role"] == role).to_numpy(np.bool_), persons).astype(np.int64)
                               for role in (ScanRole.PRE, ScanRole.BASELINE, ScanRole.POST))
        return _Scans(baseline, baseline & post, pre + baseline + post)
    return _examined(person, points["days_from_index"].to_numpy(np.int64), windows, persons)


def _examined(person: Ints, day: Ints, windows: Windows, persons: int) -> _Scans:
    """The most that any examination in the baseline window can stand for, with others around it, measured or not."""
    keys = np.sort(point_key(person, day))

    def is_any(of: Ints, first: Ints, last: Ints | int) -> Bools:
        end = np.searchsorted(keys, point_key(of, np.maximum(last, first - 1)), side="right")
        return np.asarray(np.searchsorted(keys, point_key(of, first)) < end)

    at = (day >= windows.baseline_from_day) & (day <= windows.baseline_to_day + windows.baseline_grace_days)
    owner, base = person[at], day[at]
    earliest = base - windows.pre_max_gap_days
    if windows.pre_from_day is not None:
        earliest = np.maximum(earliest, windows.pre_from_day)
    before = is_any(owner, earliest, base - windows.pre_min_gap_days)
    after = is_any(owner, np.maximum(base + 1, windows.post_from_day), windows.post_to_day)
    everybody = np.arange(persons)
    alone = is_any(everybody, np.full(persons, windows.post_from_day), windows.post_to_day).astype(np.int64)
    baseline = any_of(person, at, persons)
    around = highest(owner, 1 + before.astype(np.int64) + after, persons, 0)
    return _Scans(baseline.astype(np.int64), any_of(owner, after, persons).astype(np.int64),
                  np.where(baseline, around, alone))


# --- reasons ----------------------------------------------------------------------------------


def _reasons(aligned: Timeline, study: Study) -> pd.DataFrame:
    """Why a person lacks one of the three scans, the first reason of the funnel that `validate` prints."""
    asked = replace(library.published()[0], id="three_scans", framework="RECIST1.1", windows={}, requires=REQUIREMENTS,
                    variant=None)
    unmet = unmet_requirements(aligned, [asked], study)
    named = unmet[["cohort", "primary_reason"]].astype("string[pyarrow]").dropna()
    counts = named.value_counts(sort=False).rename("persons").rename_axis(["cohort", "reason"]).reset_index()
    return counts.sort_values(["persons", "reason"], ascending=[False, True], ignore_index=True)


# --- shown ------------------------------------------------------------------------------------


def shown(found: Feasibility) -> RenderableType:
    """The answer in a sentence, the scans by window choice, and why not; a cohort after the other."""
    return Group(*(part for cohort in found.scans["cohort"].unique() for part in _cohort(found, cohort)),
                 *_refused(found.refused), *_notes(found))


def _cohort(found: Feasibility, cohort: str) -> Iterator[RenderableType]:
    own = found.scans[found.scans["cohort"] == cohort]
    usable, examined = own[own["windows"] == STUDY_WINDOWS].to_dict("records")
    treated, more = usable["treated"], examined["three"] - usable["three"]
    yield (f"\n{cohort}: {treated:,} treated, {usable['three']:,} with three scans that can be used; {more:,} more "
           "were examined in all three windows: measurements may be all they lack.")
    if not treated:
        yield "hpd-etl doctor shows which drugs the source holds and what is refused."
        return
    for basis, rows in own.groupby("basis", sort=False):
        yield _windows(f"\n{cohort}, {_BASES[str(basis)]}", rows, found.windows)
    lacking = found.reasons[found.reasons["cohort"] == cohort]
    if len(lacking):
        made = counted_table(f"\n{cohort}, why not three scans with the windows in the first rows; each person once",
                             "reason", "which means", numbers=("persons",))
        for row in lacking.to_dict("records"):
            made.add_row(row["reason"], _MEANS[row["reason"]], f"{row['persons']:,}")
        yield made


def _windows(title: str, rows: pd.DataFrame, windows: dict[str, Windows]) -> Table:
    made = counted_table(title, "baseline", "pre-baseline", "first evaluation", numbers=_STEPS.values())
    for row in rows.to_dict("records"):
        asked = windows[row["windows"]]
        last = asked.baseline_to_day + asked.baseline_grace_days
        since = "" if asked.pre_from_day is None else f", from day {asked.pre_from_day}"
        made.add_row(f"day {asked.baseline_from_day} to {last}",
                     f"{asked.pre_min_gap_days} to {asked.pre_max_gap_days} days before it{since}",
                     f"day {asked.post_from_day} to {asked.post_to_day}", *(f"{row[step]:,}" for step in _STEPS))
    return made


def _refused(refused: pd.DataFrame) -> Iterator[Table]:
    if refused.empty:
        return
    made = counted_table("\nSource rows refused most often", "table", "reason", numbers=("rows",))
    for row in refused.head(_MOST).to_dict("records"):
        made.add_row(str(row["table"]), str(row["reason"]), f"{row['rows']:,}")
    yield made


def _notes(found: Feasibility) -> Iterator[str]:
    yield f"\nWindows in the first rows: {found.study}. 3, 2, 1 and no scan add up to all treated."
    if found.imprecise:
        yield (f"{found.imprecise:,} persons have a date that is not known to the day: of them a scan counts that is "
               "in its window on every possible day.")
    yield "Small counts are not hidden: this page is for the site itself. Nothing was written."

"""An explanation as a page of its own, with patient data: for the site's own eyes, never part of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pandas as pd
from markupsafe import Markup

from hpd_etl.criteria.definition import window_sets
from hpd_etl.explanation import WARNING
from hpd_etl.pages import rendered
from hpd_etl.reasoning import absent
from hpd_etl.report.content import Figure
from hpd_etl.report.drawing import person as charts
from hpd_etl.report.drawing.theme import DARK, PALETTE
from hpd_etl.schema import LesionRole, LesionStatus, ScanRole

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from hpd_etl.config import Study
    from hpd_etl.config.study import Windows
    from hpd_etl.explanation import Explanation, Line
    from hpd_etl.schema import Labels, Timeline

    Row = tuple[str, str, str, str, int, int | None, float | None]

_COLUMNS: Final = ("part", "lane", "kind", "what", "day", "to_day", "mm")
_TEMPLATE: Final = "person.html"


@dataclass
class Branch:
    """A line of a rule and what it joins."""

    line: Line
    parts: list[Branch] = field(default_factory=list)


def page(told: Explanation, study: Study, run_id: str) -> str:
    """The page as HTML; it needs nothing else."""
    drawings = [] if told.labels is None else list(_drawings(told, study))
    return rendered(_TEMPLATE, {"branches": branches, "kind": lambda block: type(block).__name__}, told=told,
                    drawings=drawings, warning=WARNING, study=study, run=run_id, palette=PALETTE, dark=DARK)


def branches(lines: tuple[Line, ...]) -> list[Branch]:
    """The lines of a rule as a tree."""
    top: list[Branch] = []
    open_: list[Branch] = []
    for line in lines:
        made = Branch(line)
        del open_[line.finding.depth:]
        (open_[-1].parts if open_ else top).append(made)
        open_.append(made)
    return top


# --- the drawings -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """The timeline for one choice of windows."""

    windows: str
    definitions: list[str]
    """Those that look for scans in them."""
    svg: Markup
    marks: Sequence[Mapping[Hashable, object]]
    """What is drawn, in words."""


def _drawings(told: Explanation, study: Study) -> Iterator[Drawn]:
    from hpd_etl.report.drawing.svg import drawn

    definitions = [why.definition for why in told.whys]
    windows = window_sets(definitions, study)
    for number, name in enumerate(dict.fromkeys(each.window_set for each in definitions)):
        frame = events(told, name, windows[name])
        figure = Figure(
            key=f"timeline-{number}", title=f"Timeline, windows: {name}", frame=frame, patients=True, wide=True,
            alt="Doses, other therapies, scans and what they are used for, windows shaded; below them the sizes of "
                "lesions. All of it stands in the tables.", draw=charts.timeline)
        marks = frame[frame["part"] != "window"].sort_values(["day", "lane"], kind="stable")
        yield Drawn(name, [each.id for each in definitions if each.window_set == name],
                    Markup(drawn(figure, frame).inline),  # noqa: S704 - SVG of our own making, its words escaped
                    marks.drop_duplicates(["day", "what"]).to_dict("records"))


def events(told: Explanation, name: str, windows: Windows) -> pd.DataFrame:
    """What is drawn of a person for one choice of windows, a row a mark."""
    assert told.labels is not None  # noqa: S101 - who is not labelled has no windows
    timeline = told.timeline
    rows: list[Row] = [*_windows(timeline, name, windows), *_treatments(timeline), *_scans(timeline, name),
                       *_observation(timeline), *_lesions(timeline, name), *_sums(told.labels, name)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype({"day": "Int64", "to_day": "Int64", "mm": "Float64"})


def _windows(timeline: Timeline, name: str, windows: Windows) -> Iterator[Row]:
    last = windows.baseline_to_day + windows.baseline_grace_days
    yield "window", "", "", charts.WINDOWS[ScanRole.BASELINE], windows.baseline_from_day, last, None
    yield "window", "", "", charts.WINDOWS[ScanRole.POST], windows.post_from_day, windows.post_to_day, None
    chosen = timeline.scan_choices
    base = chosen[(chosen["window_set"] == name) & (chosen["role"] == ScanRole.BASELINE)]["days_from_index"]
    for day in base:  # without a baseline scan nobody knows where the window before it lies
        first = max(day - windows.pre_max_gap_days, -10**6 if windows.pre_from_day is None else windows.pre_from_day)
        yield "window", "", "", charts.WINDOWS[ScanRole.PRE], int(first), int(day - windows.pre_min_gap_days), None


def _treatments(timeline: Timeline) -> Iterator[Row]:
    for lane, rows in (("doses", timeline.doses), ("other therapies", timeline.therapies)):
        for row in rows.to_dict("records"):
            names = (row.get("agent"), row.get("kind") if lane != "doses" else None, row.get("organ"))
            what = " ".join(str(name) for name in names if not absent(name))
            day = int(row["days_from_index"])
            until = day if absent(row["end_date"]) else day + (row["end_date"] - row["start_date"]).days
            if until > day:
                yield "span", lane, "", f"{what}, day {day} to {until}", day, until, None
            yield "event", lane, "" if lane == "doses" else "named", f"{what}, day {day}", day, None, None


def _scans(timeline: Timeline, name: str) -> Iterator[Row]:
    own = timeline.scan_choices[timeline.scan_choices["window_set"] == name]
    for row in own.to_dict("records"):
        why = "" if absent(row["reason"]) else f", {row['reason']}"
        yield ("scan", "scans", str(row["role"]), f"scan on day {row['days_from_index']}: {row['role']}{why}",
               int(row["days_from_index"]), None, None)


def _observation(timeline: Timeline) -> Iterator[Row]:
    index = timeline.index.iloc[0]
    end, death = index["followup_end_day"], index["death_day"]
    if not absent(end):
        first = -int(index["lookback_days"])
        # nobody looks at years before the first scan
        seen = timeline.scan_choices["days_from_index"]
        first = max(first, min([int(day) for day in seen] or [0]) - 14)
        yield "span", "known of", "", f"under observation to day {end}", first, int(end), None
    if not absent(death):
        yield "event", "known of", "named", f"died, day {death}", int(death), None, None
    elif not absent(end):
        yield "event", "known of", "named", f"last known, day {end}", int(end), None, None


def _lesions(timeline: Timeline, name: str) -> Iterator[Row]:
    targets = set(timeline.targets[timeline.targets["window_set"] == name]["lesion_id"])
    for row in timeline.lesions.to_dict("records"):
        size = 0.0 if row["status"] == LesionStatus.DISAPPEARED else row["diameter_mm"]
        if absent(size):
            continue
        kind = "target" if row["lesion_id"] in targets else (
            "new lesion" if row["role"] == LesionRole.NEW else "other lesion")
        organ = "" if absent(row["organ"]) else f" ({row['organ']})"
        what = f"{row['lesion_id']}{organ}, day {row['days_from_index']}: {size:g} mm, {row['status']}"
        yield "size", f"{row['lesion_id']}{organ}", kind, what, int(row["days_from_index"]), None, float(size)


def _sums(labels: Labels, name: str) -> Iterator[Row]:
    own = labels.burden[(labels.burden["window_set"] == name) & labels.burden["sld_mm"].notna()]
    for row in own.to_dict("records"):
        yield ("size", "sum", "sum of the targets", f"sum on day {row['days_from_index']}: {row['sld_mm']:g} mm",
               int(row["days_from_index"]), None, float(row["sld_mm"]))



"""Growth before treatment against growth on it, and the burden at the three scans between which it is measured."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hpd_etl.criteria.rules import TRUE, compare, leaves
from hpd_etl.grouping import numbers
from hpd_etl.report.by_verdict import MOST_PATIENTS, NOT_DRAWN, Room, counted, quartiles, warned
from hpd_etl.report.compared import shared
from hpd_etl.report.content import Figure, Listing, Method, Part, Section, Story, slug
from hpd_etl.report.drawing import growth as charts
from hpd_etl.report.drawing.verdicts import ORDER

if TYPE_CHECKING:
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.grouping import Ints
    from hpd_etl.report.facts import Facts

SCANS: Final = ("pre-baseline", "baseline", "first evaluation")
_TWICE: Final = (">=", 2.0)
"""The line of acceleration where a definition has none of its own."""
_SOURCE: Final = "Drawn as in Ji Z, et al. BMC Cancer 2019;19:705, {} (grade S)."

TGK: Final = Method(
    "tgk", "Tumour growth kinetics (TGK)",
    "TGK before treatment is (S0 - S_pre) / months between the two scans, on treatment (S_post - S0) / months; S is "
    "the sum of longest diameters in mm (short axes of nodes), with measurable new lesions where the definition counts "
    "them. Taken from the labels of the run, computed nowhere else. A ratio is read only where growth before treatment "
    "is above 0.", _SOURCE.format("Fig. 2"))
BURDEN: Final = Method(
    "burden", "Burden at the three scans",
    "The sums that the definition compares, as they stand in the labels of the run. Relative burden is in percent of "
    "the baseline scan, of persons with a sum at both scans and one above 0 at baseline; quartiles with linear "
    "interpolation (NumPy).", _SOURCE.format("Fig. 4"))


def section(facts: Facts) -> Section:
    """What of the growth on treatment was there before it."""
    parts: list[Part] = []
    points, courses = Room(MOST_PATIENTS), Room(MOST_PATIENTS)
    for each in facts.definitions:
        parts += shared(facts, each, "growth", _parts(facts, each, points, courses))
    return Section("growth", "Growth before and on treatment",
                   "Did tumours grow faster on treatment than before it? Growth between two scans is uncertain, above "
                   "all where little time or change lies between them; a faster growth is no proof of a cause.",
                   tuple(parts))


def acceleration(definition: Definition) -> tuple[str, float]:
    """The acceleration that the definition asks for; twice the growth where it names none."""
    return next(((leaf.sign, leaf.value) for leaf in leaves(definition.rule)
                 if leaf.metric == "tgk_ratio" and not isinstance(leaf.value, tuple)), _TWICE)


def _parts(facts: Facts, definition: Definition, points: Room, courses: Room) -> Iterator[Part]:
    verdicts, metrics = facts.verdicts_of(definition), facts.metrics_of(definition)
    both = (metrics["tgk_pre"].notna() & metrics["tgk_post"].notna()).to_numpy(np.bool_)
    hyper = ((verdicts == ORDER[0]) & metrics["s0_mm"].notna()).to_numpy(np.bool_)
    yield _zones(facts, definition, verdicts, metrics)
    if both.sum() > MOST_PATIENTS:
        yield _plane(facts, definition, verdicts[both], metrics[both])
    room = [points.takes(int(both.sum())), courses.takes(int(hyper.sum()))]
    if room[0] and both.any():
        yield _points(facts, definition, verdicts[both], metrics[both])
    yield from _relative(facts, definition, verdicts, metrics)
    if room[1] and hyper.any():
        yield _courses(facts, definition, metrics[hyper])
    if not all(room):
        yield Story(key=f"growth-counted-{slug(definition.id)}", title="Growth and burden of each patient",
                    patients=True, definition=definition.id, cohort=facts.cohort, paragraphs=(NOT_DRAWN,))


# --- growth -----------------------------------------------------------------------------------


def zone_names(sign: str, least: float) -> tuple[str, ...]:
    """What the zones are called, from the fastest on; the last one is not known."""
    times = f"{least:g} times"
    most, less = (f"{times} or more", "below") if sign == ">=" else (f"more than {times}", "up to")
    return (f"accelerated: {most}", f"as fast or faster, {less} {times}", "slower than before", "grew, then did not",
            "grew only on treatment", "grew neither before nor on it", "not known")


def zones(metrics: pd.DataFrame, sign: str, least: float) -> Ints:
    """For each person the place in `zone_names`; a ratio is read only where there was growth before."""
    pre, post, ratio = (numbers(metrics[name]) for name in ("tgk_pre", "tgk_post", "tgk_ratio"))
    known, grew, grows = ~np.isnan(pre) & ~np.isnan(post), pre > 0, post > 0
    fast = compare(ratio, ratio, sign, least) == TRUE
    not_slower = compare(ratio, ratio, ">=", 1.0) == TRUE
    cases = [~known, grew & grows & fast, grew & grows & not_slower, grew & grows, grew, grows]
    return np.select(cases, [6, 0, 1, 2, 3, 4], default=5)


def _zones(facts: Facts, definition: Definition, verdicts: pd.Series[str], metrics: pd.DataFrame) -> Figure:
    asked = acceleration(definition)
    names = zone_names(*asked)
    own = " The definition asks for no acceleration of TGK; twice is there to compare." if asked is _TWICE else ""
    return Figure(
        key=f"growth-zones-{slug(definition.id)}", title="Growth on treatment against growth before, counted",
        notes=(f"Everybody of the cohort is counted once; who lacks a scan or a sum is “not known”.{own}",
               *warned(verdicts)), methods=(TGK,), definition=definition.id, cohort=facts.cohort,
        frame=counted(zones(metrics, *asked), names, verdicts, "zone"),
        labels={"zone": "growth on treatment (TGK)", "share": "share of the verdict"},
        counts=("persons",), within=("verdict",), also_within=("zone",), derived=("share",),
        alt="Bars: persons of each verdict by how the growth of their tumours on treatment compares with before.",
        draw=charts.bars_of_zones)


def _points(facts: Facts, definition: Definition, verdicts: pd.Series[str], metrics: pd.DataFrame) -> Figure:
    asked = acceleration(definition)
    names = np.array(zone_names(*asked))
    frame = pd.DataFrame({
        "patient": facts.pseudonyms.reindex(metrics.index).array, "verdict": verdicts.array,
        "tgk_pre": metrics["tgk_pre"].array, "tgk_post": metrics["tgk_post"].array,
        "tgk_ratio": metrics["tgk_ratio"].array, "zone": names[zones(metrics, *asked)]})
    return Figure(
        key=f"growth-patients-{slug(definition.id)}", title="TGK before and on treatment, each patient",
        patients=True,
        notes=("Lines: as fast as before (1 x), and the acceleration asked for. Values far outside are drawn at the "
               "edge.",),
        methods=(TGK,), definition=definition.id, cohort=facts.cohort, frame=frame, labels=_LABELS,
        alt="Scatter: growth kinetics before treatment against those on treatment, a point a patient, by verdict.",
        draw=partial(charts.points, times=asked[1]))


def _plane(facts: Facts, definition: Definition, verdicts: pd.Series[str], metrics: pd.DataFrame) -> Figure:
    pre, post = numbers(metrics["tgk_pre"]), numbers(metrics["tgk_post"])
    step = charts.step_of(np.concatenate([pre, post]))
    cells = pd.DataFrame({"verdict": verdicts.array, "pre_from": charts.binned(pre, step),
                          "post_from": charts.binned(post, step)})
    frame = cells.groupby(["verdict", "pre_from", "post_from"]).size().rename("persons").reset_index()
    frame["persons"] = frame["persons"].astype("Int64")
    return Figure(
        key=f"growth-plane-{slug(definition.id)}", title="TGK before and on treatment", methods=(TGK,),
        notes=(f"Persons in cells of {step:g} by {step:g} mm/month; the outermost hold all "
               "beyond. Verdicts of one cell stand side by side; a cell with few persons is not drawn.",),
        definition=definition.id, cohort=facts.cohort, frame=frame,
        labels={**_LABELS, "pre_from": "TGK before from, mm/month", "post_from": "TGK on treatment from, mm/month"},
        counts=("persons",), within=("verdict",),
        alt="Counts of persons by growth kinetics before treatment and on treatment, by verdict.",
        draw=partial(charts.plane, step=step, times=acceleration(definition)[1]))


# --- burden -----------------------------------------------------------------------------------


def _relative(facts: Facts, definition: Definition, verdicts: pd.Series[str], metrics: pd.DataFrame,
              ) -> Iterator[Part]:
    drawn = Figure(
        key=f"burden-{slug(definition.id)}", title="Burden relative to baseline, median and quartiles",
        notes=warned(verdicts), methods=(BURDEN,), definition=definition.id, cohort=facts.cohort,
        frame=relative_burden(verdicts, metrics), labels=_BURDEN_LABELS, counts=("persons",),
        also_within=("scan",), told=("verdict_persons",), parts_of={"persons": "verdict_persons"},
        derived=tuple(_BURDEN_LABELS)[4:], draw=charts.relative,
        alt="Median and quartiles of the burden in percent of baseline at the pre-baseline scan, at baseline and at "
            "the first evaluation, by verdict.")
    yield drawn
    yield Listing(
        key=f"burden-numbers-{slug(definition.id)}", title="Burden at the three scans", heading="verdict",
        **{name: getattr(drawn, name) for name in _SHARED})


def relative_burden(verdicts: pd.Series[str], metrics: pd.DataFrame) -> pd.DataFrame:
    """Quartiles of the burden at each scan by verdict: in mm, and in percent of the baseline."""
    base = numbers(metrics["s0_mm"])
    lines = []
    for verdict in ORDER:
        own = (verdicts == verdict).to_numpy(np.bool_)
        for scan, name in zip(SCANS, ("s_pre_mm", "s0_mm", "s_post_mm"), strict=True):
            size = numbers(metrics[name])
            used = own & ~np.isnan(size) & (base > 0)
            lines.append((verdict, scan, int(own.sum()), int(used.sum()), *quartiles(100 * size[used] / base[used]),
                          *quartiles(size[used])))
    frame = pd.DataFrame(lines, columns=list(_BURDEN_LABELS))
    kinds = dict.fromkeys(frame.columns[4:], "Float64") | {"persons": "Int64", "verdict_persons": "Int64"}
    return frame.astype(kinds)


def _courses(facts: Facts, definition: Definition, metrics: pd.DataFrame) -> Figure:
    days = {"s_pre_mm": -metrics["dt_pre_days"].array, "s0_mm": 0, "s_post_mm": metrics["dt_post_days"].array}
    names = facts.pseudonyms.reindex(metrics.index).array
    lines = [pd.DataFrame({"patient": names, "scan": scan, "baseline_day": day, "burden_mm": metrics[name].array})
             for scan, (name, day) in zip(SCANS, days.items(), strict=True)]
    frame = pd.concat(lines, ignore_index=True).dropna(subset=["burden_mm", "baseline_day"])
    frame = frame.astype({"baseline_day": "Int64"}).sort_values(["patient", "baseline_day"], ignore_index=True)
    return Figure(
        key=f"burden-patients-{slug(definition.id)}", title="Burden of each hyperprogressor", patients=True,
        methods=(BURDEN,), definition=definition.id, cohort=facts.cohort, frame=frame,
        notes=("Days count from the baseline scan.",),
        labels={**_LABELS, "burden_mm": "burden, mm", "baseline_day": "days from the baseline scan"},
        alt="The burden of each hyperprogressor from the pre-baseline scan over baseline to the first evaluation.",
        draw=charts.courses)


_LABELS: Final = {"tgk_pre": "TGK before treatment, mm/month", "tgk_post": "TGK on treatment, mm/month",
                  "tgk_ratio": "on treatment / before", "zone": "growth on treatment", "patient": "patient"}
_SHARED: Final = ("notes", "methods", "definition", "cohort", "frame", "labels", "counts", "also_within", "told",
                  "parts_of", "derived")
"""What the table of a figure has in common with it."""
_BURDEN_LABELS: Final = {
    "verdict": "verdict", "scan": "scan", "verdict_persons": "persons of the verdict", "persons": "with a sum",
    "lower_pct": "lower quartile, % of baseline", "median_pct": "median, % of baseline",
    "upper_pct": "upper quartile, % of baseline", "lower_mm": "lower quartile, mm", "median_mm": "median, mm",
    "upper_mm": "upper quartile, mm"}

"""The flow of patients: who was treated, who could not be judged and why, and what was found of the others.

The counts are those of the funnel and of the rates; nothing is counted here again. They stand in one row a definition,
so that what is hidden in a figure is hidden in all: reasons add up to steps, these to all who are not evaluable.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import pandas as pd

from hpd_etl import quality
from hpd_etl.quality.identical import alike
from hpd_etl.report.content import Figure, Listing, Method, Section, slug
from hpd_etl.report.drawing.boxes import flow_chart
from hpd_etl.report.drawing.funnel import funnel_chart
from hpd_etl.report.sections.rates import TOLD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpd_etl.report.facts import Facts

Steps: TypeAlias = "Mapping[str, Sequence[str]]"
"""The reasons for leaving at each step, as far as anybody has one."""

FLOW: Final = Method(
    "flow", "Who leaves where",
    "Everybody treated is in exactly one place. Who cannot be judged leaves at one step, that of the first of their "
    "reasons in a fixed order. Missing data never make a person not HPD.",
    "Drawn as in Ji Z, et al. BMC Cancer 2019;19:705, Fig. 1 (grade S).")
_CONFIRMED: Final = "confirmation"
"""The last step, at which `evaluable` would stand for who leaves and for who stays."""
_VERDICTS: Final = ("hpd", "not_hpd")
_LABELS: Final = {"definition_id": "definition", "not_evaluable": "not evaluable", "hpd": "HPD", "not_hpd": "not HPD"}


def section(facts: Facts) -> Section:
    """A flowchart for each definition, and the funnels of all."""
    funnels = quality.funnel(facts.labels)
    own = funnels[(funnels["cohort"] == facts.cohort) & funnels["definition_id"].isin(each.id for each in
                                                                                     facts.definitions)]
    steps = _steps(own)
    frame = _flows(own, facts, steps)
    sums = _sums(steps)
    counts = tuple(name for name in frame.columns if name != "definition_id")
    labels = {name: name.replace("_", " ") for name in counts} | _LABELS
    same = alike(own)
    by_name = {name: [other for other in names if other != name] for names, _ in same for name in names}
    flows = [Figure(
        key=f"flow-{slug(name)}", title=f"Flow of patients under {name}", notes=_alike(by_name[name]),
        methods=(FLOW,), definition=name, cohort=facts.cohort, frame=frame.iloc[[row]].reset_index(drop=True),
        labels=labels, counts=counts, parts_of=sums, told=TOLD, draw=partial(flow_chart, steps=steps),
        alt="Boxes and arrows from all treated, past those who leave at each step with their reasons, to those "
            "evaluable, and from there to HPD and not HPD.",
    ) for row, name in enumerate(frame["definition_id"])]
    firsts = [names[0] for names, _ in same]
    funnel = Figure(
        key="funnel", title="How many are left after each step", methods=(FLOW,), cohort=facts.cohort, wide=True,
        notes=tuple(f"{names[0]} stands also for {', '.join(names[1:])}." for names, _ in same if len(names) > 1),
        frame=frame[frame["definition_id"].isin(firsts)].reset_index(drop=True), labels=labels, counts=counts,
        parts_of=sums, told=TOLD, draw=partial(funnel_chart, steps=steps),
        alt="A row a definition, a column a step: how many of the treated are left after it, darker where more are.")
    table = Listing(key="flow-numbers", title="Who leaves at which step, in numbers", methods=(FLOW,),
                    cohort=facts.cohort, frame=frame, labels=labels, counts=counts, parts_of=sums,
                    told=TOLD)
    return Section("flow", "Flow of patients",
                   "How many of all who were treated could be judged, why the others could not, and how many of those "
                   "judged were hyperprogressors. Who cannot be judged is never counted as not HPD.",
                   (*flows, funnel, table) if len(frame) else ())


def _alike(others: Sequence[str]) -> tuple[str, ...]:
    return (f"As many leave at each step, for the same reasons, under {', '.join(others)}.",) if others else ()


def _steps(funnels: pd.DataFrame) -> dict[str, list[str]]:
    """The steps at which somebody leaves under one of the definitions, in their order."""
    left = set(funnels.loc[funnels["left"] > 0, "reason"])
    found = {step: [str(each) for each in reasons if each in left] for step, reasons in quality.STEPS.items()}
    return {_CONFIRMED if step == "evaluable" else step: reasons for step, reasons in found.items() if reasons}


def _flows(funnels: pd.DataFrame, facts: Facts, steps: Steps) -> pd.DataFrame:
    """One row a definition: all treated, who leaves at each step and for each reason, and who is judged how."""
    rates = facts.agreement.agreement_rates
    judged = rates[rates["cohort"] == facts.cohort].set_index("definition_id")
    left = funnels.pivot_table("left", "definition_id", "reason", aggfunc="sum", fill_value=0, observed=True)
    judged = judged.loc[[each.id for each in facts.definitions if each.id in left.index]]
    left = left.loc[judged.index]
    rows = {"treated": judged["treated"]}
    for step, reasons in steps.items():
        if len(reasons) > 1:  # else the step is its reason
            rows[step] = left[reasons].sum(axis=1)
        rows |= {reason: left[reason] for reason in reasons}
    rows |= {"not_evaluable": judged["treated"] - judged["evaluable"], "evaluable": judged["evaluable"],
             "hpd": judged["hpd"], "not_hpd": judged["evaluable"] - judged["hpd"]}
    return pd.DataFrame(rows).astype("Int64").reset_index(names="definition_id")


def _sums(steps: Steps) -> dict[str, str]:
    """Which count is a part of which."""
    found = {"evaluable": "treated", "not_evaluable": "treated"} | dict.fromkeys(_VERDICTS, "evaluable")
    for step, reasons in steps.items():
        found |= dict.fromkeys(reasons, step) | {step: "not_evaluable"} if len(reasons) > 1 else {
            reasons[0]: "not_evaluable"}
    return found

"""What happened to each hyperprogressor, told from the data alone: days from the first dose, no dates, no names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hpd_etl.criteria.rules import leaves
from hpd_etl.reasoning import FORMULAS, absent
from hpd_etl.report.compared import NOT_RECORDED
from hpd_etl.report.content import Method, Part, Section, Story, slug
from hpd_etl.report.drawing.verdicts import ORDER
from hpd_etl.report.people import people
from hpd_etl.schema import METRICS, ScanRole

if TYPE_CHECKING:
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.report.facts import Facts

    Told = Mapping[str, Any]

MOST: Final = 100
"""Of one definition; and of all together ten times as many, so that the page stays small."""
_MOST_IN_ALL: Final = 10 * MOST
METHOD: Final = Method(
    "narratives", "Narratives",
    "Made from the tables of the run, sentence by sentence, and by nobody's judgement; what no table holds is called "
    "not recorded. Days count from the first dose (day 0). Names are pseudonyms: the place in the run's index.")

_CONFIRMATION: Final = {
    "not_applicable": "There is no progression at the first evaluation that a later scan could confirm.",
    "provisional": "No later scan has confirmed or refuted the progression so far.",
    "confirmed": "The next scan confirmed the progression.",
    "refuted": "The next scan did not show the progression any more.",
    "unresolved": "Nobody knows whether a later scan would have confirmed the progression.",
}
_ENDED: Final = {
    "stop": "a stop is recorded", "death": "death follows the last dose", "therapy": "another therapy follows",
    "gap": "no dose follows",
}


def section(facts: Facts) -> Section:
    """A narrative for each hyperprogressor, of as many as the page can hold."""
    about = people(facts)
    days = _days(facts)
    parts: list[Part] = []
    room = _MOST_IN_ALL
    for each in facts.definitions:
        hyper = facts.verdicts_of(each).eq(ORDER[0])
        ids = list(facts.people["person_id"][hyper.fillna(False).to_numpy()])
        shown = ids[:min(MOST, room)]
        room -= len(shown)
        if len(shown) < len(ids):
            parts.append(_left_out(facts, each, len(ids) - len(shown)))
        parts += _stories(facts, each, about.loc[shown], days.get(each.window_set, {}))
    return Section("narratives", "Case narratives", "What is known of each hyperprogressor? Told from the records, "
                   "which are not complete.", tuple(parts))


def _left_out(facts: Facts, definition: Definition, number: int) -> Story:
    told = (f"{number:,} narratives are left out: at most {MOST} of a definition are told, {_MOST_IN_ALL:,} in all. "
            "`report.definitions` of study.toml says which definitions come first; `hpd-etl explain` shows anybody.")
    return Story(key=f"narratives-left-out-{slug(definition.id)}", title="Not told", patients=True,
                 definition=definition.id, cohort=facts.cohort, paragraphs=(told,))


def _days(facts: Facts) -> dict[str, dict[str, Told]]:
    """The day of each scan that is used: by window set and person, by role."""
    chosen = facts.timeline.scan_choices
    chosen = chosen[chosen["role"].isin([ScanRole.PRE, ScanRole.BASELINE, ScanRole.POST])]
    made: dict[str, dict[str, Told]] = {}
    roles: dict[tuple[str, str], dict[str, int]] = {}
    for windows, person, role, day in zip(chosen["window_set"], chosen["person_id"], chosen["role"],
                                          chosen["days_from_index"], strict=True):
        own = roles.setdefault((windows, person), {})
        own[str(role)] = int(day)
        made.setdefault(windows, {})[person] = own
    return made


def _stories(facts: Facts, definition: Definition, about: pd.DataFrame, days: Mapping[str, Told]) -> Iterator[Story]:
    ids = about.index
    rows = zip(ids, facts.pseudonyms.reindex(ids), about.to_dict("records"),
               facts.people.loc[ids].to_dict("records"), facts.metrics_of(definition).loc[ids].to_dict("records"),
               facts.labels_of(definition).loc[ids].to_dict("records"), strict=True)
    for person, name, known, index, metrics, label in rows:
        yield Story(
            key=f"narrative-{slug(definition.id)}-{name.lower()}", title=name, patients=True,
            definition=definition.id, cohort=facts.cohort, methods=(METHOD,),
            paragraphs=(_who(known, index), _burden(definition, metrics, days.get(person, {})),
                        " ".join([_growth(definition, metrics), _new_lesions(metrics)]),
                        " ".join([_CONFIRMATION[str(label["confirmation"])], _after(index)])))


# --- sentences --------------------------------------------------------------------------------


def _who(known: Told, index: Told) -> str:
    age = known.get("age")
    years = "age not recorded" if absent(age) else f"{age:g} years at the first dose"
    named = {"primary site": "primary_site", "histology": "histology", "ECOG": "ecog"}
    told = {name: _said(known.get(column)) for name, column in named.items()}
    return (f"Sex: {_said(known.get('sex'))}; {years}; {', '.join(f'{name} {what}' for name, what in told.items())}. "
            f"Regimen: {index['regimen'].replace('+', ' and ')}.")


def _burden(definition: Definition, metrics: Told, days: Told) -> str:
    names = (("pre-baseline", "s_pre_mm", ScanRole.PRE), ("baseline", "s0_mm", ScanRole.BASELINE),
             ("first evaluation", "s_post_mm", ScanRole.POST))
    told = (f"{name} {_number(metrics[column], 'mm')} (day {_said(days.get(str(role)))})"
            for name, column, role in names)
    lesions = ", new lesions included" if definition.new_lesions_in_sum else ""
    change = metrics["sld_change_pct"]
    changed = "" if absent(change) else f"; {change:+.0f} % from baseline to the first evaluation"
    return f"Burden, sum of diameters{lesions}: {', '.join(told)}{changed}."


def _growth(definition: Definition, metrics: Told) -> str:
    named = dict.fromkeys(["tgk_pre", "tgk_post", "tgk_ratio", definition.value,
                           *(leaf.metric for leaf in leaves(definition.rule))])
    told = (f"{name} = {FORMULAS[name]} = {_number(metrics[name], METRICS[name].unit)}" for name in named
            if name in METRICS.names and METRICS[name].unit)
    return f"Growth: {'; '.join(told)}."


def _new_lesions(metrics: Told) -> str:
    response = f"Response: {_said(metrics['response_first'])}."
    if absent(metrics["new_lesions"]):
        return f"New lesions at the first evaluation: {NOT_RECORDED}. {response}"
    if not metrics["new_lesions"]:
        return f"No new lesion at the first evaluation. {response}"
    told = f"{metrics['new_lesions']}, organs with one: {_said(metrics['new_organs'])}"
    return f"New lesions at the first evaluation: {told}. {response}"


def _after(index: Told) -> str:
    least, most = index["ttf_min_days"], index["ttf_max_days"]
    if absent(least):
        failed = NOT_RECORDED
    elif absent(most):
        failed = f"at least {least} days, no end of treatment is known"
    else:
        days = f"{least}" if least == most else f"{least} to {most}"
        failed = f"{days} days ({_ENDED[str(index['ttf_basis'])]})"
    failed = f"Time to treatment failure: {failed}."
    if not absent(index["death_day"]):
        return f"{failed} Died on day {index['death_day']}."
    return f"{failed} Death: {NOT_RECORDED}; followed up to day {_said(index['followup_end_day'])}."


def _said(value: Any) -> str:
    if absent(value):
        return NOT_RECORDED
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def _number(value: Any, unit: str) -> str:
    unit = unit.removeprefix("1")
    return NOT_RECORDED if absent(value) else f"{value:.4g} {unit}".strip()

"""The fast engine against the slow one on random patients.

`HPD_REFERENCE_PATIENTS` asks for more of them, `HPD_REFERENCE_SEED` for others.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from hpd_etl.config import Study
from tests.reference.compare import Difference, definition, differences, known, run, variants
from tests.reference.engine import outcomes
from tests.reference.generator import imprecise_patients, seeded_patients

COUNT = int(os.environ.get("HPD_REFERENCE_PATIENTS", "900"))
SEED = int(os.environ.get("HPD_REFERENCE_SEED", "20"))
PARTS = 4
COMPARATORS = {"comparators": [
    {"cohort": "taxane", "agents": {"docetaxel": {}}}, {"cohort": "irinotecan", "agents": {"irinotecan": {}}}]}
STUDIES = {
    "as_shipped": {},
    "other_findings": {"criteria": {"ecog_lookback_days": 30, "progression_deaths": ["I21", "4433925"]},
                       "windows": {"post_to_day": 60}},
    "comparators": {**COMPARATORS, "index": {"lookback_days": 30, "ttf_gap_days": 60}},
    "derived": {"lesions": {"targets": "derived", "merge_days": 0, "response_days": 0}},
    "recorded": {"lesions": {"targets": "recorded", "new_lesions": "first_seen", "merge_days": 14}},
    "denied": {"lesions": {"no_row_means_no_new_lesion": False}},
    "narrow": {"windows": {"baseline_from_day": -21, "baseline_to_day": -2, "pre_min_gap_days": 30,
                           "pre_max_gap_days": 90, "post_from_day": 20, "post_to_day": 84}},
    "policies": {"criteria": {"month_days": 28, "pre_growth_nonpositive": "positive_post_is_hpd",
                              "irrecist_nontarget_pd": True, "new_lesion_cap": True}},
    "excluded": {"criteria": {"month_days": 30, "pre_growth_nonpositive": "exclude", "min_pre_change_mm": 5}},
}


def _study(settings: dict[str, object]) -> Study:
    return Study.model_validate({"id": "agreement", **settings})


def _told(found: list[Difference]) -> str:
    counts = Counter(difference.what for difference in found)
    examples = {difference.what: difference for difference in reversed(found)}
    return "\n".join(f"{counts[what]:5d} {what}: {example}" for what, example in examples.items())


@pytest.mark.parametrize("part", range(PARTS))
def test_fast_and_slow_engine_agree(part):
    """Scans, sums, metrics, responses, verdicts, reasons, confirmations and flags are the same for every patient.

    A part of the definitions is asked of each part of the patients.
    """
    found = differences(seeded_patients(COUNT, SEED)[part::PARTS], _study({}), known()[part::PARTS])
    assert not found, _told(found)


@pytest.mark.parametrize("setting", STUDIES)
def test_fast_and_slow_engine_agree_on_settings_and_variants(setting):
    """So they are under other settings of the study, there for definitions and variants in turn."""
    turn, turns = list(STUDIES).index(setting), len(STUDIES)
    patients = seeded_patients(max(COUNT // 6, 1), f"{SEED}/{setting}")
    names = (*known(), *variants())[turn::turns]
    found = differences(patients, _study(STUDIES[setting]), names)
    assert not found, _told(found)


@pytest.mark.parametrize("settings", [{}, STUDIES["narrow"]], ids=["as_shipped", "narrow"])
def test_fast_and_slow_engine_agree_on_partial_dates(settings):
    """Labels stand where every day of a month or year gives them; the slow engine walks through all days by itself."""
    patients = imprecise_patients(max(COUNT // 60, 1), SEED, most=62 if COUNT <= 900 else 400)
    found = differences(patients, _study(settings), (*known(), *variants())[len(settings)::13])
    assert not found, _told(found)


def test_the_random_patients_meet_every_rule():
    """The agreement is worth something only if every verdict, most reasons and every state occur among the patients."""
    study = _study({})
    verdicts: Counter[tuple[str, str]] = Counter()
    reasons: Counter[str] = Counter()
    states: Counter[str] = Counter()
    rules = tuple(name for name in known() if definition(name).rule_id == name)
    for patient in seeded_patients(500, SEED):
        for outcome in outcomes(patient, study, rules):
            verdicts[outcome.definition, outcome.verdict] += 1
            reasons.update(outcome.reasons)
            states[outcome.confirmation] += 1
            states.update(outcome.flags)
    assert len(verdicts) == 3 * len(rules)
    assert {
        "no_baseline_scan", "no_measurable_disease", "early_dropout_death", "early_dropout_other", "no_post_scan",
        "no_prebaseline_scan", "node_short_axis_missing", "local_therapy", "lesion_set_mismatch", "zero_baseline",
        "zero_prebaseline", "pre_growth_nonpositive", "response_unknown", "ttf_unknown", "finding_unknown",
    } <= set(reasons)
    assert {"confirmed", "refuted", "unresolved", "provisional", "pseudoprogression", "growth_onset"} <= set(states)


def test_every_person_gets_one_label_a_definition():
    """Nobody with a usable dose is dropped, whatever is missing or wrong."""
    patients, study = seeded_patients(300, SEED + 1), _study({})
    _, labels = run(patients, study, known())
    treated = [patient.person_id for patient in patients if outcomes(patient, study, ("saada2017",))]
    assert sorted(labels.labels["person_id"]) == sorted(treated * len(known()))

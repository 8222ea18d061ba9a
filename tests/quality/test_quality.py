"""The rates have both denominators, and the report holds counts alone."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from itertools import chain

import pandas as pd
import pytest
from rich.console import Console, RenderableType

from hpd_etl import criteria, library, quality, summary
from hpd_etl.config import Gate, Study
from hpd_etl.expectations import CheckResult, Outcome
from hpd_etl.schema import CHECKPOINT_COHORT, Labels, Records, Timeline
from hpd_etl.timeline import align

SEED = [("HPD", None, 5), ("NOT_HPD", "post_nonpositive", 4), ("NOT_HPD", None, 16),
        ("NOT_EVALUABLE", "early_dropout_death", 5), ("NOT_EVALUABLE", "early_dropout_progression", 3),
        ("NOT_EVALUABLE", "no_prebaseline_scan", 12)]
"""Verdict, primary reason and number of the 45 patients of Ji 2019."""


def labels_of(groups: list[tuple[str, str | None, int]], definition: str = "ji2019",
              cohort: str = CHECKPOINT_COHORT) -> Labels:
    """Labels with so many persons in each group."""
    people = list(chain.from_iterable([(verdict, reason)] * n for verdict, reason, n in groups))
    return Labels.of({"labels": pd.DataFrame({
        "person_id": [f"person-{position}" for position in range(len(people))],
        "cohort": cohort, "definition_id": definition,
        "verdict": [verdict for verdict, _ in people], "primary_reason": [reason for _, reason in people],
    })})


def report(*, persons: int = 3, rejected: float = 0.0, checks: tuple[CheckResult, ...] = ()) -> quality.QualityReport:
    """A report with these figures and nothing else."""
    nothing = [pd.DataFrame()] * 4
    return quality.QualityReport({CHECKPOINT_COHORT: persons}, {}, rejected, *nothing, checks, *nothing[:2])


def study(**gate: object) -> Study:
    """A study with this gate, which looks at no expectation unless it is told to."""
    return Study(id="s", gate=Gate.model_validate({"expectations": False, **gate}))


def check_result(severity: str, outcome: Outcome) -> CheckResult:
    """One result of a check on lesions."""
    return CheckResult("organs", "lesions", severity, "completeness", outcome, 10, 4, "Because.", "here")


def printed(shown: RenderableType) -> str:
    """What a wide terminal without colours shows."""
    text = StringIO()
    Console(width=200, file=text).print(shown)
    return text.getvalue()


# --- rates ------------------------------------------------------------------------------------


def test_rates_have_both_denominators_and_exact_intervals() -> None:
    """5 of 25 and 5 of 45, with the bounds that tables of Clopper and Pearson's interval print."""
    (row,) = quality.rates(labels_of(SEED)).to_dict("records")
    assert (row["hpd"], row["evaluable"], row["treated"]) == (5, 25, 45)
    assert row["rate_of_evaluable"] == pytest.approx(0.2)
    assert (row["low_of_evaluable"], row["high_of_evaluable"]) == pytest.approx((0.0683, 0.4070), abs=5e-5)
    assert row["rate_of_treated"] == pytest.approx(5 / 45)
    assert (row["low_of_treated"], row["high_of_treated"]) == pytest.approx((0.0371, 0.2405), abs=5e-5)


@pytest.mark.parametrize(("verdict", "low", "high"), [
    ("NOT_HPD", 0.0, 1 - 0.025 ** (1 / 10)),
    ("HPD", 0.025 ** (1 / 10), 1.0),
])
def test_intervals_at_the_ends_are_closed(verdict: str, low: float, high: float) -> None:
    """None of ten and ten of ten have the bounds that can be solved by hand."""
    (row,) = quality.rates(labels_of([(verdict, None, 10)])).to_dict("records")
    assert (row["low_of_evaluable"], row["high_of_evaluable"]) == pytest.approx((low, high), abs=1e-12)


def test_nobody_evaluable_has_no_rate() -> None:
    """A rate over nobody is missing, not zero; over the treated it is zero."""
    (row,) = quality.rates(labels_of([("NOT_EVALUABLE", "no_post_scan", 4)])).to_dict("records")
    assert pd.isna(row["rate_of_evaluable"])
    assert pd.isna(row["high_of_evaluable"])
    assert row["rate_of_treated"] == 0.0


# --- validate ---------------------------------------------------------------------------------


def rejected_timeline() -> Timeline:
    """One person, scanned after the first dose only; of seven source rows two were refused.

    One of the two also stands as a lesion that was not assessed.
    """
    lesions = pd.DataFrame({
        "person_id": "person-4711", "lesion_id": ["a", "a", "b", "c"], "scan_date": "2020-03-01", "role": "target",
        "status": ["measured", "measured", "measured", "not_assessed"],
        "diameter_mm": [31.5, None, 17.25, None], "perpendicular_mm": [None, 20.125, None, None],
        "source_id": [f"measurement:{number}" for number in (11, 12, 13, 14)]})
    rejections = pd.DataFrame({
        "stage": "extract", "table": "lesions", "person_id": "person-4711", "remedy": "mend it",
        "source_id": ["measurement:14", "measurement:15"], "reason": ["unit_missing", "unit_unknown"]})
    dose = pd.DataFrame({"person_id": ["person-4711"], "agent": ["nivolumab"], "kind": ["administration"],
                         "start_date": ["2020-01-15"], "end_date": ["2020-01-15"], "source_id": ["drug_exposure:1"]})
    period = pd.DataFrame({"person_id": ["person-4711"], "start_date": ["2019-01-01"], "end_date": ["2020-12-31"],
                           "source_id": ["observation_period:1"]})
    records = Records.of({"persons": dose[["person_id"]], "doses": dose, "followup": period, "lesions": lesions,
                          "rejections": rejections})
    return align(records, study(), criteria.window_sets(library.chosen(study()), study()))


def test_refused_rows_are_counted_once() -> None:
    """A source row that was refused and left a lesion not assessed is one row of seven, not two of eight."""
    found = quality.validate(rejected_timeline(), library.chosen(study()), study())
    assert found.rejected_fraction == pytest.approx(2 / 7)
    assert found.rejections[["table", "reason", "rows", "persons"]].to_numpy().tolist() == [
        ["lesions", "unit_missing", 1, 1], ["lesions", "unit_unknown", 1, 1]]


def test_report_holds_no_identifier_and_no_value() -> None:
    """What `3-quality.json` and the terminal show are counts and codes, with every expectation run."""
    asked = study(expectations=True)
    found = quality.validate(rejected_timeline(), library.chosen(asked), asked)
    decision = quality.decide(found, asked.gate)
    content = quality.content(found, decision)
    shown = json.dumps(content) + printed(summary.of_report(found, decision))
    assert content["persons"] == {CHECKPOINT_COHORT: 1}
    assert not any(secret in shown for secret in ("4711", "measurement:1", "31.5", "17.25", "20.125"))


def test_checks_that_did_not_pass_are_shown_with_their_reason() -> None:
    """The terminal counts the four results and names what failed or crashed."""
    found = report(checks=(check_result("warning", Outcome.FAILED), check_result("info", Outcome.PASSED)))
    found = replace(found, funnel=quality.funnel(labels_of(SEED)))
    text = printed(summary.of_report(found, quality.decide(found, study().gate)))
    assert "1 passed, 1 failed, 0 not applicable, 0 error" in text
    assert "Because." in text


# --- text -------------------------------------------------------------------------------------


def test_labels_are_shown_definition_by_definition() -> None:
    """Each definition is a line: of what is left after each step, and of the rates; reasons stand once."""
    both = Labels.of({"labels": pd.concat([labels_of(SEED).labels, labels_of(SEED, "kato2017").labels])})
    text = printed(summary.of_labels(both))
    lines = {name: [line.split() for line in text.splitlines() if line.startswith(name)] for name in (
        "ji2019", "kato2017", "no_prebaseline_scan")}
    for name in ("ji2019", "kato2017"):
        funnel, rates = lines[name]
        assert funnel[1:] == ["45", "45", "45", "37", "25", "25", "25", "25"]
        assert " ".join(rates[1:]) == "5 25 45 20.0% (6.8% to 40.7%) 11.1% (3.7% to 24.1%)"
    assert lines["no_prebaseline_scan"] == [["no_prebaseline_scan", "2", "12", "12"]]


def test_fast_progression_has_a_table_of_its_own() -> None:
    """What is no hyperprogression is never read as a rate of it."""
    fast = labels_of(SEED, "auc_fp").labels
    fast["flags"] = "not_hyperprogression;same_day_baseline"
    both = Labels.of({"labels": pd.concat([labels_of(SEED).labels, fast])})
    text = printed(summary.of_labels(both))
    hpd, other = text.index("Hyperprogression, "), text.index("Fast progression, which is no hyperprogression")
    assert hpd < text.rindex("ji2019") < other < text.rindex("auc_fp")

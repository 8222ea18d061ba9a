"""The gate stops what the study forbids, says by whom and why, and decides from the report alone."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from pydantic import ValidationError

from hpd_etl import library, quality
from hpd_etl.config import Gate, Study
from hpd_etl.errors import BudgetError, ConfigurationError, HpdEtlError, QualityGateError
from hpd_etl.expectations import Outcome
from hpd_etl.quality import Effect
from hpd_etl.quality.gate import Finding
from tests.quality.test_quality import SEED, check_result, labels_of, report, study

WHO = {"by": "A. Reviewer", "why": "the protocol says so"}


def suspicion(severity: str, rows: int) -> pd.DataFrame:
    """So many rows of one suspicion."""
    return pd.DataFrame({"suspicion": ["dose_after_death"], "severity": [severity], "rows": [rows], "persons": [1],
                         "why": ["Because."], "remedy": ["mend it"], "reference": ["here"]})


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "asked", "error"), [
    (report(persons=0), study(), QualityGateError),
    (report(persons=9), study(min_persons=10), QualityGateError),
    (report(checks=(check_result("critical", Outcome.FAILED),)), study(), QualityGateError),
    (report(checks=(check_result("critical", Outcome.ERROR),)), study(), QualityGateError),
    (report(rejected=0.11), study(max_rejected_fraction=0.1), BudgetError),
    (replace(report(), suspicions=suspicion("critical", 1)), study(), QualityGateError),
])
def test_the_gate_closes(found: quality.QualityReport, asked: Study, error: type[HpdEtlError]) -> None:
    """Too few persons, a critical check that failed or crashed or suspicion, or too many refused rows stop a run."""
    assert quality.decide(found, asked.gate).exit_code == error.exit_code
    with pytest.raises(error) as raised:
        quality.decide(found, asked.gate).enforce()
    assert raised.value.remedy


@pytest.mark.parametrize(("found", "asked"), [
    (report(persons=10), study(min_persons=10)),
    (report(persons=0), study(min_persons=0)),
    (report(checks=(check_result("critical", Outcome.NOT_APPLICABLE),)), study()),
    (report(checks=(check_result("warning", Outcome.FAILED),)), study()),
    (report(rejected=0.1), study(max_rejected_fraction=0.1)),
    (replace(report(), suspicions=suspicion("critical", 0)), study()),
    (replace(report(), suspicions=suspicion("warning", 5)), study()),
])
def test_the_gate_stays_open(found: quality.QualityReport, asked: Study) -> None:
    """Limits are inclusive; warnings and checks without rows do not stop a run."""
    quality.decide(found, asked.gate).enforce()
    assert quality.decide(found, asked.gate).exit_code == 0


def test_too_many_labels_not_evaluable_is_a_budget() -> None:
    """20 of 45 are over a budget of 40 % and within one of 45 %."""
    labels = labels_of(SEED)
    quality.decide_labels(labels, study(max_not_evaluable_fraction=0.45).gate).enforce()
    with pytest.raises(BudgetError, match=r"44\.4%"):
        quality.decide_labels(labels, study(max_not_evaluable_fraction=0.4).gate).enforce()


def test_a_definition_may_have_a_budget_of_its_own() -> None:
    """20 of 45 under one definition are over its budget, whatever holds for all labels together."""
    quality.decide_labels(labels_of(SEED), study(max_not_evaluable_of={"ji2019": 0.45, "kato2017": 0.0}).gate).enforce()
    with pytest.raises(BudgetError, match=r"max_not_evaluable_of\.ji2019 is 40%, found 44\.4%"):
        quality.decide_labels(labels_of(SEED), study(max_not_evaluable_of={"ji2019": 0.4}).gate).enforce()


def test_a_budget_of_a_definition_that_is_not_used_is_refused() -> None:
    """A misspelt definition would otherwise have no budget, in silence."""
    with pytest.raises(ConfigurationError, match="ji2091"):
        library.chosen(study(max_not_evaluable_of={"ji2091": 0.5}))


def test_what_closes_the_gate_comes_before_a_budget() -> None:
    """Where both fail the exit code is 5, and the message names what closes it."""
    found = report(persons=1, rejected=0.5)
    with pytest.raises(QualityGateError, match="min_persons is 2, found 1"):
        quality.decide(found, study(min_persons=2, max_rejected_fraction=0.1).gate).enforce()


def test_every_limit_is_told_with_who_set_it_and_why() -> None:
    """Passed or not, a limit stands in the report with its value, who set it, why, and what was found."""
    asked = study(min_persons=2, max_rejected_fraction={"value": 0.1, **WHO})
    told = {each["name"]: each for each in quality.decide(report(persons=3, rejected=0.2), asked.gate).content()}
    assert told["gate.max_rejected_fraction"] == {
        "name": "gate.max_rejected_fraction", "effect": "budget", "found": 0.2, "limit": 0.1, **WHO, "passed": False}
    assert told["gate.min_persons"] == {
        "name": "gate.min_persons", "effect": "closes", "found": 3, "limit": 2, "by": None, "why": None, "passed": True}
    assert told["gate.max_not_evaluable_fraction"]["passed"] is None


@pytest.mark.parametrize(("name", "value", "written"), [
    ("gate.max_rejected_fraction", 0.00413304, "0.413%"), ("gate.max_not_evaluable_of.ji2019", 1.0, "100%"),
    ("gate.min_persons", 100_000.0, "100,000"), ("gate.min_persons", None, "-"), ("doses.order", "1 row", "1 row"),
])
def test_what_was_found_is_written_as_people_read_it(name: str, value: float | str | None, written: str) -> None:
    """A fraction stands in percent with three digits, a count whole, and what is not known as a dash."""
    assert Finding(name, Effect.BUDGET, value, 1.0, None, None, None).written(value) == written


def test_many_refused_rows_are_a_warning_whatever_the_budget() -> None:
    """Above a fifth, or what the study says, a run is warned though nothing is forbidden and no expectation asked."""
    def told(rejected: float, **gate: object) -> list[str]:
        decision = quality.decide(report(rejected=rejected), study(expectations=False, **gate).gate)
        assert decision.exit_code == 0
        return [each.name for each in decision.failed(Effect.WARNS)]

    assert told(0.97) == ["gate.warn_rejected_fraction"]
    assert told(0.2) == []
    assert told(0.97, warn_rejected_fraction={"value": 0.98, **WHO}) == []


# --- severities -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["organs", "lesions.organs"])
def test_a_study_may_see_a_check_in_another_way(name: str) -> None:
    """A critical check that the study takes for a warning no longer closes the gate, and the reverse closes it."""
    failed = report(checks=(check_result("critical", Outcome.FAILED),))
    milder = quality.decide(failed, study(checks={name: {"severity": "warning", **WHO}}).gate)
    assert milder.exit_code == 0
    [warning] = milder.failed(Effect.WARNS)
    assert (warning.name, warning.by, warning.why) == ("lesions.organs", *WHO.values())
    passed = report(checks=(check_result("warning", Outcome.FAILED),))
    assert quality.decide(passed, study(checks={name: {"severity": "critical", **WHO}}).gate).exit_code == 5


def test_a_suspicion_may_close_the_gate() -> None:
    """Suspicions warn unless the study says that one is critical."""
    found = replace(report(), suspicions=suspicion("warning", 2))
    assert quality.decide(found, study().gate).exit_code == 0
    asked = study(checks={"dose_after_death": {"severity": "critical", **WHO}})
    assert quality.decide(found, asked.gate).exit_code == 5


def test_a_severity_of_a_check_that_does_not_exist_is_refused() -> None:
    """A misspelt check would otherwise be forgiven in silence; the nearest name is told."""
    with pytest.raises(ConfigurationError, match="organs_are_recordet, did you mean organs_are_recorded"):
        quality.refuse_unknown_checks(study(checks={"organs_are_recordet": {"severity": "info", **WHO}}))
    known = ("organs_are_recorded", "lesions.organs_are_recorded", "dose_after_death")
    quality.refuse_unknown_checks(study(checks={name: {"severity": "info", **WHO} for name in known}))


@pytest.mark.parametrize("wrong", [
    {"max_rejected_fraction": 1.1}, {"max_rejected_fraction": -0.1}, {"max_rejected_fraction": "few"},
    {"max_rejected_fraction": {"value": 0.1}}, {"max_rejected_fraction": {"value": 0.1, "by": "A"}},
    {"max_rejected_fraction": {"value": 0.1, "by": "", "why": "x"}}, {"max_not_evaluable_of": {"ji2019": 2}},
    {"min_persons": -1}, {"min_persons": float("inf")}, {"min_persons": True}, {"min_persons": "20"},
    {"min_persons": {"value": 1, "by": " ", "why": "x"}}, {"checks": {"organs": {"severity": "warning"}}},
    {"checks": {"organs": {"severity": "mild", **WHO}}},
])
def test_a_gate_that_says_less_is_refused(wrong: dict[str, object]) -> None:
    """A limit is a finite number, a fraction at most 1; a table says by whom and why, and so does another severity."""
    with pytest.raises(ValidationError):
        Gate.model_validate(wrong)

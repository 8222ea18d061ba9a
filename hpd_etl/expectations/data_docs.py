"""Great Expectations' own Data Docs, built from results that hold counts only.

What was `not_applicable` has no page entry: Great Expectations knows passed and failed, and checks that crashed. Its
pages ask the web for their styles and scripts, and send it nothing of what they show.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hpd_etl.expectations.engine import muted, new_context
from hpd_etl.expectations.results import CheckResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SITE = "hpd_etl"
_CRASHED = {"raised_exception": True, "exception_traceback": None,
            "exception_message": "a column is missing, or the check crashed"}
_FINE = {"raised_exception": False, "exception_traceback": None, "exception_message": None}


def build(results: Sequence[CheckResult], suites: Sequence[Mapping[str, Any]], folder: Path, run_id: str,
          started: str) -> None:
    """Write the pages of these results into the folder, readable by its owner only; `index.html` is the first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = {(result.table, result.check): result for result in results}
    with muted():
        context = new_context()
        for suite in suites:
            told = [_told(entry, found[suite["name"], entry["meta"]["check"]]) for entry in suite["expectations"]]
            _keep(context, suite, [each for each in told if each is not None], run_id, started)
        context.add_data_docs_site(site_name=_SITE, site_config={
            "class_name": "SiteBuilder", "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        })
        context.build_data_docs(site_names=[_SITE])


def _told(entry: Mapping[str, Any], found: CheckResult) -> Any:
    """The result as Great Expectations has it, with nothing but counts; None where there was nothing to look at."""
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    if found.outcome is Outcome.NOT_APPLICABLE:
        return None
    counts: dict[str, Any] = {}
    if found.rows:
        counts = {"element_count": found.rows, "unexpected_count": found.unexpected,
                  "unexpected_percent": 100 * (found.unexpected or 0) / found.rows}
    expected = ExpectationConfiguration(type=entry["type"], kwargs=dict(entry["kwargs"]), severity=found.severity,
                                        meta=dict(entry["meta"]))
    crashed = found.outcome is Outcome.ERROR
    return ExpectationValidationResult(success=found.outcome is Outcome.PASSED, expectation_config=expected,
                                       result=counts, meta={}, exception_info=_CRASHED if crashed else _FINE)


def _keep(context: Any, suite: Mapping[str, Any], told: Sequence[Any], run_id: str, started: str) -> None:
    import great_expectations
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    passed = sum(bool(each.success) for each in told)
    noted = [{**entry, "notes": f"{entry['meta']['check']}: {entry['meta']['why']}"} for entry in suite["expectations"]]
    context.suites.add(great_expectations.ExpectationSuite(name=suite["name"], expectations=noted))
    result = ExpectationSuiteValidationResult(
        success=passed == len(told), results=list(told), suite_name=suite["name"],
        statistics={"evaluated_expectations": len(told), "successful_expectations": passed,
                    "unsuccessful_expectations": len(told) - passed,
                    "success_percent": 100 * passed / len(told) if told else None},
        meta={"great_expectations_version": great_expectations.__version__, "active_batch_definition": {},
              "run_id": {"run_name": run_id, "run_time": started}, "validation_time": started},
    )
    key = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(suite["name"]), batch_identifier=suite["name"],
        run_id=RunIdentifier(run_name=run_id, run_time=datetime.fromisoformat(started)))
    context.validation_results_store.set(key, result)

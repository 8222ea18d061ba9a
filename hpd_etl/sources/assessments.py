"""Recorded sums, responses and findings as rows of Records, once a source has said what each of its rows tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.grouping import Bools, Floats, Ints, category, floats, named, strings
from hpd_etl.schema import FINDINGS, RESPONSES, TUMOUR_SUMS
from hpd_etl.sources.sizes import PROBLEMS, Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hpd_etl.sources.columns import Rows, Text
    from hpd_etl.sources.ledger import Ledger


def sum_rows(rows: Rows, date: str, kind: Ints, sizes: Sizes, ledger: Ledger) -> pd.DataFrame:
    """Recorded sums; `kind` is a position among those of `tumour_sums`, a status is no sum."""
    undated = ~rows.present(date)
    textual = ~undated & np.isnan(sizes.value) & (sizes.problem < 0)
    problem = np.where(textual, PROBLEMS.index("no_value"), sizes.problem)
    refusals = [(undated, "no_date")]
    refusals += [((problem == position) & ~undated, reason) for position, reason in enumerate(PROBLEMS)]
    kept = _kept("tumour_sums", rows, refusals, ledger)
    rows = rows.take(kept)
    return TUMOUR_SUMS.frame({
        "person_id": rows.persons(), "scan_date": rows.dates(date), **rows.precision(),
        "kind": category(kind[kept], TUMOUR_SUMS["kind"].values), "value": floats(sizes.value[kept]),
        "source_id": rows.source_ids(),
    })


def response_rows(rows: Rows, date: str, response: Ints, framework: Ints, scope: Ints,
                  ledger: Ledger) -> pd.DataFrame:
    """Recorded responses, as positions among the values of each column; -1 is not known."""
    undated = ~rows.present(date)
    unknown = (response < 0) & ~undated
    foreign = (framework < 0) & ~unknown & ~undated
    kept = _kept("responses", rows, [
        (undated, "no_date"), (unknown, "response_unknown"), (foreign, "framework_unknown")], ledger)
    rows = rows.take(kept)
    return RESPONSES.frame({
        "person_id": rows.persons(), "assessed_on": rows.dates(date), **rows.precision(),
        "framework": category(framework[kept], RESPONSES["framework"].values),
        "scope": category(scope[kept], RESPONSES["scope"].values),
        "response": category(response[kept], RESPONSES["response"].values), "source_id": rows.source_ids(),
    })


def finding_rows(rows: Rows, date: str, finding: Sequence[str], meaning: Ints, number: Floats, code: Text,
                 ledger: Ledger) -> pd.DataFrame:
    """Findings that were tested for; `meaning` is a position in `finding`. ECOG is a whole number from 0 to 5."""
    undated = ~rows.present(date)
    is_ecog = np.array([name == "ecog" for name in finding] or [False], dtype=np.bool_)[meaning]
    told = np.asarray(pc.is_valid(code).to_numpy(zero_copy_only=False), dtype=np.bool_) | ~np.isnan(number)
    with np.errstate(invalid="ignore"):
        wrong = is_ecog & ~np.isnan(number) & ((number < 0) | (number > 5) | (number != np.floor(number)))
    empty = np.where(is_ecog, np.isnan(number), ~told)
    kept = _kept("findings", rows, [
        (undated, "no_date"), (wrong & ~undated, "value_out_of_range"), (empty & ~undated & ~wrong, "no_value"),
    ], ledger)
    rows = rows.take(kept)
    no_code = pa.array(is_ecog[kept])
    return FINDINGS.frame({
        "person_id": rows.persons(), "finding": named(meaning[kept], finding), "assessed_on": rows.dates(date),
        **rows.precision(), "value_number": floats(number[kept]),
        "value_code": strings(pc.if_else(no_code, None, code.filter(pa.array(kept)))),
        "source_id": rows.source_ids(),
    })


def _kept(table: str, rows: Rows, refusals: Sequence[tuple[Bools, str]], ledger: Ledger) -> Bools:
    """Which rows none of these reasons refuses; both are told to the ledger."""
    kept = np.ones(len(rows), dtype=np.bool_)
    for refused, reason in refusals:
        ledger.refuse(table, rows, refused, reason)
        kept &= ~refused
    ledger.keep(rows, kept)
    return kept

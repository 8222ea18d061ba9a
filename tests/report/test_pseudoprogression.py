"""What the next scan said is told as the labels have it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl import criteria, library
from hpd_etl.criteria.variants import possible
from hpd_etl.report.drawing.outcomes import outcome_chart
from hpd_etl.report.sections import pseudoprogression
from tests.report import drawings

if TYPE_CHECKING:
    from hpd_etl.report.facts import Facts


def test_outcomes_are_those_of_the_labels(facts: Facts):
    """Under each definition as a loop counts them: HPD by state, and flagged labels by verdict."""
    found: Counter[tuple[str, str]] = Counter()
    for row in facts.labels.labels.itertuples():
        if row.cohort == facts.cohort:
            found[row.definition_id, row.verdict.lower()] += 1
            found[row.definition_id, row.confirmation] += row.verdict == "HPD"
            flagged = not pd.isna(row.flags) and "pseudoprogression" in row.flags.split(";")
            found[row.definition_id, f"refuted_{row.verdict.lower()}"] += flagged
    frame = pseudoprogression.outcomes(facts)
    columns = ["hpd", "not_hpd", "not_evaluable", "not_applicable", "provisional", "confirmed", "refuted", "unresolved",
               "refuted_not_hpd", "refuted_not_evaluable"]
    for row in frame.to_dict("records"):
        name = row["definition_id"]
        assert {column: row[column] for column in columns} == {column: found[name, column] for column in columns}
        assert row["refuted"] == found[name, "refuted_hpd"]
        assert row["hpd"] == sum(row[state] for state in columns[3:8])
    assert frame["definition_id"].tolist() == [each.id for each in facts.definitions]
    assert frame[["refuted", "confirmed"]].sum().min() > 0
    assert frame["refuted_not_hpd"].sum() > 0


def test_who_waits_is_judged_as_the_variant_judges(facts: Facts):
    """The rate of those who wait is that of the labels under the variant that waits, definition by definition."""
    base = {f"{each.id}_confirmed": each.id for each in facts.definitions if "confirmed" in possible(each)}
    variants = [library.named(name, library.everything(None)) for name in base]
    labels = criteria.label(facts.timeline, variants, facts.study).labels
    told, compared = pseudoprogression.outcomes(facts).set_index("definition_id")["rate_confirmed"], 0
    for name, own in labels[labels["cohort"] == facts.cohort].groupby("definition_id", observed=True):
        hpd, not_hpd = (int((own["verdict"] == verdict).sum()) for verdict in ("HPD", "NOT_HPD"))
        found = told[base[str(name)]]
        assert pd.isna(found) if hpd + not_hpd == 0 else found == pytest.approx(hpd / (hpd + not_hpd)), name
        compared += hpd > 0
    assert compared >= 2  # others have nobody who was confirmed


def test_bars_are_stacked_by_state():
    """In the order of the legend; without what nobody has and what may not be shown."""
    frame = pd.DataFrame({"definition_id": ["a", "b"], "confirmed": [4, 0], "refuted": [None, 7], "provisional": [3, 0],
                          "unresolved": [0, 0], "not_applicable": [1, 1200]}, dtype=object)
    frame = frame.astype(dict.fromkeys(frame.columns[1:], "Int64"))
    drawing = drawings.of(drawings.figure(outcome_chart, frame))
    assert sorted(drawings.said(drawing)) == [
        "a: 1 HPD, nothing to confirm", "a: 3 HPD, to come", "a: 4 HPD, confirmed", "b: 1,200 HPD, nothing to confirm",
        "b: 7 HPD, refuted"]

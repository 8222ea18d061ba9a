"""Curves of survival show the rows that they are given, and only what may be shown."""

from __future__ import annotations

import pandas as pd

from hpd_etl.report.drawing.curves import survival_chart
from tests.report import drawings

COLUMNS = ["group", "month", "survival", "low", "high", "at_risk", "events", "censored"]
ROWS = pd.DataFrame([
    ("HPD", 0, 1.0, 1.0, 1.0, 12, 0, 0), ("HPD", 1, 0.75, 0.4, 0.9, 9, 3, 0), ("HPD", 2, 0.5, 0.2, 0.7, None, 3, 3),
    ("not HPD", 0, 1.0, 1.0, 1.0, 1200, 0, 0), ("not HPD", 1, 0.9, 0.8, 0.95, 1000, 120, 80),
    ("not HPD", 2, None, None, None, 7, 0, 0),
], columns=COLUMNS).astype({"survival": "Float64", "low": "Float64", "high": "Float64", "at_risk": "Int64"})


def test_each_month_of_each_curve_is_told():
    """Estimate, interval and numbers at risk as given; a hidden number is told as such, a hidden estimate is none."""
    assert drawings.said(drawings.of(drawings.figure(survival_chart, ROWS))) == [
        "HPD, month 0: 100 % (95 % interval 100 % to 100 %), 12 at risk",
        "HPD, month 1: 75 % (95 % interval 40 % to 90 %), 9 at risk",
        "HPD, month 2: 50 % (95 % interval 20 % to 70 %), hidden at risk",
        "not HPD, month 0: 100 % (95 % interval 100 % to 100 %), 1,200 at risk",
        "not HPD, month 1: 90 % (95 % interval 80 % to 95 %), 1,000 at risk",
    ]


def test_numbers_at_risk_stand_below():
    """For the months of the axis, a row a group."""
    words = drawings.written(drawings.of(drawings.figure(survival_chart, ROWS)))
    assert words[words.index("At risk") - 6 : words.index("At risk")] == ["12", "9", "hidden", "1,200", "1,000", "7"]


def test_a_long_course_is_told_at_few_times():
    """Ten years by months are 121 rows; they are told by half a year."""
    rows = pd.DataFrame([("HPD", month, 1 - month / 200, 0.1, 1.0, 500 - month, 1, 0) for month in range(121)],
                        columns=COLUMNS)
    told = drawings.said(drawings.of(drawings.figure(survival_chart, rows)))
    assert [line.split(":")[0] for line in told] == [f"HPD, month {month}" for month in range(0, 121, 6)]

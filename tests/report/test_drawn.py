"""What sections show can be drawn, also where counts may not be shown."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from hpd_etl.report.content import Figure
from hpd_etl.report.drawing.svg import drawn
from hpd_etl.report.sections import courses, growth


@pytest.fixture(scope="module")
def figures(facts):
    """Every figure of growth and courses for one definition, those of patients and those of counts."""
    one = replace(facts, definitions=tuple(each for each in facts.definitions if each.id == "saada2017"))
    found = []
    for most in (1000, 0):
        with pytest.MonkeyPatch.context() as patch:
            for module in (growth, courses):
                patch.setattr(module, "MOST_PATIENTS", most)
                found += [part for part in module.section(one).parts if isinstance(part, Figure)]
    return {figure.key.removesuffix("-saada2017"): figure for figure in found}


@pytest.mark.parametrize(("key", "least"), [
    ("growth-zones", 7), ("growth-patients", 200), ("growth-plane", 5), ("burden", 9), ("burden-patients", 80),
    ("changes", 12), ("change-by-month", 6), ("waterfall", 250), ("spider", 250),
    ("swimmer", 390),
])
def test_every_row_is_drawn(figures, key, least):
    """A figure is SVG that says what each of its marks is; nothing in it is fetched, and no value is not a number."""
    figure = figures[key]
    inline = drawn(figure, figure.frame).inline
    assert len(re.findall("aria-label=", inline)) >= least
    words = set(re.findall(">([^<>]+)</text>", inline))
    assert key == "burden-patients" or {"HPD", "not HPD", "not evaluable"} <= words
    assert not re.search(r"NaN|Infinity|<image|https?:", inline)


COUNTS = ("growth-zones", "growth-plane", "burden", "changes", "change-by-month")


@pytest.mark.parametrize("key", COUNTS)
@pytest.mark.parametrize("hidden", [0.5, 1.0])
def test_hidden_counts_are_no_obstacle(figures, key, hidden):
    """Where half of the counts, or all, may not be shown, the figure is drawn without them."""
    figure = figures[key]
    frame = figure.frame.copy()
    rows = frame.index[: round(hidden * len(frame))]
    for name in (*figure.counts, *figure.derived):
        frame.loc[rows, name] = pd.NA
    inline = drawn(figure, frame).inline
    assert not re.search(r"NaN|Infinity|null|undefined", inline)
    assert inline != drawn(figure, figure.frame).inline

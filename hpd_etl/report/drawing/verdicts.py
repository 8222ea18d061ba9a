"""How a chart tells verdicts apart: by colour, and by shape or dash for whoever sees no colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hpd_etl.report.drawing.theme import VERDICT_COLOURS, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import altair as alt
    import pandas as pd

ORDER: Final = list(VERDICTS.values())
"""The order of every legend."""
_SHAPES: Final = ["triangle-up", "circle", "square"]
_DASHES: Final = [[1, 0], [6, 3], [2, 2]]


def by_colour() -> alt.Color:
    """Colour of the column `verdict`."""
    import altair as alt

    return alt.Color("verdict:N", scale=alt.Scale(domain=ORDER, range=list(VERDICT_COLOURS)), title=None)


def by_shape() -> alt.Shape:
    """Shape of a point, from the column `verdict`."""
    import altair as alt

    return alt.Shape("verdict:N", scale=alt.Scale(domain=ORDER, range=_SHAPES), title=None)


def by_dash() -> alt.StrokeDash:
    """Dash of a line, from the column `verdict`."""
    import altair as alt

    return alt.StrokeDash("verdict:N", scale=alt.Scale(domain=ORDER, range=_DASHES), title=None)



def told(frame: pd.DataFrame, when: Iterable[str]) -> list[str]:
    """The median and quartiles of each row in words, for whoever points at its mark or has it read aloud."""
    return [f"{verdict}, {at}: median {median:.0f} %, quartiles {lower:.0f} to {upper:.0f} %"
            for verdict, at, lower, median, upper in zip(
                frame["verdict"], when, frame["lower_pct"], frame["median_pct"], frame["upper_pct"], strict=True)]

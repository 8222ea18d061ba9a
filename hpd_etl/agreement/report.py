"""What `agreement` shows: kappa and Jaccard in colours, who disagrees most, and how many label how many persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType

    from hpd_etl.grouping import Floats
    from hpd_etl.schema import Agreement

_BANDS = ((0.2, "on color(167)"), (0.4, "on color(173)"), (0.6, "on color(179)"), (0.8, "on color(143)"),
          (1.01, "on color(107)"))
_SHOWN_PAIRS, _SHOWN_SETS = 10, 12


def shown(found: Agreement) -> RenderableType:
    """The agreement of every cohort."""
    cohorts = sorted(found.agreement_rates["cohort"].unique())
    return Group(*(part for cohort in cohorts for part in _cohort(found, cohort)))


def _cohort(found: Agreement, cohort: str) -> Iterator[RenderableType]:
    pairs, counts, sets = (frame[frame["cohort"] == cohort].reset_index(drop=True)
                           for frame in (found.pairs, found.labelled_counts, found.overlaps))
    among, apart = (pairs[pairs["both_hyperprogression"] == is_among] for is_among in (True, False))
    yield Text(f"\n{cohort}", style="bold reverse")
    if len(among):
        yield Matrix.of(among)
        yield from _disagreements(among, "Most persons whom one definition alone calls HPD")
    if len(apart):
        yield from _disagreements(apart, "Beside definitions that are not of hyperprogression")
    yield _titled("Who is HPD by how many definitions of hyperprogression")
    yield _counts(counts)
    yield _titled(f"Exact combinations: {len(sets):,}; shown are at most {_SHOWN_SETS}, the most frequent first")
    yield _sets(sets)


def _titled(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


@dataclass(frozen=True)
class Matrix:
    """Kappa above and Jaccard below the diagonal, in hundredths; as many columns abreast as there is room for."""

    rules: Sequence[str]
    values: Floats

    @classmethod
    def of(cls, pairs: pd.DataFrame) -> Matrix:
        """The matrix of these pairs of rules."""
        rules = list(dict.fromkeys([*pairs["first"], *pairs["second"]]))
        values = np.full((len(rules), len(rules)), np.nan)
        first, second = (pd.Index(rules).get_indexer(pairs[name].astype(object)) for name in ("first", "second"))
        values[first, second] = pairs["kappa"].to_numpy(np.float64, na_value=np.nan)
        values[second, first] = pairs["jaccard"].to_numpy(np.float64, na_value=np.nan)
        return cls(rules, values)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield _titled("Cohen's kappa above the diagonal, Jaccard below, in hundredths; of persons evaluable by both")
        wide = max(len(rule) for rule in self.rules)
        room = max((options.max_width - wide - 4) // 4, 1)
        for start in range(0, len(self.rules), room):
            columns = range(start, min(start + room, len(self.rules)))
            yield Text(" " * (wide + 4) + "".join(f"{column + 1:4d}" for column in columns), style="dim",
                       no_wrap=True)
            for place, rule in enumerate(self.rules):
                line = Text(f"{place + 1:3d} {rule:<{wide}}", no_wrap=True)
                for column in columns:
                    line.append_text(self._cell(place, column))
                yield line
        legend = Text("   ")
        for high, style in _BANDS:
            legend.append(f" below {high:.1f} " if high < 1 else " from 0.8 ", style=f"black {style}")
        yield legend.append("   1.0: the same on everybody;  -: undefined, the reason stands in pairs.csv")

    def _cell(self, row: int, column: int) -> Text:
        value = self.values[row, column]
        if row == column:
            return Text("   ·", style="dim")
        if np.isnan(value):
            return Text("   -", style="dim")
        style = next(style for high, style in _BANDS if value < high)
        written = " 1.0" if value == 1 else f"{min(round(100 * value), 99):4d}"
        return Text(written, style=f"black {style}")


def _disagreements(pairs: pd.DataFrame, title: str) -> Iterator[RenderableType]:
    yield _titled(title)
    alone = (pairs["first_hpd_only"] + pairs["second_hpd_only"]).to_numpy(np.int64)
    shown = pairs.iloc[np.argsort(-alone, kind="stable")[: min(_SHOWN_PAIRS, np.count_nonzero(alone))]]
    if shown.empty:
        yield "nobody: where both can say, they say the same"
        return
    table = Table("definitions", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.columns[0].no_wrap = True
    for name in ("HPD alone", "HPD by both", "both evaluable", "positive agreement", "Jaccard", "kappa"):
        table.add_column(name, justify="right", overflow="fold")
    for row in shown.to_dict("records"):
        table.add_row(
            f"{row['first']}\n{row['second']}", f"{row['first_hpd_only']:,}\n{row['second_hpd_only']:,}",
            *(f"{row[name]:,}" for name in ("both_hpd", "n_both")),
            *(_estimate(row, name) for name in ("positive_agreement", "jaccard", "kappa")))
    yield table
    if shown["small"].any():
        yield Text("* kappa's interval is rough: fewer than 30 evaluable by both, or fewer than 5 HPD or not by one",
                   style="dim italic")


def _estimate(row: Mapping[Hashable, Any], name: str) -> str:
    value, low, high = (row[f"{name}{bound}"] for bound in ("", "_low", "_high"))
    if pd.isna(value):
        return "-"
    mark = "*" if name == "kappa" and row["small"] else ""
    return f"{value:.2f}{mark}" if pd.isna(low) else f"{value:.2f} ({low:.2f} to {high:.2f}){mark}"


def _counts(counts: pd.DataFrame) -> Table:
    table = Table("HPD by", box=None, pad_edge=False)
    for name in ("persons", "evaluable by", "on average"):
        table.add_column(name, justify="right")
    for k, own in counts.groupby("n_hpd", sort=True):
        persons, of = own["persons"].to_numpy(np.int64), own["n_evaluable"].to_numpy(np.int64)
        spread = f"{of.min()}" if of.min() == of.max() else f"{of.min()} to {of.max()}"
        table.add_row(f"{k}", f"{persons.sum():,}", spread, f"{(of * persons).sum() / persons.sum():.1f}")
    return table


def _sets(sets: pd.DataFrame) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("persons", "evaluable\nby all", "rules"):
        table.add_column(name, justify="right")
    table.add_column("HPD by exactly", overflow="fold")
    for row in sets.head(_SHOWN_SETS).to_dict("records"):
        names = "none" if pd.isna(row["definitions"]) else row["definitions"].replace(";", " ")
        table.add_row(f"{row['persons']:,}", f"{row['persons_evaluable_by_all']:,}", f"{row['n_hpd']}", names)
    return table

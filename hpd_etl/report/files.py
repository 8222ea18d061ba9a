"""The report as files: the page, each figure as SVG, PNG and CSV, each table as CSV, LaTeX and HTML for Word.

In a file stands what the page shows: what is hidden there is `hidden` here. LaTeX and HTML for Word are written here
and not by pandas, which knows no rows with a common head and would print other texts than those of the page.
"""

from __future__ import annotations

import csv
from html import escape
from typing import TYPE_CHECKING, Any, Final

from hpd_etl.reasoning import absent
from hpd_etl.report.content import HIDDEN, Figure, Rows
from hpd_etl.report.page import page
from hpd_etl.report.shown import shown
from hpd_etl.schema import INTENDED_USE
from hpd_etl.vega import renderer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from hpd_etl.report.content import Part, Report
    from hpd_etl.report.shown import Shown
    from hpd_etl.report.tables import Table

PAGE: Final = "report.html"
_LATEX: Final = str.maketrans({
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "<": r"\textless{}", ">": r"\textgreater{}", "≥": r"$\geq$", "≤": r"$\leq$"})
_CELL: Final = "border:1px solid #000;padding:2pt 4pt;text-align:"


def write(report: Report, folder: Path) -> None:
    """The report in this folder, which is there and empty."""
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    figures = sum(isinstance(part, Figure) for section in report.sections for part in section.parts)
    with renderer(figures) as drawer:
        sections = shown(report, drawer)
        parts = [each for _, own in sections for each in own]
        pixels = {each.part.key: each.drawing.png(drawer) for each in parts if each.drawing}
        (folder / PAGE).write_text(page(report, sections), "utf-8")
        (folder / "README.txt").write_text(_read_first(report), "utf-8")
        for each in parts:
            _drawn_or_listed(each, folder)
        for key, made in pixels.items():
            (folder / "figures" / f"{key}.png").write_bytes(made.result())


def _read_first(report: Report) -> str:
    told = ("It holds patient data under pseudonyms and counts of few persons: local only, not for passing on."
            if report.patients else "It holds aggregates only; what is hidden is written `hidden`.")
    return f"{INTENDED_USE}.\n\nMade by hpd-etl of run {report.about['run']}. {told}\n"


def _drawn_or_listed(each: Shown, folder: Path) -> None:
    texts = {}
    if each.drawing:
        texts, folder = {"svg": each.drawing.standalone()}, folder / "figures"
    elif each.table:
        texts = {"tex": latex(each.part, each.table), "html": word(each.part, each.table)}
        folder = folder / "tables"
    for kind, text in texts.items():
        (folder / f"{each.part.key}.{kind}").write_text(text, "utf-8")
    _rows(each, folder)


def _rows(each: Shown, folder: Path) -> None:
    """The values as they are, not as they are printed."""
    if not isinstance(each.part, Rows) or each.frame is None:
        return
    with (folder / f"{each.part.key}.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(each.frame.columns)
        lines.writerows(zip(*(_values(each.part.frame[name], each.frame[name]) for name in each.frame), strict=True))


def _values(there: pd.Series[Any], shown: pd.Series[Any]) -> list[object]:
    """The values of a column; nothing for what is missing."""
    return [value if not absent(value) else "" if absent(true) else HIDDEN
            for true, value in zip(there.tolist(), shown.tolist(), strict=True)]


# --- tables for manuscripts -------------------------------------------------------------------


def latex(part: Part, table: Table) -> str:
    """The table for a document that uses the package booktabs."""
    kinds = "".join("r" if column.kind == "n" else "l" for column in table.columns)
    lines = [f"% {part.title}; needs \\usepackage{{booktabs}}", f"\\begin{{tabular}}{{{kinds}}}", "\\toprule",
             _latex_row(column.label for column in table.columns), "\\midrule"]
    for head, rows in table.groups:
        if head is not None:
            lines.append(f"\\multicolumn{{{len(kinds)}}}{{l}}{{\\textbf{{{head.translate(_LATEX)}}}}} \\\\")
        lines += map(_latex_row, rows)
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", *(f"% {note}" for note in part.notes), ""])


def _latex_row(cells: Iterable[str | None]) -> str:
    return " & ".join((HIDDEN if cell is None else cell).translate(_LATEX) for cell in cells) + " \\\\"


def word(part: Part, table: Table) -> str:
    """The table as HTML that a word processor opens: no style sheet, borders in the cells."""
    head, lines = _word_row((column.label for column in table.columns), table, "th"), []
    for group, rows in table.groups:
        if group is not None:
            wide = f'colspan="{len(table.columns)}" style="{_CELL}left"'
            lines.append(f"<tr><td {wide}><b>{escape(group)}</b></td></tr>\n")
        lines += [_word_row(row, table, "td") for row in rows]
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in part.notes)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(part.title)}</title></head>'
            f'<body>\n<p><b>{escape(part.title)}</b></p>\n<table style="border-collapse:collapse">\n'
            f"<thead>{head}</thead>\n<tbody>\n{''.join(lines)}</tbody>\n</table>\n{notes}</body></html>\n")


def _word_row(cells: Iterable[str | None], table: Table, tag: str) -> str:
    told = (f'<{tag} style="{_CELL}{"right" if column.kind == "n" else "left"}">'
            f"{escape(HIDDEN if cell is None else cell)}</{tag}>"
            for cell, column in zip(cells, table.columns, strict=True))
    return f"<tr>{''.join(told)}</tr>\n"

"""The report as one page that needs nothing else: figures within it, a small script, no network.

Without its script everything can be read; with it one definition is shown at a time, marks say what they are, and
tables can be sorted.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from hpd_etl import templates
from hpd_etl.pages import rendered
from hpd_etl.report.content import HIDDEN
from hpd_etl.report.drawing.theme import DARK, PALETTE
from hpd_etl.schema import INTENDED_USE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.report.content import Method, Report, Section
    from hpd_etl.report.shown import Shown

_SCRIPT = "report.js"


def page(report: Report, sections: Sequence[tuple[Section, Sequence[Shown]]]) -> str:
    """The page as HTML; `sections` are those of the report, shown."""
    script = (Path(templates.__file__).parent / _SCRIPT).read_text("utf-8")
    parts = [each.part for _, own in sections for each in own]
    return rendered(
        "report.html", report=report, about=report.about, definitions=report.about["definitions"],
        by=report.about["min_cell"].by, why=report.about["min_cell"].why, sections=sections,
        cohorts=list(dict.fromkeys(part.cohort for part in parts if part.cohort)), methods=methods(report),
        palette=PALETTE, dark=DARK, intended_use=INTENDED_USE, hidden=HIDDEN,
        script=Markup(script),  # noqa: S704 - our own file
        script_hash=_hash(script))


def methods(report: Report) -> list[Method]:
    """Every method of the report once, in the order of first use."""
    found: dict[str, Method] = {}
    for section in report.sections:
        for part in section.parts:
            for method in part.methods:
                found.setdefault(method.key, method)
    return list(found.values())


def _hash(script: str) -> str:
    """By which the page's policy knows its own script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"

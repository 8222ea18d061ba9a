"""The sections of the report, a module each: from the facts to tables, figures and texts, and nothing else.

What several of them need of the same people stands beside this folder: `people`, `change`, `compared`, `by_verdict`.
A new section is a module with a function `section`, a line below, and a file of tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hpd_etl.report.sections import (
    agreeing,
    courses,
    flow,
    fragile,
    growth,
    narratives,
    pseudoprogression,
    rates,
    risk,
    survival,
    table1,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpd_etl.report.content import Section
    from hpd_etl.report.facts import Facts

SECTIONS: Final[tuple[Callable[[Facts], Section], ...]] = (
    flow.section,
    rates.section,
    agreeing.section,
    pseudoprogression.section,
    fragile.section,
    table1.section,
    growth.section,
    courses.section,
    survival.section,
    risk.section,
)
"""What is told, in the order of reading."""
OF_PATIENTS: Final = (narratives.section,)
"""What follows where single patients are shown."""

"""Labels written as a table: a person a row, a definition a column; + HPD, - not, . not evaluable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from hpd_etl import agreement, library
from hpd_etl.schema import LABELS, Agreement, Labels

if TYPE_CHECKING:
    from hpd_etl.criteria.definition import Definition

_VERDICTS = {"+": "HPD", "-": "NOT_HPD", ".": "NOT_EVALUABLE"}


def definition(name: str, *, rule: str | None = None, hpd: bool = True) -> Definition:
    """A definition of this id; what its rule says does not matter here."""
    shipped = next(iter(library.everything(None).values()))
    return replace(shipped, id=name, rule_id=rule or name, hpd=hpd)


def labels(table: str, cohort: str = "checkpoint_inhibitor") -> Labels:
    """The labels in this table; a row may name how many persons are alike (`3x + - .`)."""
    [header, *lines] = [line.split() for line in table.strip().splitlines()]
    rows, person = [], 0
    for line in lines:
        times = int(line[0].removesuffix("x")) if line[0].endswith("x") else 1
        for _ in range(times):
            person += 1
            rows += [{"person_id": f"{cohort}-{person}", "cohort": cohort, "definition_id": name,
                      "verdict": _VERDICTS[said]} for name, said in zip(header, line[-len(header):], strict=True)]
    return Labels.of({"labels": LABELS.frame(pd.DataFrame(rows))})


def compared(table: str, *definitions: Definition) -> Agreement:
    """The agreement of the definitions of this table, which are plain ones unless given."""
    names = table.strip().splitlines()[0].split()
    return agreement.compare(labels(table), definitions or tuple(definition(name) for name in names))


def pair(found: Agreement, first: str = "a", second: str = "b") -> dict[str, object]:
    """The row of two rules."""
    pairs = found.pairs
    [row] = pairs[(pairs["first"] == first) & (pairs["second"] == second)].to_dict("records")
    return row


def fourfold(both: int, first: int, second: int, neither: int) -> dict[str, object]:
    """The row of two rules with these persons in the fourfold table."""
    counts = {"+ +": both, "+ -": first, "- +": second, "- -": neither}
    return pair(compared("a b\n" + "\n".join(f"{n}x {cell}" for cell, n in counts.items())))

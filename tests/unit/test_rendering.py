"""Tables fit the terminal and lose no letter of what they tell."""

from __future__ import annotations

from io import StringIO

import pandas as pd
from rich.console import Console

from hpd_etl.agreement import report
from hpd_etl.rendering import counted, facts, table


def written(shown, width=80):
    """What stands on a terminal of so many columns."""
    console = Console(file=StringIO(), width=width)
    console.print(shown)
    return console.file.getvalue()


def test_a_word_too_long_for_its_column_goes_on_in_the_next_line():
    """Nothing ends in dots: a name that is cut names nothing."""
    made = table("", "first", "second")
    made.add_row("a" * 70, "b" * 70)
    numbers = counted("", "definition", numbers=[f"evaluable_{n}" for n in range(12)])
    numbers.add_row("djunadi2024_champiat", *("1,234,567" for _ in range(12)))
    for shown in (made, numbers, facts("", {"sha256": "c" * 90})):
        text = written(shown)
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= 80
    assert written(made).count("a") == 70


def test_pairs_are_shown_by_name_and_only_where_one_alone_calls_somebody_hpd():
    """Beside the names stands how many each calls HPD alone; who never differ are not among those who differ most."""
    pair = {"second": "b" * 20, "n_both": 30, "both_hpd": 9, "first_hpd_only": 1, "second_hpd_only": 0, "small": False}
    for name in ("positive_agreement", "jaccard", "kappa"):
        pair |= {name: 0.5, f"{name}_low": 0.25, f"{name}_high": 0.75}
    agreed = pair | {"first": "same", "first_hpd_only": 0}
    shown = "".join(written(each) for each in report._disagreements(pd.DataFrame([pair | {"first": "a" * 20}, agreed]),
                                                                    "pairs"))
    assert [word in shown for word in ("a" * 20, "b" * 20, "same", "…")] == [True, True, False, False]
    assert "nobody" in "".join(written(each) for each in report._disagreements(pd.DataFrame([agreed]), "pairs"))

"""Who is HPD by how many definitions, by which, and in which cohort."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

from hpd_etl import agreement
from hpd_etl.agreement import report
from hpd_etl.schema import Labels
from tests.agreement.given import compared, definition, labels

WARD = """a b c
    2x + + -
    + + .
    3x - - -
    . . .
    - . +"""


def test_everybody_is_counted_by_k_of_m():
    """Of eight persons two are HPD by 2 of 3, one by 2 of 2, one by 1 of 2, three by none of 3, one by none of none."""
    counts = compared(WARD).labelled_counts
    told = {(k, m): n for _, k, m, n in counts.itertuples(index=False)}
    assert told == {(2, 3): 2, (2, 2): 1, (1, 2): 1, (0, 3): 3, (0, 0): 1}
    assert counts["persons"].sum() == 8


def test_exact_combinations_add_up_to_all():
    """Each person is in one combination; what some could not judge is told beside it."""
    sets = compared(WARD).overlaps
    told = {(None if pd.isna(names) else names): (k, n, full) for _, names, k, n, full in sets.itertuples(index=False)}
    assert told == {None: (0, 4, 3), "a;b": (2, 3, 2), "c": (1, 1, 0)}
    assert sets["persons"].sum() == 8


def test_a_rule_that_judges_nobody_does_not_hide_that_the_others_judged_all():
    """Where one rule can judge nobody, a combination is complete when all the others could judge."""
    sets = compared("a b c\n+ - .\n- - .\n- . .").overlaps
    assert dict(zip(sets["n_hpd"], sets["persons_evaluable_by_all"], strict=True)) == {0: 1, 1: 1}


def test_not_evaluable_is_neither_hpd_nor_not():
    """Who is evaluable by nothing has 0 of 0, not 0 of 3."""
    people = compared(WARD).labelled
    [row] = people[people["n_evaluable"] == 0].to_dict("records")
    assert row["n_hpd"] == 0
    assert pd.isna(row["definitions"])


def test_rates_have_both_denominators():
    """Of a's three HPD, seven are evaluable and eight treated: 3 / 7 and 3 / 8, with the bounds of R's binom.test
    (0.0989883 to 0.8159484 and 0.0852334 to 0.7551368)."""
    rates = compared(WARD).agreement_rates.set_index("definition_id").loc["a"]
    assert (rates["hpd"], rates["evaluable"], rates["treated"]) == (3, 7, 8)
    assert [rates[f"{part}_of_evaluable"] for part in ("rate", "low", "high")] == pytest.approx(
        [3 / 7, 0.0989883, 0.8159484], abs=1e-6)
    assert [rates[f"{part}_of_treated"] for part in ("rate", "low", "high")] == pytest.approx(
        [3 / 8, 0.0852334, 0.7551368], abs=1e-6)


def test_cohorts_are_compared_apart():
    """What is found in one cohort does not depend on the other."""
    arms = [labels(WARD), labels("a b c\n+ - -\n- - -", "chemotherapy")]
    both = Labels.of({"labels": pd.concat([arm.labels for arm in arms], ignore_index=True)})
    definitions = [definition(name) for name in "abc"]
    together, *alone = (agreement.compare(each, definitions) for each in (both, *arms))
    for table, frame in together:
        parts = [getattr(one, table.name) for one in alone]
        pd.testing.assert_frame_equal(frame, table.frame(pd.concat(parts, ignore_index=True)))


def test_the_order_of_labels_does_not_matter():
    """The same labels in any order give the same agreement; persons keep theirs."""
    plain, definitions = labels(WARD), [definition(name) for name in "abc"]
    shuffled = Labels.of({"labels": plain.labels.sample(frac=1, random_state=5).reset_index(drop=True)})
    one, other = (agreement.compare(each, definitions) for each in (plain, shuffled))
    for name in ("pairs", "labelled_counts", "overlaps"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("width", [60, 140])
def test_a_matrix_of_35_definitions_is_readable(width):
    """Every definition is a numbered line and a numbered column, however narrow the terminal, and no line is wider."""
    names = [f"author{number}_variant" for number in range(35)]
    table = " ".join(names) + "\n" + "\n".join(
        f"2x {' '.join('+' if (row + number) % (row + 2) else '-' for number in range(35))}" for row in range(6))
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(report.shown(compared(table)))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= width
    heads = " ".join(line for line in lines if line.replace(" ", "").isdigit()).split()
    assert heads == [str(number) for number in range(1, 36)]
    assert all(any(line.startswith(f"{number:3d} {name} ") for line in lines)
               for number, name in enumerate(names, start=1))


def test_what_is_shown_holds_no_person():
    """The report holds counts and names of definitions, and nobody's id."""
    console = Console(width=140, file=io.StringIO(), record=True)
    console.print(report.shown(compared(WARD)))
    assert "checkpoint_inhibitor-" not in console.export_text()

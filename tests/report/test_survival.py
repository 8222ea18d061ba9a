"""Survival by verdict: when the clock starts, who is in a curve, and what is told of the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from hpd_etl.report.cells import hidden
from hpd_etl.report.content import Figure, Listing, Story
from hpd_etl.report.sections import risk, survival, table1

if TYPE_CHECKING:
    from hpd_etl.report.facts import Facts

DAYS = ("death_day", "followup_end_day", "ttf_min_days", "ttf_max_days")
MONTH = 30.4375


def _given(facts: Facts, definition: str, rows: list[tuple[str, int, int | None, int | None, int | None, int | None]]
           ) -> Facts:
    """Facts of so many persons: verdict, day of the deciding evaluation, death, end of follow-up, failure from, to."""
    ids = facts.people.index[:len(rows)]
    own = facts.labels.labels[facts.labels.labels["definition_id"] == definition].set_index("person_id").loc[ids]
    first = own["index_date"]
    labels = own.assign(verdict=[row[0] for row in rows],
                        decided_on=first + pd.to_timedelta([row[1] for row in rows], unit="D")).reset_index()
    index = facts.people.loc[ids].assign(**{
        name: pd.array([row[2 + place] for row in rows], dtype="Int64") for place, name in enumerate(DAYS)})
    return replace(facts, timeline=replace(facts.timeline, index=index.reset_index(drop=True)),
                   labels=replace(facts.labels, labels=labels),
                   definitions=tuple(each for each in facts.definitions if each.id == definition))


def _fates(given: Facts, outcome: str) -> dict[tuple[str, str], int]:
    """Persons by verdict and fate."""
    [listing] = [part for part in survival.section(given).parts if part.key.startswith("survival-fates")]
    assert isinstance(listing, Listing)
    own = listing.frame[listing.frame["outcome"] == outcome]
    return {(row.verdict, row.fate): row.persons for row in own.itertuples()}


ROWS = [
    ("HPD", 50, 80, 80, 50, 50), ("HPD", 50, 50, 50, 40, 40), ("HPD", 50, None, 50, 60, None),
    ("HPD", 50, None, None, None, None), ("NOT_HPD", 0, 400, 400, 90, 90), ("NOT_HPD", 60, None, 700, 70, 90),
    ("NOT_HPD", 60, None, 61, 60, None), ("NOT_EVALUABLE", 0, 30, 30, 10, 10)]


def test_nobody_is_given_the_time_before_the_verdict(facts: Facts) -> None:
    """Who dies or is last seen on the day of the verdict or before is in no curve; all are counted, by verdict."""
    given = _given(facts, "ji2019", ROWS)
    assert _fates(given, "Overall survival") == {
        ("HPD", "in the comparison"): 1, ("HPD", "died up to the day on which the verdict was known"): 1,
        ("HPD", "not seen after that day"): 1, ("HPD", "follow-up not known"): 1,
        ("not HPD", "in the comparison"): 2, ("not HPD", "no day on which the verdict was known"): 1,
        ("not evaluable", "not evaluable, so in no curve"): 1}
    assert _fates(given, "Time to treatment failure") == {
        ("HPD", "failed treatment up to the day on which the verdict was known"): 2,
        ("HPD", "in the comparison"): 1, ("HPD", "follow-up not known"): 1,
        ("not HPD", "in the comparison"): 1, ("not HPD", "no day on which the verdict was known"): 1,
        ("not HPD", "not seen after that day"): 1, ("not evaluable", "not evaluable, so in no curve"): 1}


def test_time_runs_from_the_verdict(facts: Facts) -> None:
    """Months from the deciding evaluation to death, to the end of follow-up, and to the last day of a range."""
    given = _given(facts, "ji2019", ROWS)
    [definition], known = given.definitions, survival.known_on(given, given.definitions[0])
    death, failure = (survival.Followed(each, np.array([0, 0, 0, 0, 1, 1, 1, 2]), known, MONTH)
                      for each in survival.outcomes(given))
    assert (death.times(0).time * MONTH).round().tolist() == [30]
    assert (death.times(1).time * MONTH).round().tolist() == [640, 1]
    assert death.times(1).is_event.tolist() == [False, False]
    assert (failure.times(1).time * MONTH).round().tolist() == [30]
    assert failure.times(1).is_event.tolist() == [True]
    assert not survival.is_circular(definition)


@pytest.mark.parametrize(("definition", "ahead", "circular"), [
    ("ji2019", 0, False), ("champiat2017", 0, False),
    ("kato2017", 61, True),  # treatment failure within two months
    ("gandara2021_fp", 84, True),  # death within twelve weeks
    ("lorusso2019", 61, True)])  # both treatment failure and ECOG within two months
def test_a_rule_that_looks_at_the_outcome_says_so(facts: Facts, definition: str, ahead: int, circular: bool) -> None:
    """The clock starts when everything the rule looks at has happened, and the comparison is called circular."""
    [each] = [one for one in facts.definitions if one.id == definition]
    assert survival.looks_ahead(each, MONTH) == ahead
    assert survival.is_circular(each) is circular
    parts = survival.section(replace(facts, definitions=(each,))).parts
    told = [survival.CIRCULAR in part.notes for part in parts if part.key.startswith(("survival-d", "survival-m"))]
    assert told == [circular] * len(told)
    assert (survival.known_on(facts, each) >= ahead).all() or not ahead


def test_everybody_is_counted_once_and_no_step_is_hidden(facts: Facts) -> None:
    """For each outcome the fates add up to the cohort; curves that may be shared have no count below the limit."""
    some = tuple(each for each in facts.definitions if each.id in ("ji2019", "kato2017", "champiat2017"))
    parts = survival.section(replace(facts, definitions=some)).parts
    limit = int(facts.study.report.min_cell.value)
    for part in parts:
        if isinstance(part, Figure) and not part.patients:
            assert hidden(part, limit).equals(part.frame)
            assert set(part.frame.columns) >= {"group", "month", "survival", "low", "high", *part.counts}
        if part.key.startswith("survival-fates"):
            assert (part.frame.groupby("outcome")["persons"].sum() == len(facts.people)).all()
    exact = [part for part in parts if part.patients and isinstance(part, Figure)]
    assert len(exact) == 2 * len(some)
    assert all(part.frame.groupby("group")["month"].diff().dropna().eq(1).all() for part in exact)


def test_numbers_that_are_shared_do_not_tell_who_was_left_out(facts: Facts) -> None:
    """Of 40 HPD three died before the verdict: 37 are compared, the shared numbers say 35, the local ones 37."""
    rows = [("HPD", 50, 400 if who > 2 else 40, None, None, None) for who in range(40)]
    rows += [("NOT_HPD", 60, None, 90 + 30 * who, None, None) for who in range(10)]
    parts = {part.key: part for part in survival.section(_given(facts, "ji2019", rows)).parts}
    figures, medians = ([parts[f"survival-{what}{name}-ji2019"] for name in ("", "-exact")]
                        for what in ("death", "medians"))
    assert [part.patients for part in (*figures, *medians)] == [False, True] * 2
    assert [part.frame["at_risk"].iloc[0] for part in figures] == [35, 37]
    assert [part.frame["persons"].iloc[0] for part in medians] == [35, 37]
    fates = hidden(parts["survival-fates-ji2019"], 5)
    assert fates.loc[(fates["outcome"] == "Overall survival") & (fates["verdict"] == "HPD"), "persons"].isna().all()


def test_a_small_group_is_for_the_site_s_own_eyes(facts: Facts) -> None:
    """Four HPD: the sizes of the others would tell how few, so nothing that compares them is shared."""
    rows = [("HPD" if who < 4 else "NOT_HPD", 50, 400, None, 90, 90) for who in range(30)]
    given = _given(facts, "ji2019", rows)
    for section in (survival.section, table1.section, risk.section):
        first, *others = section(given).parts
        assert isinstance(first, Story)
        assert not first.patients
        assert others
        assert all(part.patients for part in others)


def test_the_medians_are_those_of_the_persons(facts: Facts) -> None:
    """Six who die 1 to 6 months after the verdict and six who die at 11 to 16: medians 3 and 13, p below 0.01."""
    rows = [("HPD", 50, 50 + round(month * MONTH), None, None, None) for month in range(1, 7)]
    rows += [("NOT_HPD", 60, 60 + round(month * MONTH), None, None, None) for month in range(11, 17)]
    parts = {part.key: part for part in survival.section(_given(facts, "ji2019", rows)).parts}
    listing = parts["survival-medians-ji2019"]
    own = listing.frame[listing.frame["outcome"] == "Overall survival"]
    assert own["verdict"].tolist() == ["HPD", "not HPD"]
    assert own[["persons", "events", "median"]].to_numpy().tolist() == [[5, 5, 3], [5, 5, 13]]  # six, rounded
    assert own["p"].iloc[0] < 0.01
    assert not own["is_crossing"].iloc[0]
    assert survival.SMALL in listing.notes
    assert survival.NOT_PROPORTIONAL not in listing.notes
    assert "survival-failure-ji2019" not in parts


def test_curves_that_cross_say_so_where_they_do(facts: Facts) -> None:
    """HPD die early and then not, the others late, while treatment lasts as long: only survival crosses."""
    rows = [("HPD", 50, 80 if who < 6 else None, 900, 400 + who, 400 + who) for who in range(20)]
    rows += [("NOT_HPD", 50, 400 if who < 16 else None, 900, 400 + who, 400 + who) for who in range(20)]
    parts = {part.key: part for part in survival.section(_given(facts, "ji2019", rows)).parts}
    assert survival.NOT_PROPORTIONAL in parts["survival-death-ji2019"].notes
    assert survival.NOT_PROPORTIONAL not in parts["survival-failure-ji2019"].notes
    listing = parts["survival-medians-ji2019"]
    assert listing.frame["is_crossing"].dropna().tolist() == [True, False]
    assert survival.NOT_PROPORTIONAL in listing.notes

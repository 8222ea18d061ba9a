"""A mutant survives with a written reason or not at all."""

from __future__ import annotations

import re

from tests.mutation.survivors import Mutant, compare, excused

MODULE = "hpd_etl/criteria/growth.py"
KILLED, SAME, MISSED = (Mutant(MODULE, "tgk", change) for change in ("-a\n+b", "-a\n+c", "-a\n+d"))
ELSEWHERE = Mutant("hpd_etl/criteria/rules.py", "evaluate", "-a\n+b")


def test_a_survivor_is_excused_missed_or_gone():
    """A reason excuses its own change alone; a reason for what is killed is stale; other modules are left out."""
    found = compare([(KILLED, True), (SAME, False), (MISSED, False)],
                    dict.fromkeys([KILLED, SAME, ELSEWHERE], "why"), [], [MODULE])
    assert (found.killed, found.excused, found.unexcused, found.stale) == (1, [SAME], [MISSED], [KILLED])


def test_a_kind_excuses_by_its_form():
    """Whatever a change of that form stands in, it is excused; the whole change has to be of the form."""
    found = compare([(SAME, False), (MISSED, False)], {}, [re.compile(r"-a\n\+c")], [MODULE])
    assert (found.excused, found.unexcused) == ([SAME], [MISSED])


def test_every_excuse_has_a_reason():
    """An empty reason is none."""
    assert all(why.strip() for why in excused().values())

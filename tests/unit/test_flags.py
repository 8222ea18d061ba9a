"""The flags of a label, and what is said of them."""

from __future__ import annotations

from hpd_etl import criteria
from hpd_etl.config import Study
from hpd_etl.criteria.flagging import flags_of, flags_of_growth
from hpd_etl.criteria.flags import FLAGS
from hpd_etl.criteria.judging import judge
from hpd_etl.library import everything
from hpd_etl.schema import Records
from hpd_etl.timeline import align


def test_every_flag_has_a_meaning_and_every_meaning_a_flag() -> None:
    """What a definition that looks at growth before treatment can flag is exactly what `FLAGS` explains."""
    study, champiat = Study(id="flags"), everything(None)["champiat2017"]
    timeline = align(Records.of({}), study, criteria.window_sets([champiat], study))
    [measures] = judge(timeline, [champiat], study).measured.values()
    of = measures.responded
    told = flags_of(timeline, of.followed.line, of.followed.sums, of.response, of.confirmation, study)
    of_the_label = {"month_sensitive", "not_hyperprogression"}
    assert {*told, *flags_of_growth(measures.seen, study), *of_the_label} == set(FLAGS)


def test_flags_are_listed_by_name() -> None:
    """A reader finds a flag in the list as in a label: sorted."""
    assert list(FLAGS) == sorted(FLAGS)

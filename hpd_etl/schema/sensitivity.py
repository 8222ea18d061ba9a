"""The tables of `6-sensitivity`: which labels another reading changes, and how surely each stands."""

from __future__ import annotations

from hpd_etl.schema.codes import Verdict
from hpd_etl.schema.columns import Table, code, count, flag, number
from hpd_etl.schema.tables import PERSON

_COHORT = code("cohort", "cohort of the person")
_DEFINITION = code("definition_id", "the published definition")
PARAMETERS = ("month_days", "strictness", "windows", "ttf_gap_days", "ttf_reading", "pre_growth_nonpositive")
_READING = (
    code("parameter", "what is read otherwise", PARAMETERS),
    code("value", "how it is read: the days, or the name of the reading"),
)
_FROM = code("from_verdict", "the label", Verdict)
_TO = code("to_verdict", "what it would be", Verdict)

FLIPS = Table(
    "flips",
    "how many labels keep their verdict under another reading, and how many get another; each reading adds up to all",
    (_COHORT, _DEFINITION, *_READING, _FROM, _TO, count("n", "labels")),
    key=("cohort", "definition_id", "parameter", "value", "from_verdict", "to_verdict"),
)

FLIPPED = Table(
    "flipped",
    "a label to which another reading gives another verdict",
    (PERSON, _COHORT, _DEFINITION, *_READING, _FROM, _TO),
    key=("person_id", "definition_id", "parameter", "value"),
)

PERTURBATION = Table(
    "perturbation",
    "a label, and what becomes of it when every size is measured again with an error",
    (
        PERSON,
        _COHORT,
        _DEFINITION,
        code("verdict", "the label", Verdict),
        number(
            "p_hpd",
            "fraction of the draws with HPD; <NA> for a NOT_EVALUABLE label, and where no error is known for what "
            "the label rests on",
            "1",
        ),
        number("p_not_evaluable", "fraction of the draws in which it is not evaluable; <NA> as `p_hpd`", "1"),
        number("p_stands", "fraction of the draws with the verdict of the label; <NA> where no error is known", "1"),
        count("draws", "how often every size was measured again"),
        flag("fragile", "the verdict stands in fewer than 90 % of the draws; <NA> as `p_stands`"),
    ),
    key=("person_id", "definition_id"),
)

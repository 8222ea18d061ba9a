"""The tables of the response: derived and recorded side by side at each time point, and the best one."""

from __future__ import annotations

from hpd_etl.schema.columns import Table, code, days, flag, number
from hpd_etl.schema.tables import BURDEN, PERSON, RESPONSES

_ANSWERS = RESPONSES["response"].values
_FRAMEWORK = code("framework", "criteria")

ASSESSMENTS = Table(
    "assessments",
    "the response of a person at a time point by one set of criteria, derived and recorded side by side",
    (
        PERSON,
        _FRAMEWORK,
        *(BURDEN[name] for name in ("window_set", "scan_date", "days_from_index")),
        code("target", "of the burden; <NA> where the person has no target", _ANSWERS),
        code("non_target", "of the other lesions of baseline; <NA> where there are none", _ANSWERS),
        flag("new_lesion", "a new lesion is seen; <NA> where nobody knows"),
        code("derived", "of all together, from lesions and sums", _ANSWERS),
        code("recorded", "what the source says; <NA> where it says nothing", _ANSWERS),
        code("response", "the one that counts: derived, else recorded", _ANSWERS),
        number("baseline_burden", "burden at baseline, in `burden_unit`"),
        number("nadir_burden", "least burden before this time point, baseline included"),
        number("burden", "burden of the criteria; <NA> where a lesion is missing"),
        code("burden_unit", "mm of a sum of diameters, mm2 of a sum of products", ("mm", "mm2")),
        flag("confirmed", "a later assessment says the same (False: it does not); <NA> where none does, or none must"),
        days("confirm_from_day", "days_from_index from which a scan confirms the progression that waits for it (iUPD)"),
        days("confirm_to_day", "and by which that scan is to be made"),
    ),
)

BEST_RESPONSE = Table(
    "best_response",
    "the best overall response of a person by one set of criteria",
    (
        PERSON,
        _FRAMEWORK,
        BURDEN["window_set"],
        code("best", "the best response before progression, each time point taken as it stands", _ANSWERS),
        days("best_day", "days_from_index on which it was reached"),
        code("best_confirmed", "the best one where a response counts only if a later assessment confirms it", _ANSWERS),
        days("best_confirmed_day", "days_from_index on which that was reached"),
    ),
)

"""The table of who can be labelled, who cannot, and why."""

from __future__ import annotations

from hpd_etl.schema.columns import Table, code, count

STRATA = ("run", "cohort", "agent", "regimen", "primary_site", "year", "source")
"""By what the funnel is told: everybody, and what splits them; the last five within each cohort."""

FUNNEL = Table(
    "funnel",
    "a step of the funnel under a definition, and a reason that somebody has there; one without where nobody has any",
    (
        code("by", "what splits the treated", STRATA),
        code("stratum", "the part: a cohort, agents, a site, a year; <NA> where it is not recorded; `all` of a run"),
        code("cohort", "the cohort; <NA> in the funnel of the whole run"),
        code("definition_id", "the definition"),
        code("step", "the step, in their order"),
        code("reason", "the reason, in their order; <NA> where nobody has one of this step"),
        count("left", "persons who leave here with this as their primary reason"),
        count("having", "persons who have this reason at all, those who left before for another among them"),
        count("remaining", "persons left after this row"),
    ),
)

"""The tables of `7-agreement`: how far definitions agree on the same persons, and whom how many of them label."""

from __future__ import annotations

from hpd_etl.schema.columns import Column, Table, code, count, flag, number
from hpd_etl.schema.tables import PERSON

_COHORT = code("cohort", "cohort of the persons")
_KEPT = "a rule that several papers state is counted once, under the first of their ids"


def _estimate(name: str, doc: str) -> tuple[Column, ...]:
    """A coefficient and the bounds of its 95 % interval."""
    return (
        number(name, doc, "1"),
        number(f"{name}_low", "lower 95 % bound", "1"),
        number(f"{name}_high", "upper 95 % bound", "1"),
    )


def _rate(denominator: str) -> tuple[Column, ...]:
    return tuple(
        number(f"{part}_of_{denominator}", f"{doc} of the {denominator} that are HPD", "1")
        for part, doc in (
            ("rate", "fraction"),
            ("low", "lower 95 % bound (Clopper-Pearson) of the fraction"),
            ("high", "upper 95 % bound of the fraction"),
        )
    )


PAIRS = Table(
    "pairs",
    f"two rules on the same cohort; {_KEPT}; of persons evaluable by both unless stated",
    (
        _COHORT,
        code("first", "a definition"),
        code("second", "another one, later in the study's order"),
        flag("both_hyperprogression", "both define hyperprogression; False: one is a comparator that does not"),
        count("n_both", "persons evaluable by both"),
        count("n_first_only", "persons evaluable by the first alone"),
        count("n_second_only", "persons evaluable by the second alone"),
        count("n_neither", "persons evaluable by neither"),
        count("both_hpd", "HPD by both"),
        count("first_hpd_only", "HPD by the first alone"),
        count("second_hpd_only", "HPD by the second alone"),
        count("neither_hpd", "HPD by neither"),
        *_estimate("positive_agreement", "2 both / (2 both + first alone + second alone); also called Dice"),
        *_estimate("jaccard", "both / (both + first alone + second alone)"),
        *_estimate("kappa", "Cohen's kappa"),
        flag(
            "small",
            "fewer than 30 persons evaluable by both, or fewer than 5 of them HPD, or not HPD, by one of the two: the "
            "interval of kappa, made for large numbers, is rough",
        ),
        code("missing", "why a coefficient or its interval is <NA>: `name=reason`, joined by ;"),
    ),
    key=("cohort", "first", "second"),
)

AGREEMENT_RATES = Table(
    "agreement_rates",
    "a definition on a cohort: how many are HPD, of the evaluable and of all treated",
    (
        _COHORT,
        code("definition_id", "the definition"),
        code("counted_as", "the definition under which its rule is counted; itself where it is the first"),
        flag("hyperprogression", "it defines hyperprogression; False: a comparator that does not"),
        count("hpd", "HPD"),
        count("evaluable", "HPD or not HPD"),
        count("treated", "all treated, evaluable or not"),
        *_rate("evaluable"),
        *_rate("treated"),
    ),
    key=("cohort", "definition_id"),
)

LABELLED = Table(
    "labelled",
    f"a person, and by how many definitions of hyperprogression they are HPD; {_KEPT}",
    (
        PERSON,
        _COHORT,
        count("n_hpd", "rules by which the person is HPD"),
        count("n_evaluable", "rules by which the person is evaluable; the others say nothing"),
        code("definitions", "by which the person is HPD, in the study's order, joined by ;"),
    ),
    key=("person_id",),
)

LABELLED_COUNTS = Table(
    "labelled_counts",
    "persons of a cohort that are HPD by as many rules, of as many that could say",
    (
        _COHORT,
        count("n_hpd", "rules by which they are HPD"),
        count("n_evaluable", "rules by which they are evaluable"),
        count("persons", "how many"),
    ),
    key=("cohort", "n_evaluable", "n_hpd"),
)

OVERLAPS = Table(
    "overlaps",
    "an exact combination: the persons that are HPD by these rules and by no other of hyperprogression",
    (
        _COHORT,
        code("definitions", "the rules, in the study's order, joined by ;; <NA>: HPD by none"),
        count("n_hpd", "how many rules"),
        count("persons", "persons HPD by exactly these; others may not have been evaluable"),
        count(
            "persons_evaluable_by_all",
            "of them, evaluable by every rule that can judge anybody of the cohort: the combination is complete",
        ),
    ),
    key=("cohort", "definitions"),
)

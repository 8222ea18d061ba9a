"""Deaths: the earliest day of each person, and the cause as far as a rule can judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from hpd_etl.grouping import highest, lowest
from hpd_etl.sources.columns import Rows, code_lookup
from hpd_etl.sources.deaths import CONFLICTING, UNKNOWN
from hpd_etl.sources.omop.concepts import descendants
from hpd_etl.sources.omop.row_codes import row_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hpd_etl.grouping import Ints
    from hpd_etl.sources.columns import Text
    from hpd_etl.sources.deaths import Causes
    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.omop.tables import Cdm


class Deaths(NamedTuple):
    """By treated person: the day (NaT: none is recorded), and the cause (null: not known)."""

    day: NDArray[np.datetime64]
    cause: Text


def deaths(cdm: Cdm, causes: Causes, treated: Ints, ledger: Ledger) -> Deaths:
    """The earliest death of each treated person; a cause that no rule can judge, or two that differ, are refused."""
    day = np.full(len(treated), np.datetime64("NaT", "us"))
    if not cdm.has("death"):
        return Deaths(day, pa.nulls(len(treated), pa.string()))
    rows, person = _earliest(cdm, treated, ledger)
    day[person] = rows.dates("death_date").to_numpy()
    told, names = _causes(cdm, causes, rows)
    known = told >= 0
    low, high = (of(person[known], told[known], len(treated), -1) for of in (lowest, highest))
    stated = (rows.ints("cause_concept_id") != 0) | (rows.decided("cause_source_value", _is_stated) == 1)
    ledger.refuse("persons", rows, stated & ~known, UNKNOWN, also_kept=True)
    ledger.refuse("persons", rows, known & (low != high)[person], CONFLICTING, also_kept=True)
    return Deaths(day, pa.array(names, pa.string()).take(pa.array(low, mask=(low < 0) | (low != high))))


def _earliest(cdm: Cdm, treated: Ints, ledger: Ledger) -> tuple[Rows, Ints]:
    """The rows of the earliest day of each person's death, and whose they are; a later day is ignored."""
    rows = ledger.read(Rows("death", "person_id", cdm.fetch("omop_deaths", {"persons": treated.tolist()}),
                            tells=row_codes))
    dated = rows.present("death_date")
    ledger.refuse("persons", rows, ~dated, "no_date")
    rows = rows.take(dated)
    person = code_lookup(rows.ints("person_id"), treated.tolist())
    day = rows.dates("death_date").to_numpy().astype("datetime64[D]").astype(np.int64)
    first = day == lowest(person, day, len(treated), 0)[person]
    ledger.keep(rows, first)
    ledger.ignore(rows, ~first, "later_death")
    return rows.take(first), person[first]


def _causes(cdm: Cdm, causes: Causes, rows: Rows) -> tuple[Ints, Sequence[str]]:
    """The cause of each row by its concept, else its text, as a position among all causes; -1: none can be judged."""
    concept = rows.ints("cause_concept_id")
    by_concept = _by_concept(cdm, causes, [each for each in np.unique(concept).tolist() if each])
    texts = rows.encoded("cause_source_value")
    by_text = [causes.own(text) or causes.coded(text) for text in texts.texts]
    names = sorted({cause for cause in (*by_concept.values(), *by_text) if cause is not None})
    coded = np.array([*map(names.index, by_concept.values()), -1], dtype=np.int64)
    found = coded[code_lookup(concept, list(by_concept))]
    text = np.array([-1 if cause is None else names.index(cause) for cause in (*by_text, None)])[texts.codes]
    return np.where(found >= 0, found, text), names


def _by_concept(cdm: Cdm, causes: Causes, concepts: Sequence[int]) -> Mapping[int, str]:
    """What concepts tell: what the site says, a concept of the study that they descend from, or another cause.

    Another cause is known as such only by a vocabulary that has all concepts of the study, and the cause not above
    one of them: a neoplasm may be a malignant one.
    """
    told = {concept: said for concept in concepts if (said := causes.own(concept)) is not None}
    meant, others = sorted(causes.concepts), [concept for concept in concepts if concept not in told]
    below = {concept: set(found) for concept, found in descendants(cdm, [*meant, *others]).items()} if others else {}
    complete = bool(meant) and all(root in below.get(root, ()) for root in meant)
    for concept in others:
        above = [root for root in meant if concept == root or concept in below.get(root, ())]
        own = below.get(concept, set())
        if above or (complete and concept in own and not causes.concepts & own):
            told[concept] = str(above[0] if above else concept)
    return told


def _is_stated(text: str) -> int:
    return int(bool(text.strip()))

"""OMOP cohorts of persons with HPD: their numbers, their names and their members.

A cohort id is `base + 2000 * block + number`. The block (0 to 65,535) is a hash of study and
treatment cohort, so that two studies do not meet; the number is the one committed in the definition's file
(below 250; that of a variant lies in one of the next three such spans), for a study's own definition without one
1000 to 1999 by a hash of its id. All ids stay below
2^31, the largest that OHDSI tools accept, for a base up to 2,016,411,647.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import CHECKPOINT_COHORT, INTENDED_USE, Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import OmopSink, Study
    from hpd_etl.criteria import Definition

NUMBERS, OWN_FROM, BLOCKS = 2_000, 1_000, 65_536
LARGEST_ID = 2**31 - 1
NAME_LENGTH = 255


class Key(NamedTuple):
    """What a cohort is about: a treatment cohort of the study and a definition."""

    cohort: str
    definition_id: str


def name_of(study_id: str, key: Key) -> str:
    """The name under which a cohort is ours; also that of a definition the study no longer uses."""
    name = f"Hyperprogressive disease by {key.definition_id} in {key.cohort} (study {study_id}, hpd_etl)"
    if len(name) > NAME_LENGTH:
        raise ConfigurationError(f"the cohort of {key.definition_id} would have a name of more than "
                                 f"{NAME_LENGTH} characters", remedy="give the definition a shorter id")
    return name


def ids(definitions: Sequence[Definition], study: Study, sink: OmopSink) -> dict[Key, int]:
    """The id of every cohort of the study, with members or without; raises ConfigurationError where two share one."""
    keys = {Key(cohort, definition.id): _id(study, sink, cohort, definition)
            for cohort in _treatments(study) for definition in definitions}
    if len(set(keys.values())) < len(keys):
        raise ConfigurationError("two definitions of the study share a cohort number",
                                 remedy=f"give one of them a `number` of its own between {OWN_FROM} and {NUMBERS - 1}")
    if keys and max(keys.values()) > LARGEST_ID:
        raise ConfigurationError("sink.cohort_definition_base is too large: OHDSI tools know ids up to 2147483647",
                                 remedy=f"choose one up to {LARGEST_ID - NUMBERS * BLOCKS}")
    return keys


def _treatments(study: Study) -> list[str]:
    return [CHECKPOINT_COHORT, *(comparator.cohort for comparator in study.comparators)]


def _id(study: Study, sink: OmopSink, cohort: str, definition: Definition) -> int:
    number = definition.number
    if number is None:
        number = OWN_FROM + _hash(definition.id) % (NUMBERS - OWN_FROM)
    if not 0 < number < NUMBERS:
        raise ConfigurationError(f"{definition.id}: number must lie between 1 and {NUMBERS - 1}")
    return sink.cohort_definition_base + NUMBERS * (_hash(f"{study.id}/{cohort}") % BLOCKS) + number


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def definition_rows(definitions: Sequence[Definition], study: Study, sink: OmopSink) -> pd.DataFrame:
    """The rows of `cohort_definition`."""
    by_id = {definition.id: definition for definition in definitions}
    found = ids(definitions, study, sink)
    return pd.DataFrame({
        "cohort_definition_id": pd.array(list(found.values()), dtype="Int64"),
        "cohort_definition_name": pd.array([name_of(study.id, key) for key in found], dtype="string"),
        "cohort_definition_description": pd.array(
            [_description(by_id[key.definition_id]) for key in found], dtype="string"),
        "definition_type_concept_id": 0,
        "subject_concept_id": 0,
    })


def _description(definition: Definition) -> str:
    return (f"{definition.title}. {definition.citation}. Definition {definition.id}, version {definition.version}. "
            f"Start: deciding assessment; end: end of follow-up. {INTENDED_USE}.")


def member_rows(hpd: pd.DataFrame, timeline: Timeline, study: Study, sink: OmopSink,
                definitions: Sequence[Definition]) -> pd.DataFrame:
    """The rows of `cohort`: from the deciding assessment to the end of follow-up, never before the start."""
    found = ids(definitions, study, sink)
    cohort_id = [found[Key(*key)] for key in zip(hpd["cohort"], hpd["definition_id"], strict=True)]
    start = hpd["decided_on"].fillna(hpd["index_date"])
    index = timeline.index
    ends = index["index_date"] + pd.to_timedelta(index["followup_end_day"].astype("Float64"), unit="D")
    by_person = pd.Series(ends.to_numpy("datetime64[us]"), index=index["person_id"])
    end = by_person.reindex(hpd["person_id"].astype("string")).set_axis(hpd.index)
    return pd.DataFrame({
        "cohort_definition_id": pd.array(cohort_id, dtype="Int64"),
        "subject_id": hpd["person_id"].to_numpy(),
        "cohort_start_date": start.to_numpy(),
        "cohort_end_date": end.where(end >= start, start).to_numpy("datetime64[us]"),
    })

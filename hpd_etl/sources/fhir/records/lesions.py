"""Lesions from Observations: sizes, volumes, statuses and new lesions, each with its identity, role and organ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from hpd_etl.schema import LESIONS
from hpd_etl.schema.tables import PRECISION
from hpd_etl.sources.columns import one
from hpd_etl.sources.fhir.decode.resources import Selection
from hpd_etl.sources.fhir.decode.shapes import BodyStructure
from hpd_etl.sources.fhir.records.admission import Admission
from hpd_etl.sources.fhir.records.examinations import Examinations, When
from hpd_etl.sources.fhir.records.identity import RUNGS, Identities, Lesion, of_row
from hpd_etl.sources.fhir.records.meanings import Meanings, answers
from hpd_etl.sources.fhir.records.observations import Told, told, told_rows
from hpd_etl.sources.fhir.records.organs import Organs
from hpd_etl.sources.fhir.records.roles import Role, RoleReader
from hpd_etl.sources.fhir.records.row_codes import of_value
from hpd_etl.sources.fhir.records.sizes import SizeReader
from hpd_etl.sources.lesions import KINDS, NEW, VOLUME, Facts, in_node, lesion_rows, new_lesion_words
from hpd_etl.sources.meanings import PART_OF
from hpd_etl.sources.modalities import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.grouping import Ints
    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept, ImagingStudy, Observation
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.dates import Day
    from hpd_etl.sources.fhir.records.reading import Reading

_COUNTED = "Observation sizes"
_NOT_THERE = ("disappeared", "not_yet_present")
_FINDING_SITE = "SNOMED CT|363698007"


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """Every BodyStructure, and what can tell a size or a new lesion, or what surrounds one."""
    wanted = Meanings(source.mapping, tokens).selection(*KINDS, "group")
    return wanted | Selection(frozenset({BodyStructure.type_name}), {})


class _Around(msgspec.Struct, frozen=True, gc=False):
    """What is known of a size beside its value; the same for all that an Observation tells."""

    lesion: Lesion | None
    when: When
    is_imaging: bool
    is_lost: bool
    """Something is pointed to that is not there."""
    role: Role
    organ: str | None
    modality: str | None
    reader: str | None
    part_of: str | None


class _Measured(msgspec.Struct, frozen=True, gc=False):
    """A value of a known lesion on a known day."""

    told: Told
    lesion: Lesion
    day: Day
    around: _Around
    is_unanswered: bool
    """Whether there is a new lesion was asked, and nobody knows."""


def lesions(reading: Reading) -> pd.DataFrame:
    """The lesion rows of Records; what cannot be read goes to the ledger, and leaves its lesion not assessed."""
    admission = Admission(reading, LESIONS.name, _COUNTED)
    surroundings = _Surroundings(reading, admission)
    found = [measured for each in told(reading, KINDS, admission, asked=[KINDS[NEW]])
             if (measured := surroundings.of(each)) is not None]
    admission.settle()
    kind = np.array([KINDS.index(each.told.meaning.kind) for each in found], dtype=np.int64)
    all_told = [each.told for each in found]
    rows = reading.ledger.read(told_rows(reading, _COUNTED, all_told, [each.day for each in found]))
    sizes = SizeReader(reading).read(all_told, np.where(kind == VOLUME, 2, 0))
    return lesion_rows(rows, "day", _facts(found, kind), sizes, reading.source, reading.ledger)


class _Surroundings:
    """Finds out about a value what does not stand in it; refuses it where that is not enough."""

    def __init__(self, reading: Reading, admission: Admission) -> None:
        self._tokens = reading.tokens
        self._admission = admission
        self._examinations = Examinations(reading)
        self._identities = Identities(reading)
        self._organs = Organs(reading)
        self._roles = RoleReader(reading)
        self._answers = _NewLesions(reading)
        self._meanings = reading.meanings
        self._last: tuple[Observation | None, _Around | None] = (None, None)

    def of(self, each: Told) -> _Measured | None:
        """The value with its surroundings."""
        is_new = each.meaning.kind == KINDS[NEW]
        said = -1 if each.problem else self._answers.of(each) if is_new else 1
        if said == 0:
            self._admission.ignore("no_new_lesion")
            return None
        around = self._around(each)
        lesion = around.lesion if said > 0 else None
        lesion, (day, problem) = lesion or (of_row(each) if is_new else None), around.when
        if not around.is_imaging:
            reason = "not_imaging"
        elif day is None:
            reason = problem or "no_date"
        elif lesion is None:
            reason = "no_lesion_identity"
        else:
            if said < 0:
                self._admission.note(each.observation, each.person, each.problem or "new_lesion_value_unknown",
                                     of_value(each, self._tokens))
            if around.is_lost:
                self._admission.note(each.observation, each.person, "reference_unresolved")
            return _Measured(each, lesion, day, around, said < 0)
        self._admission.refuse(each.observation, each.person, each.problem or reason)
        return None

    def _around(self, each: Told) -> _Around:
        """What surrounds an Observation, found out once for all of its components."""
        seen, known = self._last
        if known is None or seen is not each.observation:
            known = self._found(each)
            self._last = (each.observation, known)
        return known

    def _found(self, each: Told) -> _Around:
        method = self._examinations.method(each.context)
        examined = self._examinations.examined(each.context, each.person)
        lesion = self._identities.of(each)
        return _Around(
            lesion, self._examinations.scan_day(each.context, examined),
            is_imaging=method != NONE and not any(observation.specimen for observation in each.context),
            is_lost=examined.is_lost or (lesion is not None and lesion.is_lost),
            role=self._roles.of(each.context), organ=self._organ(each, lesion),
            modality=method or self._modality(examined.studies), reader=_reader(each.context),
            part_of=self._part_of(each.context))

    def _organ(self, each: Told, lesion: Lesion | None) -> str | None:
        """Where the lesion lies: as its structure says, else the Observation or its panels."""
        structure = lesion.structure if lesion else None
        return self._organs.of(structure.location if structure else None) or next(
            (organ for organ in map(self._organs.of, self._sites(each.context)) if organ), None)

    def _part_of(self, context: Sequence[Observation]) -> str | None:
        """The name of the lesion that it split from or merged into, under a code that the site calls so."""
        return next((text for observation in context for part in observation.component
                     if (meaning := self._meanings.of(part.code)) is not None and meaning.kind == PART_OF
                     and (text := (part.value_string or "").strip())), None)

    def _sites(self, context: Sequence[Observation]) -> Iterator[CodeableConcept | None]:
        yield from (observation.body_site for observation in context)
        yield from (part.value_codeable_concept for observation in context for part in observation.component
                    if _FINDING_SITE in self._tokens.of(part.code))

    def _modality(self, studies: Sequence[ImagingStudy]) -> str | None:
        named = {modality for study in studies if (modality := self._examinations.modality(study))}
        return "+".join(sorted(named)) or None


class _NewLesions:
    """Reads the answer to "is there a new lesion?"."""

    def __init__(self, reading: Reading) -> None:
        own = reading.source.mapping
        self._tokens = reading.tokens
        self._words = new_lesion_words(own.statuses)
        self._coded = dict.fromkeys(reading.tokens.own(own.roles), 1)
        self._coded |= {token: int(status not in _NOT_THERE)
                        for token, status in reading.tokens.own(own.statuses).items()}

    def of(self, each: Told) -> int:
        """1 yes, 0 no, -1 nobody knows; where nothing is answered the Observation itself is the answer."""
        holder = each.holder
        quantity, concept, text = holder.value_quantity, holder.value_codeable_concept, holder.value_string
        number = quantity.value if quantity else holder.value_integer
        if holder.value_boolean is not None:
            return int(holder.value_boolean)
        if number is not None:
            return int(number != 0)
        if concept is None and text is None:
            return 1 if holder.data_absent_reason is None else -1
        coded = self._tokens.first(concept, self._coded)
        if coded is not None:
            return coded
        said = [self._words.get(word.upper().removesuffix("(QUALIFIER VALUE)").strip(), -1)
                for word in answers(concept, text)]
        return next((one_of for one_of in said if one_of >= 0), -1)


def _reader(context: Sequence[Observation]) -> str | None:
    """Who measured, as the nearest Observation names them."""
    for observation in context:
        for performer in observation.performer:
            known = performer.identifier.value if performer.identifier else None
            if named := known or performer.display or performer.reference:
                return named
    return None


def _facts(found: Sequence[_Measured], kind: Ints) -> Facts:
    places: dict[tuple[str, str], int] = {}
    lesion = [places.setdefault((each.told.person, each.lesion.name), len(places)) for each in found]
    organ = pa.array([each.around.organ for each in found], pa.string())
    nodal = np.array([each.around.role.is_node for each in found], dtype=np.bool_)
    return Facts(
        lesion=np.array(lesion, dtype=np.int64),
        name=pa.array([each.lesion.name for each in found], pa.string()),
        identity=np.array([each.lesion.rung for each in found], dtype=np.int64), rungs=RUNGS, kind=kind,
        unanswered=np.array([each.is_unanswered for each in found], dtype=np.bool_),
        day=np.array([_day_code(each.day) for each in found], dtype=np.int64),
        role=np.array([each.around.role.role for each in found], dtype=np.int64),
        organ=one(organ), is_node=nodal | in_node(organ),
        modality=pa.array([each.around.modality for each in found], pa.string()),
        reader=pa.array([each.around.reader for each in found], pa.string()),
        part_of=pa.array([each.around.part_of for each in found], pa.string()))


def _day_code(day: Day) -> int:
    """A month is no day of it."""
    return day.first.toordinal() * (len(PRECISION) + 1) + (PRECISION.index(day.precision) + 1 if day.precision else 0)

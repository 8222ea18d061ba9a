"""From a kind of patient to the rows of one person; every row follows from the seed and the person's number.

What varies without touching a verdict: the calendar (all dates shift together), all sizes by one factor
of at least 1, the unit they are written in, the drug, how it is recorded, noise such as laboratory values.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from hpd_etl.demo import vocabulary as codes
from hpd_etl.demo.kinds import Dose, Event, Kind, Lesion, Odd, Size

Cell = int | float | str | date | datetime | None
Row = dict[str, Cell]

_FACTORS = (1.0, 1.2, 1.5, 2.0)
_AGENTS = ("nivolumab", "pembrolizumab", "atezolizumab", "durvalumab", "avelumab", "cemiplimab", "dostarlimab")
_TYPES = (codes.ADMINISTRATION, codes.ADMINISTRATION, codes.PHARMACY_CLAIM, codes.DISPENSED, codes.MEDICATION_LIST)
_FIRST_DAY = date(2017, 6, 1)
_ROW_ID = {table: f"{table}_id" for table in (
    "observation_period", "condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement", "observation",
    "image_occurrence", "image_feature")}


def drawn(*key: int | str) -> Random:
    """Chance that is the same for the same key, on every machine."""
    return Random("/".join(map(str, key)))  # noqa: S311 (nothing secret is drawn)


class Ledger:
    """The rows written so far, by table; numbers them."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._lesions = 0

    def add(self, table: str, row: Row) -> int:
        """Write a row; returns its number."""
        number = len(self.rows[table]) + 1
        self.rows[table].append({_ROW_ID[table]: number, **row} if table in _ROW_ID else row)
        return number

    def lesion(self) -> int:
        """A number no other lesion has."""
        self._lesions += 1
        return self._lesions


@dataclass(frozen=True)
class _Person:
    """A person being written down, and what was drawn for them."""

    number: int
    kind: Kind
    ledger: Ledger
    chance: Random
    day_0: date
    born: date
    agent: str
    drug_type: int
    factor: float
    unit: str

    def on(self, day: int) -> date:
        return self.day_0 + timedelta(days=day)


def untreated(number: int, ledger: Ledger, seed: int) -> None:
    """A person who never had an index drug; one in twenty has measured lesions all the same."""
    lesions = (Lesion("liver", (30, 36, 48)),) if drawn(seed, number, "tumour").random() < 0.05 else ()
    patient(number, Kind("untreated", "", "", lesions=lesions, used=None), ledger, seed)


def patient(number: int, kind: Kind, ledger: Ledger, seed: int) -> None:
    """Write all rows of one person of this kind."""
    chance = drawn(seed, number)
    day_0 = _FIRST_DAY + timedelta(days=chance.randrange(2400))
    billed = any(dose.form == "billed" for dose in kind.doses)
    person = _Person(
        number, kind, ledger, chance, day_0, date(day_0.year - chance.randrange(35, 86), chance.randrange(1, 13),
                                                  chance.randrange(1, 29)),
        agent=chance.choice(tuple(codes.HCPCS) if billed else _AGENTS), drug_type=chance.choice(_TYPES),
        factor=chance.choice(_FACTORS) if kind.scalable else 1.0, unit=chance.choice(("mm", "mm", "cm", "text")))
    _life(person)
    for dose in kind.doses:
        _dose(person, dose)
    _images(person)
    for event in kind.events:
        _event(person, event)
    _background(person)


def _life(person: _Person) -> None:
    female = person.chance.random() < 0.45
    exact = person.chance.random() < 0.8 or any(dose.unborn for dose in person.kind.doses)
    person.ledger.add("person", {
        "person_id": person.number, "gender_concept_id": codes.FEMALE if female else codes.MALE,
        "year_of_birth": person.born.year, "month_of_birth": person.born.month if exact else None,
        "day_of_birth": person.born.day if exact else None,
        "birth_datetime": datetime.combine(person.born, time()) if exact else None,
        "race_concept_id": 0, "ethnicity_concept_id": 0, "person_source_value": f"P{person.number:06d}",
        "gender_source_value": "F" if female else "M"})
    death = person.kind.death
    if death is None and person.kind.observed == Kind("", "", "").observed and max(_days(person.kind)) < 250 \
            and person.chance.random() < 0.4:
        death = person.chance.randrange(251, 401)
    if death is not None:
        person.ledger.add("death", {"person_id": person.number, "death_date": person.on(death),
                                    "death_type_concept_id": codes.EHR, **_cause(person.kind.cause)})
    for first, last in person.kind.observed:
        person.ledger.add("observation_period", {
            "person_id": person.number, "observation_period_start_date": person.on(first),
            "observation_period_end_date": person.on(last if death is None else min(last, death)),
            "period_type_concept_id": codes.EHR})


def _cause(cause: str) -> Row:
    return {"cause_concept_id": int(cause), "cause_source_value": None} if cause.isdigit() else {
        "cause_concept_id": 0, "cause_source_value": cause or None}


def _days(kind: Kind) -> list[int]:
    return [0, *kind.days, *(dose.day for dose in kind.doses), *(event.day for event in kind.events)]


def _dose(person: _Person, dose: Dose) -> None:
    agent = dose.agent or person.agent
    concept, source, text = codes.INGREDIENTS[agent], 0, agent
    if dose.form == "product":
        concept, text = codes.PRODUCTS[agent], f"{agent} product"
    elif dose.form == "combined":
        concept, text = codes.NIVOLUMAB_RELATLIMAB, "nivolumab / relatlimab"
    elif dose.form == "billed":
        text, source = codes.HCPCS[agent]
        concept = 0
    first = person.born - timedelta(days=3000) if dose.unborn else person.on(dose.day)
    person.ledger.add("drug_exposure", {
        "person_id": person.number, "drug_concept_id": concept, "drug_exposure_start_date": first,
        "drug_exposure_end_date": first if dose.end is None else person.on(dose.end),
        "drug_type_concept_id": _drug_type(person, dose), "stop_reason": dose.stop or None,
        "drug_source_value": text, "drug_source_concept_id": source})


def _drug_type(person: _Person, dose: Dose) -> int:
    """How a dose is known: a recorded stop stands in the medication list, an end in the administration record."""
    if dose.ordered:
        return codes.ORDER if dose.day % 2 == 0 else codes.PRESCRIPTION
    if dose.stop:
        return codes.MEDICATION_LIST
    return person.drug_type if dose.end is None else codes.ADMINISTRATION


def _images(person: _Person) -> None:
    """One examination a day and modality, and the lesions measured at it."""
    examinations: dict[tuple[int, str], int] = {}
    for lesion in person.kind.lesions:
        finding = person.ledger.lesion()
        for position, size in enumerate(lesion.sizes):
            if size is None:
                continue
            where = (person.kind.days[position] + lesion.delay, lesion.modality)
            if where not in examinations:
                examinations[where] = _examination(person, *where)
            for value in size if isinstance(size, tuple) else (size,):
                _measured(person, lesion, finding, where, examinations[where], value)
            for dimension, sizes in (("additional", lesion.short), ("perpendicular", lesion.across),
                                     ("volume", lesion.volume)):
                if sizes and (other := sizes[position]) is not None:
                    _measured(person, lesion, finding, where, examinations[where], Odd(other, dimension=dimension))


def _examination(person: _Person, day: int, modality: str) -> int:
    concept = codes.MR if modality == "MR" else codes.CT
    procedure = person.ledger.add("procedure_occurrence", {
        "person_id": person.number, "procedure_concept_id": concept, "procedure_date": person.on(day),
        "procedure_end_date": person.on(day), "procedure_type_concept_id": codes.EHR,
        "procedure_source_value": modality})
    return person.ledger.add("image_occurrence", {
        "person_id": person.number, "procedure_occurrence_id": procedure, "image_occurrence_date": person.on(day),
        "image_study_uid": f"2.25.{procedure}", "image_series_uid": f"2.25.{procedure}.1",
        "modality_concept_id": concept})


_DIMENSIONS = {"longest": codes.LONGEST, "additional": codes.ADDITIONAL, "unstated": codes.UNSTATED_DIMENSION,
               "perpendicular": codes.PERPENDICULAR, "volume": codes.VOLUME}
"""What is no standard concept stands as source concept alone."""


def _measured(person: _Person, lesion: Lesion, finding: int, where: tuple[int, str], image: int, size: Size) -> None:
    odd = size if isinstance(size, Odd) else Odd(0)
    number = size.size if isinstance(size, Odd) else size
    concept, own = _DIMENSIONS[odd.dimension], _DIMENSIONS[odd.dimension] > codes.SYNTHETIC
    measurement = person.ledger.add("measurement", {
        "person_id": person.number, "measurement_concept_id": 0 if own else concept,
        "measurement_date": person.on(where[0]), "measurement_type_concept_id": codes.EHR,
        "measurement_source_value": lesion.role, "measurement_source_concept_id": concept if own else 0,
        **_value(person, number, odd)})
    if odd.linked:
        person.ledger.add("image_feature", {
            "person_id": person.number, "image_occurrence_id": image,
            "image_feature_event_field_concept_id": codes.MEASUREMENT_ID_FIELD, "image_feature_event_id": measurement,
            "image_feature_concept_id": concept, "image_feature_type_concept_id": codes.EHR,
            "image_finding_id": finding, "anatomic_site_concept_id": codes.ORGANS[lesion.organ]})


def _value(person: _Person, number: object, odd: Odd) -> Row:
    """A text, a volume or a length."""
    if isinstance(number, str):
        return {"unit_concept_id": None, "unit_source_value": None, "value_as_number": None,
                "value_source_value": number}
    if odd.dimension == "volume":
        return _volume(person, odd.size)
    return _size(person, float(str(number)), odd.unit)


def _volume(person: _Person, cubic_millimetres: float) -> Row:
    """The volume in the person's unit: millilitres where units are texts."""
    value, thousandth = (round(cubic_millimetres * person.factor**3 / each, 6) for each in (1, 1000))
    number, concept, unit = {"mm": (value, codes.CUBIC_MILLIMETRE, "mm3"),
                             "cm": (thousandth, codes.CUBIC_CENTIMETRE, "cm3")}.get(person.unit, (thousandth, 0, "mL"))
    return {"value_as_number": number, "unit_concept_id": concept, "unit_source_value": unit,
            "value_source_value": f"{number:g} {unit}"}


def _size(person: _Person, millimetres: float, unit: str | None) -> Row:
    """The size in the person's unit; a unit other than mm is written as it is."""
    value = round(millimetres * person.factor, 6)
    if unit != "mm":
        return {"value_as_number": value, "unit_concept_id": 0, "unit_source_value": unit,
                "value_source_value": f"{value:g}"}
    style = person.chance.choice(("mm", "cm", "text")) if person.kind.name == "two_units" else person.unit
    if style == "cm":
        value = round(value / 10, 7)
        return {"value_as_number": value, "unit_concept_id": codes.CENTIMETRE, "unit_source_value": "cm",
                "value_source_value": f"{value:g} cm"}
    return {"value_as_number": value, "unit_concept_id": codes.MILLIMETRE if style == "mm" else 0,
            "unit_source_value": "mm", "value_source_value": f"{value:g} mm"}


def _event(person: _Person, event: Event) -> None:
    if event.what == "systemic":
        _dose(person, Dose(event.day, event.detail))
    elif event.what in {"radiation", "surgery"}:
        concept = (codes.RADIATION if event.what == "radiation" else codes.SURGERY)[event.detail]
        person.ledger.add("procedure_occurrence", {
            "person_id": person.number, "procedure_concept_id": concept, "procedure_date": person.on(event.day),
            "procedure_type_concept_id": codes.EHR, "procedure_source_value": f"{event.what} {event.detail}".strip()})
    elif event.what == "exam":
        _examination(person, event.day, "CT")
    elif event.what == "response":
        _plain(person, event.day, codes.RESPONSES[event.detail], {"measurement_source_value": event.detail})
    elif event.what == "sum":
        _plain(person, event.day, 0, {"measurement_source_value": "SUMDIAM", **_size(person, event.value, "mm"),
                                      "measurement_source_concept_id": codes.SUM_OF_DIAMETERS})
    else:
        raise ValueError(f"no event {event.what}")


def _plain(person: _Person, day: int, concept: int, row: Row) -> None:
    person.ledger.add("measurement", {
        "person_id": person.number, "measurement_concept_id": concept, "measurement_date": person.on(day),
        "measurement_type_concept_id": codes.EHR, **row})


def _background(person: _Person) -> None:
    """Diagnosis, performance status, biomarkers and laboratory values; nothing a verdict looks at."""
    chance, treated = person.chance, bool(person.kind.doses)
    for _ in range(chance.randrange(3, 7)):
        value = round(chance.uniform(8, 16), 1)
        _plain(person, chance.randrange(-300, 28), codes.HAEMOGLOBIN,
               {"value_as_number": value, "unit_source_value": "g/dL", "measurement_source_value": "HB"})
    if treated or chance.random() < 0.3:
        concept, day = chance.choice(codes.DIAGNOSES), person.on(-380)
        person.ledger.add("condition_occurrence", {
            "person_id": person.number, "condition_concept_id": concept, "condition_start_date": day,
            "condition_type_concept_id": codes.EHR, "condition_source_value": str(concept)})
    if treated:
        grade = chance.choice((0, 0, 1, 1, 1, 2))
        _plain(person, -1, codes.ECOG, {"value_as_number": grade, "value_as_concept_id": codes.ECOG_GRADES[grade],
                                        "measurement_source_value": "ECOG"})
        if chance.random() < 0.3:
            _plain(person, -30, codes.MSI, {"value_source_value": chance.choice(("MSI-H", "Stable")),
                                            "measurement_source_value": "81695-9"})
        if chance.random() < 0.2:
            _plain(person, -30, codes.EGFR, {"value_source_value": chance.choice(("Present", "Absent")),
                                             "measurement_source_value": "EGFR"})

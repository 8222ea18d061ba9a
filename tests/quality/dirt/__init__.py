"""The dirty hospital: the synthetic one, and persons each of whom has one defect; with what must find it.

Defects are put into persons of their own, all of them treated alike, so that what is found of a person is the doing of
one defect, and everybody else can be compared with the clean hospital.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl.demo import hospital
from hpd_etl.demo.kinds import LONG, Kind, target
from hpd_etl.demo.resources import patient_id, resources
from tests.quality.dirt.answers import ANSWERS
from tests.quality.dirt.chart import charts
from tests.quality.dirt.defect import Defect, ResourceDefect
from tests.quality.dirt.in_resources import RESOURCES
from tests.quality.dirt.sizes import SIZES
from tests.quality.dirt.times import TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hpd_etl.demo.patients import Row
    from hpd_etl.demo.resources import Json

__all__ = ["DEFECTS", "RESOURCES", "Defect", "Dirty", "ResourceDefect", "dirty"]

DEFECTS: tuple[Defect, ...] = (*SIZES, *TIMES, *ANSWERS)
PLAIN = Kind("plain", "grows by 10 % a scan, is treated on, and nothing is odd", "", days=(-63, -7, 49, 105),
             lesions=(target("liver", 30, 33, 36.3, 39.93), target("lung", 20, 22, 24.2, 26.62)), doses=LONG,
             observed=((-400, 430),))
"""A patient in whom a defect cannot hide."""


@dataclass(frozen=True)
class Dirty:
    """The rows of the hospital before and after, and whose records each defect spoiled."""

    clean: Mapping[str, list[Row]]
    rows: Mapping[str, list[Row]]
    told: Mapping[str, list[Row]]
    """The same with those defects alone that resources can have."""
    victims: Mapping[str, tuple[int, ...]]

    def clean_resources(self) -> list[Json]:
        """The resources of the clean hospital."""
        return list(resources(self.clean))

    def resources(self) -> list[Json]:
        """The resources of the dirty one, with the defects that only they can have."""
        made = list(resources(self.told))
        for defect in RESOURCES:
            for number in self.victims[defect.name]:
                before = [each for each in made if _subject(each) == patient_id(number)]
                spoiled = list(before)
                defect.spoil(spoiled)
                made += spoiled[len(before):]
        return made


def dirty(persons: int = hospital.FEWEST, each: int = 2) -> Dirty:
    """The hospital of these persons, and `each` more for every defect."""
    names = [*(defect.name for defect in DEFECTS), *(defect.name for defect in RESOURCES)]
    victims = {name: tuple(range(persons + 1 + place * each, persons + 1 + (place + 1) * each))
               for place, name in enumerate(names)}

    def spoiled(defects: Iterable[Defect]) -> dict[str, list[Row]]:
        rows = hospital.rows(persons, hospital.SEED, [PLAIN] * each * len(names))
        by_person = charts(rows)
        for defect in defects:
            for number in victims[defect.name]:
                defect.spoil(by_person[number])
        return rows

    told = [defect for defect in DEFECTS if defect.found_in_fhir is not None]
    return Dirty(spoiled([]), spoiled(DEFECTS), spoiled(told), victims)


def _subject(resource: Json) -> str:
    whom: Mapping[str, object] = resource.get("subject") or resource.get("patient") or {}
    return str(whom.get("reference", "")).removeprefix("Patient/")
